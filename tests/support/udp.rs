//! Sockets for datagrams on loopback.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix;
use std::os::unix::net::UnixDatagram;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use epore::net::UdpSocket;
use epore::net::udp::RecvBatch;
use epore::{JoinHandle, spawn};

use super::polls::turns;
use super::unix::until_would_block;

/// Two sockets that are connected to each other.
pub async fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
    let (one, other) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    one.connect(other.local_addr()?).await?;
    other.connect(one.local_addr()?).await?;
    Ok((one, other))
}

/// A socket that is connected to a port where nobody receives. A connected socket keeps the port from others.
pub async fn refused() -> io::Result<(UdpSocket, impl Sized)> {
    let (socket, owner) = pair().await?;
    let elsewhere: SocketAddr = "127.0.0.1:9".parse().unwrap();
    // It takes from there alone, so what `socket` sends finds nobody.
    owner.connect(elsewhere).await?;
    Ok((socket, owner))
}

/// A socket that must wait until its peer has received, and that peer. Loopback never lets a UDP socket wait: what the
/// receiver has no room for is dropped. So this is a Unix socket in disguise, which can do what needs no address.
pub fn slow_pair() -> io::Result<(UdpSocket, UnixDatagram)> {
    static PAIRS: AtomicUsize = AtomicUsize::new(0);
    let name = format!("epore-test-{}-{}", process::id(), PAIRS.fetch_add(1, Relaxed));
    let name = unix::net::SocketAddr::from_abstract_name(name)?;
    let (socket, peer) = (UnixDatagram::unbound()?, UnixDatagram::bind_addr(&name)?);
    socket.connect_addr(&name)?;
    Ok((UdpSocket::from_std(OwnedFd::from(socket).into())?, peer))
}

/// Sends until there is no more room, and says how many datagrams that were.
pub fn fill(socket: &UdpSocket, datagram: &[u8]) -> io::Result<usize> {
    until_would_block(|| socket.try_send(datagram))
}

/// Receives in the turn after the next all that has come, and says how many datagrams that were.
pub fn drain_later(peer: UnixDatagram) -> JoinHandle<io::Result<(usize, UnixDatagram)>> {
    spawn(async move {
        turns(2).await;
        peer.set_nonblocking(true)?;
        Ok((until_would_block(|| peer.recv(&mut [0; 8]))?, peer))
    })
}

/// What is in a batch: sender, content, segment size, and whether it was truncated.
pub fn contents(batch: &RecvBatch) -> Vec<(SocketAddr, &[u8], Option<usize>, bool)> {
    batch.iter().map(|each| (each.from(), each.data(), each.segment_size(), each.is_truncated())).collect()
}
