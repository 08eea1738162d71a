#![forbid(unsafe_code)]

use std::io;
use std::task::{Context, Poll};

use super::{Stream, StreamSocket};
use crate::executor::Direction;
use crate::reactor::{Interest, Ready};

/// Waiting without an operation, and operations of one's own.
impl<S: StreamSocket> Stream<S> {
    /// Waits until it is ready for something of the interest, and says what.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// use epore::reactor::Interest;
    ///
    /// let ready = stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable() && !ready.is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// It is a hint: the operation may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
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

    /// Tries an operation of one's own on the socket now. It must not block, and if it says
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), that is taken for all of the interest: the next wait for it is for the next
    /// event.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// # peer.write_all(b"hello").await?;
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// stream.readable().await?;
    /// let duplicate = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
    /// let count = stream.try_io(Interest::READABLE, || duplicate.peek(&mut [0; 16]))?;
    /// assert_eq!(count, 5);
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

    /// Waits until it is ready for something of the interest and tries an operation of one's own, until that does not say
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) nor [`Interrupted`](io::ErrorKind::Interrupted). See
    /// [`try_io`](Stream::try_io).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// # epore::spawn(async move { peer.write_all(b"hello").await });
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// let duplicate = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
    /// let count = stream.async_io(Interest::READABLE, || duplicate.peek(&mut [0; 16])).await?;
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

    /// The poll form of [`readable`](Stream::readable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    ///
    /// peer.write_all(b"hello").await?;
    /// poll_fn(|cx| stream.poll_read_ready(cx)).await?;
    /// assert_eq!(stream.try_read(&mut [0; 16])?, 5);
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
    /// To stop polling loses no byte. The waker of the latest call that polls to read stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Read)
    }

    /// The poll form of [`writable`](Stream::writable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    ///
    /// poll_fn(|cx| stream.poll_write_ready(cx)).await?;
    /// assert_eq!(stream.try_write(b"hello")?, 5);
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
    /// To stop polling writes nothing. The waker of the latest call that polls to write stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Write)
    }
}
