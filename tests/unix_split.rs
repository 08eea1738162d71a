//! The halves of a Unix stream.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Read, Write};

use epore::net::UnixStream;
use support::polls::{run, turns};
use support::tcp::pattern;
use support::unix::{fill, pair, registered_pair};

/// R5
#[test]
fn a_peer_that_goes_wakes_both_halves() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        fill(&stream)?;
        let (reader, writer) = stream.into_split();
        let reading = epore::spawn(async move { reader.read(&mut [0; 16]).await });
        let writing = epore::spawn(async move { writer.write(b"more").await });
        turns(2).await;
        assert!(!reading.is_finished() && !writing.is_finished());
        drop(peer);
        // What was written and not read makes it a reset.
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
}

/// R25
#[test]
fn dropping_the_write_half_ends_the_stream_of_the_peer_alone() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let (reader, writer) = stream.into_split();
        drop(writer);
        assert_eq!(peer.read(&mut [0; 16])?, 0);
        peer.write_all(b"answer")?;
        assert_eq!(reader.read(&mut [0; 16]).await?, 6);
        Ok(())
    })
}

#[test]
fn much_data_goes_both_ways_at_once() -> io::Result<()> {
    run(async {
        let (stream, peer) = UnixStream::pair()?;
        let sent = pattern(4 << 20);
        let exchanges = [stream, peer].map(|stream| {
            let sent = sent.clone();
            epore::spawn(async move {
                let (reader, writer) = stream.split();
                let mut received = Vec::new();
                let write = async {
                    writer.write_all(&sent).await?;
                    writer.shutdown().await
                };
                let (written, read) = futures::join!(write, reader.read_to_end(&mut received));
                written.and(read)?;
                io::Result::Ok(received == sent)
            })
        });
        for exchange in exchanges {
            assert!(exchange.await.unwrap()?);
        }
        Ok(())
    })
}

#[test]
fn halves_of_one_stream_are_put_together_again() -> io::Result<()> {
    let ((one, _), (other, _)) = (pair()?, pair()?);
    let (reader, writer) = one.into_split();
    let (other_reader, other_writer) = other.into_split();
    let error = reader.reunite(other_writer).unwrap_err();
    assert!(writer.reunite(error.0).is_ok());
    assert!(other_reader.reunite(error.1).is_ok());
    Ok(())
}
