//! Waits that take nothing: what was waited for is still there, whoever has given up.

#![forbid(unsafe_code)]

use std::io::{self, ErrorKind};

use epore::net::{TcpStream, UdpSocket, UnixDatagram};
use epore::reactor::Interest;
use epore::spawn;

use crate::streams::{drain, parts, rest};
use crate::support::cancel::{Cut, at_every_await};
use crate::support::polls::turns;
use crate::support::tcp::{fill, pair, pattern};
use crate::support::udp;

pub fn all() -> usize {
    at_every_await("readable", async |cut| read_after(cut, async |stream| stream.readable().await).await)
        + at_every_await("ready to read", async |cut| read_after(cut, ready_to_read).await)
        + at_every_await("writable", async |cut| write_after(cut, async |stream| stream.writable().await).await)
        + at_every_await("ready to write", async |cut| write_after(cut, ready_to_write).await)
        + at_every_await("peek", peek)
        + at_every_await("readable, UDP", async |cut| recv_after(cut, async |socket| socket.readable().await).await)
        + at_every_await("ready, UDP", async |cut| recv_after(cut, ready_to_recv).await)
        + at_every_await("peek, UDP", async |cut| recv_after(cut, peek_datagram).await)
        + at_every_await("peek_from, UDP", async |cut| recv_after(cut, peek_from).await)
        + at_every_await("peek_sender, UDP", async |cut| recv_after(cut, peek_sender).await)
        + at_every_await("writable, UDP", writable_udp)
        + at_every_await("readable and peek, Unix", peek_unix)
}

/// Waits before each read, of which there are several.
async fn read_after(cut: &Cut, wait: impl AsyncFn(&TcpStream) -> io::Result<()>) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let mut read = Vec::new();
    let mut buffer = [0; 64];
    let reading = async {
        loop {
            wait(&stream).await?;
            match stream.try_read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => read.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    cut.here(reading).await.transpose()?;
    read.extend(rest(&stream).await?);
    assert_eq!(read, pattern(40));
    sender.await.unwrap()
}

async fn ready_to_read(stream: &TcpStream) -> io::Result<()> {
    stream.ready(Interest::READABLE).await.map(drop)
}

/// Waits for room in a stream that is full.
async fn write_after(cut: &Cut, wait: impl AsyncFn(&TcpStream) -> io::Result<()>) -> io::Result<()> {
    let (stream, peer) = pair()?;
    let filled = fill(&stream)?;
    let draining = spawn(async move {
        turns(2).await;
        drain(peer)
    });
    cut.here(wait(&stream)).await.transpose()?;
    stream.write_all(b"end").await?;
    stream.shutdown().await?;
    let received = draining.await.unwrap().join().unwrap()?;
    assert_eq!(&received[filled..], b"end");
    Ok(())
}

async fn ready_to_write(stream: &TcpStream) -> io::Result<()> {
    stream.ready(Interest::WRITABLE).await.map(drop)
}

async fn peek(cut: &Cut) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let mut buffer = [0; 64];
    let count = cut.here(stream.peek(&mut buffer)).await.transpose()?.unwrap_or(0);
    let all = rest(&stream).await?;
    assert_eq!(all, pattern(40));
    assert!(all.starts_with(&buffer[..count]), "what was seen is what comes");
    sender.await.unwrap()
}

/// Waits for a datagram without receiving it.
async fn recv_after(cut: &Cut, wait: impl AsyncFn(&UdpSocket) -> io::Result<()>) -> io::Result<()> {
    let (socket, peer) = udp::pair().await?;
    let sender = spawn(async move {
        turns(2).await;
        peer.send(b"one").await
    });
    cut.here(wait(&socket)).await.transpose()?;
    let mut buffer = [0; 8];
    let count = socket.recv(&mut buffer).await?;
    assert_eq!((&buffer[..count], sender.await.unwrap()?), (&b"one"[..], 3));
    Ok(())
}

async fn ready_to_recv(socket: &UdpSocket) -> io::Result<()> {
    socket.ready(Interest::READABLE).await.map(drop)
}

async fn peek_datagram(socket: &UdpSocket) -> io::Result<()> {
    socket.peek(&mut [0; 8]).await.map(|count| assert_eq!(count, 3))
}

async fn peek_from(socket: &UdpSocket) -> io::Result<()> {
    let (count, from) = socket.peek_from(&mut [0; 8]).await?;
    assert_eq!((count, from), (3, socket.peer_addr()?));
    Ok(())
}

async fn peek_sender(socket: &UdpSocket) -> io::Result<()> {
    let from = socket.peek_sender().await?;
    assert_eq!(from, socket.peer_addr()?);
    Ok(())
}

async fn writable_udp(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = udp::slow_pair()?;
    let filled = udp::fill(&socket, b"x")?;
    let receiving = udp::drain_later(peer);
    cut.here(socket.writable()).await.transpose()?;
    let (received, peer) = receiving.await.unwrap()?;
    assert_eq!((received, socket.send(b"end").await?, peer.recv(&mut [0; 8])?), (filled, 3, 3));
    Ok(())
}

async fn peek_unix(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = UnixDatagram::pair()?;
    let sender = spawn(async move {
        turns(2).await;
        peer.send(b"one").await
    });
    let looking = async {
        socket.readable().await?;
        socket.peek(&mut [0; 8]).await
    };
    assert!(cut.here(looking).await.transpose()?.is_none_or(|count| count == 3));
    assert_eq!((socket.recv(&mut [0; 8]).await?, sender.await.unwrap()?), (3, 3));
    Ok(())
}
