#![forbid(unsafe_code)]

use std::io;
use std::task::{Context, Poll};

use super::UdpSocket;
use crate::executor::Direction;
use crate::reactor::{Interest, Ready};

/// Readiness.
impl UdpSocket {
    /// Waits until receiving is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.send_to(b"hello", socket.local_addr()?).await?;
    /// let mut buffer = [0; 1500];
    /// let (count, _) = loop {
    ///     socket.readable().await?;
    ///     match socket.try_recv_from(&mut buffer) {
    ///         Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2). An error of the socket makes it readable, and is left in place.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Read)
    }

    /// Waits until sending is worth trying: the send buffer has room. Otherwise as [`readable`](UdpSocket::readable).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// socket.writable().await?;
    /// assert_eq!(socket.try_send(b"hello")?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`readable`](UdpSocket::readable).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Write)
    }

    /// The poll form of [`readable`](UdpSocket::readable).
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
    /// poll_fn(|cx| socket.poll_recv_ready(cx)).await?;
    /// assert_eq!(socket.try_recv(&mut [0; 1500])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`readable`](UdpSocket::readable).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Read)
    }

    /// The poll form of [`writable`](UdpSocket::writable).
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
    /// poll_fn(|cx| socket.poll_send_ready(cx)).await?;
    /// assert_eq!(socket.try_send(b"hello")?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`readable`](UdpSocket::readable).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling sends nothing. The waker of the latest call that polls to send stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Write)
    }

    /// Waits until it is ready for something of the interest, and says what. It is a hint, as
    /// [`Stream::ready`](crate::net::Stream::ready) is.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use epore::reactor::Interest;
    ///
    /// let ready = socket.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable() && !ready.is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.source.ready_for(interest).await?.ready)
    }

    /// Tries an operation of one's own on the socket now. Otherwise as [`Stream::try_io`](crate::net::Stream::try_io).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// let duplicate = std::net::UdpSocket::from(socket.as_fd().try_clone_to_owned()?);
    /// let error = socket.try_io(Interest::READABLE, || duplicate.recv(&mut [0; 1500])).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<R>(&self, interest: Interest, operation: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.source.try_io_for(interest, |_| operation())
    }

    /// Waits until it is ready for something of the interest and tries an operation of one's own, until that does not
    /// say [`WouldBlock`](io::ErrorKind::WouldBlock). Otherwise as [`Stream::async_io`](crate::net::Stream::async_io).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// epore::spawn(async move { peer.send(b"hello").await });
    /// let duplicate = std::net::UdpSocket::from(socket.as_fd().try_clone_to_owned()?);
    /// let count = socket.async_io(Interest::READABLE, || duplicate.recv(&mut [0; 1500])).await?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation and of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; then the operation has not succeeded.
    pub async fn async_io<R>(&self, interest: Interest, mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.source.async_io_for(interest, |_| operation()).await
    }
}
