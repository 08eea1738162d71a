#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll};

use super::UnixDatagram;
use crate::executor::Direction;
use crate::net::sys;
use crate::net::unix::SocketAddr;

/// Receiving.
impl UnixDatagram {
    /// Receives a message into `buffer`, and says how many bytes that were. What does not fit is lost.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let count = other.recv(&mut buffer).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recv(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no message is lost.
    pub fn recv(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |socket| sys::recv(socket.as_fd(), buffer))
    }

    /// Receives a message, and says how many bytes that were and who has sent it. Otherwise as
    /// [`recv`](UnixDatagram::recv).
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixDatagram;
    ///
    /// # let name = |side| format!("\0epore-doc-{side}-{}", std::process::id());
    /// # let (server_path, client_path) = (name("server"), name("client"));
    /// let server = UnixDatagram::bind(&server_path)?;
    /// let client = UnixDatagram::bind(&client_path)?;
    /// client.send_to(b"ping", &server_path).await?;
    ///
    /// let mut buffer = [0; 1024];
    /// let (count, from) = server.recv_from(&mut buffer).await?;
    /// server.send_to_addr(&buffer[..count], &from).await?;
    /// assert_eq!(client.recv(&mut buffer).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recvfrom(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no message is lost.
    pub fn recv_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.io(Direction::Read, |socket| sys::recv_from(socket.as_fd(), buffer))
    }

    /// Waits until a receive is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// other.readable().await?;
    /// assert_eq!(other.try_recv(&mut [0; 1024])?, 5);
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
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Read)
    }

    /// Receives a message if there is one now, and says how many bytes that were.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// let error = other.try_recv(&mut [0; 1024]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # drop(one);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`recv`](UnixDatagram::recv).
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |socket| sys::recv(socket.as_fd(), buffer))
    }

    /// Receives a message if there is one now, and says how many bytes that were and who has sent it.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.try_send(b"hello")?;
    /// let (count, from) = other.try_recv_from(&mut [0; 1024])?;
    /// assert!(count == 5 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_recv`](UnixDatagram::try_recv).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.try_io(Direction::Read, |socket| sys::recv_from(socket.as_fd(), buffer))
    }
}

/// Receiving by polling.
impl UnixDatagram {
    /// The poll form of [`recv`](UnixDatagram::recv): how many bytes were received.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let count = poll_fn(|cx| other.poll_recv(cx, &mut buffer)).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`recv`](UnixDatagram::recv).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no message. The waker of the latest call that polls to receive stays behind, and is woken
    /// by the next event; those of earlier calls are not.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |socket| sys::recv(socket.as_fd(), buffer))
    }

    /// The poll form of [`recv_from`](UnixDatagram::recv_from): how many bytes were received, and who has sent them.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let (count, from) = poll_fn(|cx| other.poll_recv_from(cx, &mut buffer)).await?;
    /// assert!(count == 5 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`recv_from`](UnixDatagram::recv_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no message. The waker of the latest call that polls to receive stays behind, and is woken
    /// by the next event; those of earlier calls are not.
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.source.poll(cx, Direction::Read, |socket| sys::recv_from(socket.as_fd(), buffer))
    }

    /// The poll form of [`readable`](UnixDatagram::readable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// poll_fn(|cx| other.poll_recv_ready(cx)).await?;
    /// assert_eq!(other.try_recv(&mut [0; 1024])?, 5);
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
    /// To stop polling loses no message. The waker of the latest call that polls to receive stays behind, and is woken
    /// by the next event; those of earlier calls are not.
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Read)
    }
}
