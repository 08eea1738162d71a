#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll};

use super::UnixDatagram;
use crate::executor::Direction;
use crate::net::sys;
use crate::net::unix::SocketAddr;

/// Looking at a message without taking it.
impl UnixDatagram {
    /// Receives a message without taking it, and says how many bytes of it are in `buffer`: the next receive brings the
    /// same one. Otherwise as [`recv`](UnixDatagram::recv).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut first = [0; 1];
    /// other.peek(&mut first).await?;
    /// let mut buffer = [0; 1024];
    /// assert_eq!((first[0], other.recv(&mut buffer).await?), (b'h', 5));
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
    /// It can be dropped at any time.
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |socket| sys::peek(socket.as_fd(), buffer))
    }

    /// The poll form of [`peek`](UnixDatagram::peek): how many bytes of the message are in `buffer`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let count = poll_fn(|cx| other.poll_peek(cx, &mut buffer)).await?;
    /// assert_eq!((count, other.recv(&mut buffer).await?), (5, 5));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`peek`](UnixDatagram::peek).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It takes no message. The waker of the latest call that polls to receive stays behind, and is woken by the next
    /// event; those of earlier calls are not.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |socket| sys::peek(socket.as_fd(), buffer))
    }

    /// Receives a message without taking it, if there is one now, and says how many bytes of it are in `buffer`.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// assert_eq!(other.try_peek(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    /// one.try_send(b"hello")?;
    /// assert_eq!((other.try_peek(&mut [0; 1])?, other.try_recv(&mut [0; 1024])?), (1, 5));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`peek`](UnixDatagram::peek).
    pub fn try_peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |socket| sys::peek(socket.as_fd(), buffer))
    }

    /// Receives a message without taking it, and says how many bytes of it are in `buffer` and who has sent it.
    /// Otherwise as [`peek`](UnixDatagram::peek).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let (count, from) = other.peek_from(&mut [0; 1024]).await?;
    /// assert!(count == 5 && from.is_unnamed());
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
    /// It can be dropped at any time.
    pub fn peek_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.io(Direction::Read, |socket| sys::peek_from(socket.as_fd(), buffer))
    }

    /// The poll form of [`peek_from`](UnixDatagram::peek_from): how many bytes of the message are
    /// in `buffer`, and who has sent it.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let (count, from) = poll_fn(|cx| other.poll_peek_from(cx, &mut buffer)).await?;
    /// assert!(count == 5 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`peek_from`](UnixDatagram::peek_from).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It takes no message. The waker of the latest call that polls to receive stays behind, and is woken by the next
    /// event; those of earlier calls are not.
    pub fn poll_peek_from(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.source.poll(cx, Direction::Read, |socket| sys::peek_from(socket.as_fd(), buffer))
    }

    /// Receives a message without taking it, if there is one now, and says how many bytes of it are in `buffer` and who
    /// has sent it.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.try_send(b"hello")?;
    /// let (count, from) = other.try_peek_from(&mut [0; 1024])?;
    /// assert!(count == 5 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`peek_from`](UnixDatagram::peek_from).
    pub fn try_peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.try_io(Direction::Read, |socket| sys::peek_from(socket.as_fd(), buffer))
    }
}
