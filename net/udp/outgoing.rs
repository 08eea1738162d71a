#![forbid(unsafe_code)]

use std::net::SocketAddr;

/// A datagram to be sent with others by [`send_batch`](super::UdpSocket::send_batch), or several to be cut out of one
/// buffer.
///
/// ```
/// # use epore::net::UdpSocket;
/// # epore::block_on(async {
/// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
/// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
/// # socket.connect(peer.local_addr()?).await?;
/// # peer.connect(socket.local_addr()?).await?;
/// # let other = UdpSocket::bind("127.0.0.1:0").await?;
/// use epore::net::udp::Outgoing;
///
/// let datagrams = [
///     Outgoing::new(b"to the peer"),
///     Outgoing::new(b"to another").to(other.local_addr()?),
///     Outgoing::new(b"onetwothree").segment_size(3),   // four datagrams, the last of two bytes
/// ];
/// assert_eq!(socket.send_batch(&datagrams).await?, 3);
/// assert_eq!(other.try_recv(&mut [0; 1500])?, 10);
/// for size in [11, 3, 3, 3, 2] {
///     assert_eq!(peer.try_recv(&mut [0; 1500])?, size);
/// }
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    pub(super) data: &'a [u8],
    pub(super) to: Option<SocketAddr>,
    pub(super) segment: Option<u16>,
}

impl<'a> Outgoing<'a> {
    /// A datagram to the peer that the socket is connected to.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::Outgoing;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// assert_eq!(socket.send_batch(&[Outgoing::new(b"hello")]).await?, 1);
    /// assert_eq!(peer.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn new(data: &'a [u8]) -> Outgoing<'a> {
        Outgoing { data, to: None, segment: None }
    }

    /// Sends it to `addr`, also if the socket is connected to another.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::Outgoing;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// let other = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_batch(&[Outgoing::new(b"hello").to(other.local_addr()?)]).await?;
    /// assert_eq!(other.try_recv(&mut [0; 1500])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn to(self, addr: SocketAddr) -> Outgoing<'a> {
        Outgoing { to: Some(addr), ..self }
    }

    /// Lets the kernel or the network card cut the data into datagrams of `size` bytes each, and what is left as the last
    /// ("generic segmentation offload", `UDP_SEGMENT`, see udp(7)). The data passes through the system once instead of
    /// once for each datagram.
    ///
    /// The limits are those of the kernel: 64 segments, 128 since Linux 6.9; all data together as long as one datagram may
    /// be; each segment no longer than the way's MTU lets pass in one piece. Data of `size` bytes or less is one datagram
    /// as ever.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::Outgoing;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// let sent = socket.send_batch(&[Outgoing::new(b"onetwothree").segment_size(3)]).await?;
    /// assert_eq!(sent, 1);
    /// let mut buffer = [0; 1500];
    /// for datagram in [&b"one"[..], b"two", b"thr", b"ee"] {
    ///     let count = peer.recv(&mut buffer).await?;
    ///     assert_eq!(&buffer[..count], datagram);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If `size` is zero.
    #[must_use]
    #[track_caller]
    pub fn segment_size(self, size: u16) -> Outgoing<'a> {
        assert!(size > 0, "segments of zero bytes would be without end: give a size of at least one byte");
        Outgoing { segment: Some(size), ..self }
    }
}
