#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::thread;

use epore::io::Interest;
use futures::future::try_join;
use support::polls::run;
use support::tcp::{pair, pattern};

#[test]
fn borrowed_halves_read_and_write_at_once() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let sent = pattern(4 << 20);
        let expected = sent.len();
        let echo = thread::spawn(move || {
            let mut buffer = vec![0; expected];
            peer.read_exact(&mut buffer)?;
            peer.write_all(&buffer)
        });
        let (reader, writer) = stream.split();
        let mut received = vec![0; expected];
        try_join(writer.write_all(&sent), reader.read_exact(&mut received)).await?;
        assert!(received == sent);
        echo.join().unwrap()
    })
}

#[test]
fn owned_halves_live_in_two_tasks() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let echo = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all)?;
            peer.write_all(&all)
        });
        let (reader, writer) = stream.into_split();
        let writing = epore::spawn(async move { writer.write_all(b"to and fro").await });
        let reading = epore::spawn(async move {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).await.map(|_| all)
        });
        writing.await.unwrap()?;
        assert_eq!(reading.await.unwrap()?, b"to and fro");
        echo.join().unwrap()
    })
}

#[test]
fn dropping_the_owned_write_half_ends_the_stream() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let (reader, writer) = stream.into_split();
        drop(writer);
        assert_eq!(peer.read(&mut [0; 16])?, 0);
        peer.write_all(b"still open")?;
        assert_eq!(reader.read(&mut [0; 16]).await?, 10);
        Ok(())
    })
}

#[test]
fn a_forgotten_write_half_leaves_the_stream_open() -> io::Result<()> {
    let (stream, peer) = pair()?;
    let (reader, writer) = stream.into_split();
    writer.forget();
    peer.set_nonblocking(true)?;
    assert_eq!(peer.peek(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(reader);
    peer.set_nonblocking(false)?;
    assert_eq!(peer.peek(&mut [0; 16])?, 0);
    Ok(())
}

#[test]
fn halves_of_one_stream_are_put_together_again() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let (reader, writer) = stream.into_split();
        let (reader, writer) = reader.reunite(writer).unwrap().into_split();
        let stream = writer.reunite(reader).unwrap();
        stream.write_all(b"whole").await?;
        peer.read_exact(&mut [0; 5])?;
        peer.set_nonblocking(true)?;
        assert_eq!(peer.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn halves_of_two_streams_are_given_back() -> io::Result<()> {
    run(async {
        let ((one, _peer), (other, mut peer)) = (pair()?, pair()?);
        let (reader, _writer) = one.into_split();
        let (_reader, writer) = other.into_split();
        let error = reader.reunite(writer).unwrap_err();
        assert_eq!(error.to_string(), "the two halves are not of one stream");
        error.1.write_all(b"usable").await?;
        peer.read_exact(&mut [0; 6])
    })
}

#[test]
fn halves_have_all_that_the_stream_has() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let (reader, writer) = stream.split();
        assert_eq!(reader.as_ref().peer_addr()?, peer.local_addr()?);
        assert_eq!(writer.as_ref().local_addr()?, peer.peer_addr()?);

        writer.writable().await?;
        assert!(writer.ready(Interest::WRITABLE).await?.is_writable());
        writer.try_write(b"ab")?;
        writer.try_write_vectored(&[IoSlice::new(b"cd")])?;
        writer.write_vectored(&[IoSlice::new(b"ef")]).await?;
        assert_eq!(writer.write(b"gh").await?, 2);
        writer.flush().await?;
        writer.shutdown().await?;
        let mut text = String::new();
        peer.read_to_string(&mut text)?;
        assert_eq!(text, "abcdefgh");

        peer.write_all(text.as_bytes())?;
        let mut buffer = [0; 2];
        reader.readable().await?;
        assert!(reader.ready(Interest::READABLE).await?.is_readable());
        assert_eq!(reader.peek(&mut buffer).await?, 2);
        assert_eq!(reader.try_read(&mut buffer)?, 2);
        assert_eq!(reader.try_read_vectored(&mut [IoSliceMut::new(&mut buffer)])?, 2);
        assert_eq!(reader.read_vectored(&mut [IoSliceMut::new(&mut buffer)]).await?, 2);
        assert_eq!(reader.read(&mut buffer).await?, 2);
        assert_eq!(&buffer, b"gh");
        Ok(())
    })
}

#[test]
fn halves_say_their_addresses() -> io::Result<()> {
    let (stream, peer) = pair()?;
    let (local, remote) = (peer.peer_addr()?, peer.local_addr()?);
    {
        let (reader, writer) = stream.split();
        assert_eq!([reader.local_addr()?, writer.local_addr()?], [local; 2]);
        assert_eq!([reader.peer_addr()?, writer.peer_addr()?], [remote; 2]);
    }
    let (reader, writer) = stream.into_split();
    assert_eq!([reader.local_addr()?, writer.local_addr()?], [local; 2]);
    assert_eq!([reader.peer_addr()?, writer.peer_addr()?], [remote; 2]);
    Ok(())
}
