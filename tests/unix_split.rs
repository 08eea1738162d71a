//! The halves of a Unix stream.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;

use epore::io::Interest;
use epore::net::{UnixListener, UnixStream};
use support::polls::{run, turns};
use support::tcp::pattern;
use support::unix::{abstract_path, fill, pair, registered_pair};

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

#[test]
fn halves_have_all_that_the_stream_has() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let (reader, writer) = stream.split();
        assert!(reader.as_ref().peer_addr()?.is_unnamed() && writer.as_ref().local_addr()?.is_unnamed());

        writer.writable().await?;
        assert!(writer.ready(Interest::WRITABLE).await?.is_writable());
        writer.try_write(b"ab")?;
        writer.try_write_vectored(&[IoSlice::new(b"cd")])?;
        writer.write_vectored(&[IoSlice::new(b"ef")]).await?;
        assert_eq!(writer.write(b"gh").await?, 2);
        writer.write_all(b"ijklmnop").await?;
        writer.flush().await?;
        writer.shutdown().await?;
        let mut text = String::new();
        peer.read_to_string(&mut text)?;
        assert_eq!(text, "abcdefghijklmnop");

        peer.write_all(text.as_bytes())?;
        peer.shutdown(Shutdown::Write)?;
        let mut buffer = [0; 2];
        reader.readable().await?;
        assert!(reader.ready(Interest::READABLE).await?.is_readable());
        assert_eq!((reader.peek(&mut buffer).await?, &buffer), (2, b"ab"));
        assert_eq!((reader.try_read(&mut buffer)?, &buffer), (2, b"ab"));
        assert_eq!(reader.try_read_vectored(&mut [IoSliceMut::new(&mut buffer)])?, 2);
        assert_eq!(&buffer, b"cd");
        assert_eq!(reader.read_vectored(&mut [IoSliceMut::new(&mut buffer)]).await?, 2);
        assert_eq!(&buffer, b"ef");
        assert_eq!((reader.read(&mut buffer).await?, &buffer), (2, b"gh"));
        assert_eq!((reader.read_exact(&mut buffer).await?, &buffer), (2, b"ij"));
        let mut rest = Vec::new();
        assert_eq!(reader.read_to_end(&mut rest).await?, 6);
        assert_eq!(rest, b"klmnop");
        Ok(())
    })
}

#[test]
fn halves_say_their_addresses() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let stream = UnixStream::connect(&path).await?;
        let addr = listener.local_addr()?;
        {
            let (reader, writer) = stream.split();
            assert_eq!([reader.peer_addr()?, writer.peer_addr()?], [addr.clone(), addr.clone()]);
            assert!(reader.local_addr()?.is_unnamed() && writer.local_addr()?.is_unnamed());
        }
        let (_reader, _writer) = stream.into_split();
        let (reader, writer) = listener.accept().await?.0.into_split();
        assert_eq!([reader.local_addr()?, writer.local_addr()?], [addr.clone(), addr]);
        assert!(reader.peer_addr()?.is_unnamed() && writer.peer_addr()?.is_unnamed());
        Ok(())
    })
}

#[test]
fn a_forgotten_write_half_leaves_the_stream_open() -> io::Result<()> {
    let (stream, mut peer) = pair()?;
    let (reader, writer) = stream.into_split();
    writer.forget();
    peer.set_nonblocking(true)?;
    assert_eq!(peer.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(reader);
    assert_eq!(peer.read(&mut [0; 16])?, 0);
    Ok(())
}
