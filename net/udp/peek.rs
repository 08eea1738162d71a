#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::UdpSocket;
use crate::executor::Direction;

/// Peeking: the next call that receives brings the same datagram.
impl UdpSocket {
    /// Looks at the next datagram and its sender without taking it. Otherwise as [`recv_from`](UdpSocket::recv_from); what
    /// does not fit into `buffer` is not lost.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut first = [0; 1];
    /// socket.peek_from(&mut first).await?;
    /// let mut buffer = [0; 1500];
    /// let (count, _) = socket.recv_from(&mut buffer).await?;
    /// assert_eq!((first[0], &buffer[..count]), (b'h', &b"hello"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv_from`](UdpSocket::recv_from). An error of datagrams sent before is taken even so.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn peek_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.io(Direction::Read, |socket| socket.peek_from(buffer))
    }

    /// The poll form of [`peek_from`](UdpSocket::peek_from): how many bytes of the datagram are in `buffer`, and who
    /// has sent it.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// let (count, from) = poll_fn(|cx| socket.poll_peek_from(cx, &mut [0; 1500])).await?;
    /// assert_eq!((count, from), (5, sender.local_addr()?));
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);   // it is still there
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`peek_from`](UdpSocket::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_peek_from(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.source.poll(cx, Direction::Read, |socket| socket.peek_from(buffer))
    }

    /// Looks at a datagram that is there now, and says how many bytes of it are in `buffer` and who has sent it.
    /// Otherwise as [`peek_from`](UdpSocket::peek_from).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// let (count, from) = socket.try_peek_from(&mut [0; 1500])?;
    /// assert_eq!((count, from), (5, sender.local_addr()?));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is; otherwise those of [`peek_from`](UdpSocket::peek_from).
    pub fn try_peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.try_io(Direction::Read, |socket| socket.peek_from(buffer))
    }

    /// Looks at the next datagram without taking it, and says how many bytes of it are in `buffer`. Otherwise as
    /// [`peek_from`](UdpSocket::peek_from).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.peek(&mut [0; 2]).await?, 2);
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);   // it is still there, and whole
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`peek_from`](UdpSocket::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |socket| socket.peek(buffer))
    }

    /// The poll form of [`peek`](UdpSocket::peek): how many bytes of the datagram are in `buffer`.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// assert_eq!(poll_fn(|cx| socket.poll_peek(cx, &mut [0; 1500])).await?, 5);
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);   // it is still there
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`peek_from`](UdpSocket::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |socket| socket.peek(buffer))
    }

    /// Looks at a datagram that is there now, and says how many bytes of it are in `buffer`. Otherwise as
    /// [`peek`](UdpSocket::peek).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// let error = socket.try_peek(&mut [0; 1500]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// sender.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.try_peek(&mut [0; 1500])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_peek_from`](UdpSocket::try_peek_from).
    pub fn try_peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |socket| socket.peek(buffer))
    }

    /// Waits for a datagram, and says who has sent it without taking it.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.peek_sender().await?, sender.local_addr()?);
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);   // it is still there
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`peek_from`](UdpSocket::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn peek_sender(&self) -> impl Future<Output = io::Result<SocketAddr>> {
        self.source.io(Direction::Read, sender)
    }

    /// The poll form of [`peek_sender`](UdpSocket::peek_sender).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// assert_eq!(poll_fn(|cx| socket.poll_peek_sender(cx)).await?, sender.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`peek_from`](UdpSocket::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.source.poll(cx, Direction::Read, sender)
    }

    /// Says who has sent the datagram that is there now. Otherwise as [`peek_sender`](UdpSocket::peek_sender).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let sender = UdpSocket::bind("127.0.0.1:0").await?;
    /// # sender.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.try_peek_sender()?, sender.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_peek_from`](UdpSocket::try_peek_from).
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.source.try_io(Direction::Read, sender)
    }
}

fn sender(socket: &std::net::UdpSocket) -> io::Result<SocketAddr> {
    socket.peek_from(&mut []).map(|(_, sender)| sender)
}
