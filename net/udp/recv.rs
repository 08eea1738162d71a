#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::UdpSocket;
use crate::executor::Direction;

/// Receiving.
impl UdpSocket {
    /// Receives a datagram into `buffer`, and says how many bytes that were and who has sent it. What does not fit is
    /// lost.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut buffer = [0; 1500];
    /// let (count, from) = socket.recv_from(&mut buffer).await?;
    /// assert_eq!((&buffer[..count], from), (&b"hello"[..], sender.local_addr()?));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recvfrom(2). On a connected socket also the
    /// [errors of datagrams sent before](UdpSocket#errors-of-datagrams-sent-before).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no datagram is lost.
    pub fn recv_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.io(Direction::Read, |socket| socket.recv_from(buffer))
    }

    /// The poll form of [`recv_from`](UdpSocket::recv_from): how many bytes were received, and who has sent them.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// let mut buffer = [0; 1500];
    /// let (count, from) = poll_fn(|cx| socket.poll_recv_from(cx, &mut buffer)).await?;
    /// assert_eq!((&buffer[..count], from), (&b"hello"[..], sender.local_addr()?));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.source.poll(cx, Direction::Read, |socket| socket.recv_from(buffer))
    }

    /// Receives a datagram that is there now, and says how many bytes that were and who has sent it. Otherwise as
    /// [`recv_from`](UdpSocket::recv_from).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// let (count, from) = socket.try_recv_from(&mut [0; 1500])?;
    /// assert_eq!((count, from), (5, sender.local_addr()?));
    /// let error = socket.try_recv_from(&mut [0; 1500]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is; otherwise those of [`recv_from`](UdpSocket::recv_from).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.try_io(Direction::Read, |socket| socket.recv_from(buffer))
    }

    /// Receives a datagram into `buffer`, and says how many bytes that were: usually from the peer that the socket is
    /// connected to. What does not fit is lost.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// let mut buffer = [0; 1500];
    /// let count = socket.recv(&mut buffer).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no datagram is lost.
    pub fn recv(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |socket| socket.recv(buffer))
    }

    /// The poll form of [`recv`](UdpSocket::recv): how many bytes were received.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// peer.send(b"hello").await?;
    /// let mut buffer = [0; 1500];
    /// let count = poll_fn(|cx| socket.poll_recv(cx, &mut buffer)).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |socket| socket.recv(buffer))
    }

    /// Receives a datagram that is there now, and says how many bytes that were. Otherwise as
    /// [`recv`](UdpSocket::recv).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// let error = socket.try_recv(&mut [0; 1500]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// peer.send(b"hello").await?;
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_recv_from`](UdpSocket::try_recv_from).
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |socket| socket.recv(buffer))
    }
}
