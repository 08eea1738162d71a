#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::pin::pin;

use epore::net::udp::{Outgoing, RecvBatch};
use epore::net::{AsyncFd, UdpSocket, UnixDatagram, lookup_host};
use epore::reactor::Interest;
use epore::signal::{SignalKind, shutdown_signal, signal};
use epore::spawn;
use futures::future::select;

use crate::signals::{disposition, send};
use crate::support::cancel::{Cut, at_every_await};
use crate::support::polls::{poll_once, turns};
use crate::support::udp;
use crate::support::unix::{abstract_path, until_would_block};

pub fn all() -> usize {
    // What a signal is told by stays open once it was opened.
    epore::block_on(async { signal(SignalKind::user_defined1()) }).map(drop).unwrap();
    assert!(epore::block_on(async { poll_once(pin!(shutdown_signal())).await }).is_pending());
    at_every_await("name look-up", look_up)
        + at_every_await("recv", recv)
        + at_every_await("recv_from, send_to", send_to)
        + at_every_await("recv_batch", recv_batch)
        + at_every_await("send_batch", send_batch)
        + at_every_await("recv, Unix", recv_unix)
        + at_every_await("send to a full receiver", send_to_a_full_receiver)
        + at_every_await("signal", signal_recv)
        + at_every_await("shutdown_signal", shutdown)
        + at_every_await("AsyncFd", async_fd)
        + at_every_await("AsyncFd, by guards", guards)
}

async fn look_up(cut: &Cut) -> io::Result<()> {
    let found = cut.here(lookup_host("localhost:80")).await.transpose()?;
    assert!(found.is_none_or(|mut addrs| addrs.all(|addr| addr.port() == 80)));
    Ok(())
}

async fn recv(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = udp::pair().await?;
    let sender = spawn(async move {
        turns(2).await;
        peer.send(b"one").await?;
        peer.send(b"two").await
    });
    let mut buffer = [0; 8];
    let first = match cut.here(socket.recv(&mut buffer)).await {
        Some(count) => count?,
        None => socket.recv(&mut buffer).await?,
    };
    assert_eq!(&buffer[..first], b"one");
    assert_eq!(socket.recv(&mut buffer).await?, 3);
    assert_eq!((&buffer[..3], sender.await.unwrap()?), (&b"two"[..], 3));
    Ok(())
}

async fn send_to(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    let (addr, mut buffer) = (peer.local_addr()?, [0; 8]);
    let exchange = async {
        socket.send_to(b"ping", addr).await?;
        let (_, from) = peer.recv_from(&mut buffer).await?;
        peer.send_to(b"pong", from).await?;
        socket.recv(&mut [0; 8]).await
    };
    assert!(cut.here(exchange).await.transpose()?.is_none_or(|count| count == 4));
    Ok(())
}

async fn recv_batch(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = udp::pair().await?;
    let sender = spawn(async move {
        turns(2).await;
        for datagram in [b"one", b"two"] {
            peer.send(datagram).await?;
        }
        io::Result::Ok(())
    });
    let mut batch = RecvBatch::new(4, 16);
    let mut count = cut.here(socket.recv_batch(&mut batch)).await.transpose()?.unwrap_or(0);
    while count < 2 {
        count += socket.recv_batch(&mut batch).await?;
    }
    assert_eq!(count, 2);
    sender.await.unwrap()
}

async fn send_batch(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = udp::slow_pair()?;
    let filled = udp::fill(&socket, b"x")?;
    let receiving = udp::drain_later(peer);
    let datagrams = [Outgoing::new(b"one"), Outgoing::new(b"two")];
    let sent = cut.here(socket.send_batch(&datagrams)).await.transpose()?.unwrap_or(0);
    let (received, peer) = receiving.await.unwrap()?;
    let left = until_would_block(|| peer.recv(&mut [0; 8]))?;
    assert_eq!(received + left, filled + sent, "what was given up was not sent");
    Ok(())
}

async fn recv_unix(cut: &Cut) -> io::Result<()> {
    let (socket, peer) = UnixDatagram::pair()?;
    let sender = spawn(async move {
        turns(2).await;
        peer.send(b"one").await
    });
    let mut buffer = [0; 8];
    let count = match cut.here(socket.recv(&mut buffer)).await {
        Some(count) => count?,
        None => socket.recv(&mut buffer).await?,
    };
    assert_eq!((count, sender.await.unwrap()?), (3, 3));
    Ok(())
}

async fn send_to_a_full_receiver(cut: &Cut) -> io::Result<()> {
    let path = abstract_path();
    let (receiver, sender) = (UnixDatagram::bind(&path)?, UnixDatagram::unbound()?);
    let mut queued = 0;
    while sender.try_send_to(b"x", &path).is_ok() {
        queued += 1;
    }
    let receiving = spawn(async move {
        turns(3).await;
        receiver.recv(&mut [0; 8]).await.map(|_| receiver)
    });
    let sent = cut.here(sender.send_to(b"x", &path)).await.transpose()?.is_some();
    let receiver = receiving.await.unwrap()?;
    let mut left = 0;
    while receiver.try_recv(&mut [0; 8]).is_ok() {
        left += 1;
    }
    assert_eq!(left, queued - 1 + usize::from(sent), "what was given up was not sent");
    Ok(())
}

async fn signal_recv(cut: &Cut) -> io::Result<()> {
    let mut signals = signal(SignalKind::user_defined1())?;
    let sender = spawn(async {
        turns(2).await;
        send(libc::SIGUSR1);
    });
    if cut.here(signals.recv()).await.is_none() {
        signals.recv().await.unwrap();
    }
    sender.await.unwrap();
    Ok(())
}

/// Nobody asks for the end, as that would stay: it is given up for something else, and leaves things as they were.
async fn shutdown(cut: &Cut) -> io::Result<()> {
    let signals = [libc::SIGINT, libc::SIGTERM];
    let before = signals.map(disposition);
    cut.here(async { drop(select(pin!(shutdown_signal()), pin!(turns(3))).await) }).await;
    assert_eq!(signals.map(disposition), before);
    Ok(())
}

fn read_one(mut pipe: &io::PipeReader) -> io::Result<usize> {
    pipe.read(&mut [0])
}

async fn async_fd(cut: &Cut) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    let reader = AsyncFd::new(reader)?;
    let sender = spawn(async move {
        turns(2).await;
        writer.write_all(b"x")
    });
    let count = match cut.here(reader.async_io(Interest::READABLE, read_one)).await {
        Some(count) => count?,
        None => reader.async_io(Interest::READABLE, read_one).await?,
    };
    assert_eq!(count, 1);
    sender.await.unwrap()
}

async fn guards(cut: &Cut) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    let reader = AsyncFd::new(reader)?;
    let sender = spawn(async move {
        for byte in b"abc" {
            turns(2).await;
            writer.write_all(&[*byte])?;
        }
        io::Result::Ok(())
    });
    let mut count = 0;
    cut.here(read_by_guards(&reader, &mut count)).await.transpose()?;
    read_by_guards(&reader, &mut count).await?;
    assert_eq!(count, 3);
    sender.await.unwrap()
}

async fn read_by_guards(reader: &AsyncFd<io::PipeReader>, count: &mut usize) -> io::Result<()> {
    while *count < 3 {
        let mut guard = reader.readable().await?;
        match guard.try_io(|reader| read_one(reader.get_ref())) {
            Ok(read) => *count += read?,
            Err(_would_block) => {}
        }
    }
    Ok(())
}
