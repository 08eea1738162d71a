#![forbid(unsafe_code)]

use std::iter;
use std::net::SocketAddr;

use crate::net::sys::Arrival;

/// A datagram that was received with others, or several of one sender that the kernel has [put
/// together](super::UdpSocket::set_gro).
///
/// ```
/// # use epore::net::UdpSocket;
/// # use epore::net::udp::RecvBatch;
/// # epore::block_on(async {
/// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
/// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
/// # socket.connect(peer.local_addr()?).await?;
/// # peer.connect(socket.local_addr()?).await?;
/// # peer.send(b"hello").await?;
/// let mut batch = RecvBatch::new(64, 1500);
/// socket.recv_batch(&mut batch).await?;
/// let received = batch.iter().next().unwrap();
/// assert_eq!((received.data(), received.from()), (&b"hello"[..], peer.local_addr()?));
/// assert!(!received.is_truncated());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    arrival: &'a Arrival,
    data: &'a [u8],
}

impl<'a> Received<'a> {
    pub(super) fn new(arrival: &'a Arrival, slot: &'a [u8]) -> Received<'a> {
        Received { arrival, data: &slot[..arrival.len] }
    }

    /// Who has sent it.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"hello").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// socket.recv_batch(&mut batch).await?;
    /// let received = batch.iter().next().unwrap();
    /// assert_eq!(received.from(), peer.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from(&self) -> SocketAddr {
        self.arrival.from
    }

    /// What was sent. If there are several datagrams, all of them.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"hello").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// socket.recv_batch(&mut batch).await?;
    /// let received = batch.iter().next().unwrap();
    /// assert_eq!(received.data(), b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// If these are several datagrams: how many bytes each has, but for the last, which may have fewer.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::{Outgoing, RecvBatch};
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # let mut batch = RecvBatch::new(8, 65_535);
    /// socket.set_gro(true)?;
    /// peer.send_batch(&[Outgoing::new(b"onetwothree").segment_size(3)]).await?;
    /// socket.recv_batch(&mut batch).await?;
    /// let received = batch.iter().next().unwrap();
    /// assert_eq!((received.data(), received.segment_size()), (&b"onetwothree"[..], Some(3)));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn segment_size(&self) -> Option<usize> {
        self.arrival.segment
    }

    /// Each datagram on its own, be it one or several.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::udp::{Outgoing, RecvBatch};
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(socket.local_addr()?).await?;
    /// # let mut batch = RecvBatch::new(8, 65_535);
    /// socket.set_gro(true)?;
    /// socket.send_batch(&[Outgoing::new(b"onetwothree").segment_size(3)]).await?;
    /// socket.recv_batch(&mut batch).await?;
    /// let datagrams: Vec<&[u8]> = batch.iter().flat_map(|received| received.segments()).collect();
    /// assert_eq!(datagrams, [&b"one"[..], b"two", b"thr", b"ee"]);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn segments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let size = self.arrival.segment.unwrap_or(self.data.len()).min(self.data.len());
        let (first, rest) = self.data.split_at(size);
        // The first is apart since it may be empty, which makes it no less a datagram.
        iter::once(first).chain(rest.chunks(size.max(1)))
    }

    /// Whether something at the end is missing, as the slot had no room for it (`MSG_TRUNC`, see recvmsg(2)). So it is also
    /// when the system had more to say of the datagram than there was room for (`MSG_CTRUNC`), and its
    /// [segment size](Received::segment_size) may be unknown.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"hello").await?;
    /// let mut batch = RecvBatch::new(64, 3);   // slots of three bytes
    /// socket.recv_batch(&mut batch).await?;
    /// let received = batch.iter().next().unwrap();
    /// assert!(received.is_truncated() && received.data() == b"hel");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn is_truncated(&self) -> bool {
        self.arrival.truncated
    }
}
