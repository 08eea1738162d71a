//! What the reactor is asked to watch: streams for reading first, and for writing from the first write that has to wait.

#![forbid(unsafe_code)]

mod support;

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net;
use std::pin::pin;

use epore::net::stream::StreamSocket;
use epore::net::{Stream, UnixStream};
use epore::reactor::Interest;
use support::polls::{poll_once, run, turns};
use support::tcp::{pair, reset};

/// Writes until there is no more room, and says how many bytes that were.
fn fill<S: StreamSocket>(stream: &Stream<S>) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match stream.try_write(&[b'.'; 64 * 1024]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// Has the stream registered for reading alone.
async fn register<S: StreamSocket>(stream: &Stream<S>) {
    let mut buffer = [0; 16];
    assert!(poll_once(pin!(stream.read(&mut buffer))).await.is_pending());
}

async fn a_reader_and_a_writer_wait_each_for_its_own<S: StreamSocket>(
    stream: Stream<S>,
    mut peer: impl Read + Write,
) -> io::Result<()> {
    let mut buffer = [0; 16];
    let mut read = pin!(stream.read(&mut buffer));
    assert!(poll_once(read.as_mut()).await.is_pending());
    let filled = fill(&stream)?;
    let mut write = pin!(stream.write_all(b"the rest"));
    assert!(poll_once(write.as_mut()).await.is_pending());
    turns(2).await;
    assert!(poll_once(write.as_mut()).await.is_pending() && poll_once(read.as_mut()).await.is_pending());
    let mut received = 0;
    while received < filled {
        received += peer.read(&mut [0; 64 * 1024])?;
    }
    write.await?;
    assert!(poll_once(read.as_mut()).await.is_pending());
    peer.write_all(b"hello")?;
    assert_eq!(read.await?, 5);
    Ok(())
}

#[test]
fn a_reader_and_a_writer_of_tcp_wait_each_for_its_own() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        a_reader_and_a_writer_wait_each_for_its_own(stream, peer).await
    })
}

#[test]
fn a_reader_and_a_writer_of_unix_wait_each_for_its_own() -> io::Result<()> {
    run(async {
        let (socket, peer) = net::UnixStream::pair()?;
        a_reader_and_a_writer_wait_each_for_its_own(UnixStream::from_std(socket)?, peer).await
    })
}

#[test]
fn a_writer_that_waits_is_woken_when_there_is_room() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        register(&stream).await;
        let filled = fill(&stream)?;
        let writer = epore::spawn(async move { stream.write_all(&vec![b'!'; 1_000_000]).await });
        turns(2).await;
        assert!(!writer.is_finished());
        let reader = epore::spawn_blocking(move || {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).map(|_| received)
        });
        writer.await.unwrap()?;
        let received = reader.await.unwrap()?;
        assert_eq!(received.len(), filled + 1_000_000);
        assert!(received[filled..].iter().all(|&byte| byte == b'!'));
        Ok(())
    })
}

#[test]
fn what_came_before_writing_was_watched_is_read_once() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        register(&stream).await;
        peer.write_all(b"early")?;
        stream.readable().await?;
        fill(&stream)?;
        assert!(poll_once(pin!(stream.write_all(b"more"))).await.is_pending());
        let mut buffer = [0; 16];
        assert_eq!(stream.read(&mut buffer).await?, 5);
        turns(2).await;
        let mut buffer = [0; 16];
        let mut read = pin!(stream.read(&mut buffer));
        assert!(poll_once(read.as_mut()).await.is_pending());
        peer.write_all(b"late")?;
        assert_eq!(read.await?, 4);
        Ok(())
    })
}

#[test]
fn whoever_asks_for_writing_has_it_watched() -> io::Result<()> {
    run(async {
        let (stream, _peer) = pair()?;
        register(&stream).await;
        assert!(stream.ready(Interest::WRITABLE).await?.is_writable());
        let (stream, _peer) = pair()?;
        register(&stream).await;
        assert!(stream.ready(Interest::READABLE | Interest::WRITABLE).await?.is_writable());
        let (stream, _peer) = pair()?;
        register(&stream).await;
        stream.writable().await?;
        let (stream, _peer) = pair()?;
        register(&stream).await;
        poll_fn(|cx| stream.poll_write_ready(cx)).await
    })
}

#[test]
fn a_peer_that_goes_wakes_the_writer() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        register(&stream).await;
        fill(&stream)?;
        let writer = epore::spawn(async move { stream.write_all(b"more").await });
        turns(2).await;
        reset(peer)?;
        assert_eq!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
}

/// The event that says so is that of reading, which the reactor has watched all the time.
#[test]
fn a_socket_that_was_reset_fails_a_writer_that_has_not_waited_before() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        register(&stream).await;
        reset(peer)?;
        stream.readable().await?;
        assert_eq!(stream.write_all(b"more").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
}
