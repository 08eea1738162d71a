#![forbid(unsafe_code)]

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::Arc;

use super::{Stream, StreamSocket};
use crate::reactor::{Interest, Ready};

/// The borrowed half of [`Stream::split`] that writes.
pub type WriteHalf<'a, S> = Writer<&'a Stream<S>>;

/// The owned half of [`Stream::into_split`] that writes. Dropping it ends the stream that the peer reads.
pub type OwnedWriteHalf<S> = Writer<ShutDownOnDrop<S>>;

/// The half of a stream that writes. Its [`as_ref`](AsRef::as_ref) is the stream, with its addresses and options.
///
/// The methods are those of [`Stream`] of the same name.
///
/// ```
/// # use epore::net::{TcpListener, TcpStream};
/// # epore::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let stream = TcpStream::connect(listener.local_addr()?).await?;
/// # let (peer, _) = listener.accept().await?;
/// let (_reader, writer) = stream.split();
/// writer.write_all(b"hello").await?;
/// assert!(!writer.as_ref().nodelay()?);
/// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Writer<H> {
    pub(super) stream: H,
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> Writer<H> {
    /// The address of this side. Otherwise as [`Stream::local_addr`].
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (_reader, writer) = stream.split();
    /// assert_eq!(writer.local_addr()?, peer.peer_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<S::Addr> {
        self.stream.local_addr()
    }

    /// The address of the other side. Otherwise as [`Stream::peer_addr`].
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (_reader, writer) = stream.split();
    /// assert_eq!(writer.peer_addr()?, peer.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<S::Addr> {
        self.stream.peer_addr()
    }

    /// Writes as much of `buffer` as there is room for, at least one byte, and says how many bytes that were. Otherwise
    /// as [`Stream::write`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (_reader, writer) = stream.split();
    /// assert_eq!(writer.write(b"hello").await?, 5);
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of send(2), as [`BrokenPipe`](io::ErrorKind::BrokenPipe). No signal is raised.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been written then.
    pub fn write(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write(buffer)
    }

    /// Writes from several buffers, and says how many bytes that were. Otherwise as [`Stream::write_vectored`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSlice;
    ///
    /// let (_reader, writer) = stream.split();
    /// let count = writer.write_vectored(&[IoSlice::new(b"head"), IoSlice::new(b"body")]).await?;
    /// assert_eq!(count, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of sendmsg(2). No signal is raised.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been written then.
    pub fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write_vectored(buffers)
    }

    /// Writes all of `buffer`. Otherwise as [`Stream::write_all`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (_reader, writer) = stream.split();
    /// writer.write_all(b"hello").await?;
    /// drop(peer);
    /// let error = writer.write_all(b"hello").await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of send(2), as [`BrokenPipe`](io::ErrorKind::BrokenPipe). No signal is raised. A part may have been
    /// written.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have written a part; how much is not known.
    pub async fn write_all(&self, buffer: &[u8]) -> io::Result<()> {
        self.stream.write_all(buffer).await
    }

    /// Waits until a write is worth trying. Otherwise as [`Stream::writable`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (_reader, writer) = stream.split();
    /// writer.writable().await?;
    /// assert_eq!(writer.try_write(b"hello")?, 5);
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
    /// It can be dropped at any time; nothing has been written then.
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.writable()
    }

    /// Waits until the stream is ready for something of the interest, and says what. Otherwise as [`Stream::ready`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use epore::reactor::Interest;
    ///
    /// let (_reader, writer) = stream.split();
    /// drop(peer);
    /// assert!(writer.ready(Interest::WRITABLE).await?.is_write_closed());
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
    /// It can be dropped at any time; nothing has been written then.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.stream.ready(interest).await
    }

    /// Writes as much as there is room for now, and says how many bytes that were. Otherwise as [`Stream::try_write`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (_reader, writer) = stream.split();
    /// let error = std::iter::repeat_with(|| writer.try_write(b"hello")).find_map(Result::err).unwrap();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);   // the send buffer is full
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of send(2).
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.try_write(buffer)
    }

    /// Writes as much from several buffers as there is room for now, and says how many bytes that were. Otherwise as
    /// [`Stream::try_write_vectored`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSlice;
    ///
    /// let (_reader, writer) = stream.split();
    /// let count = writer.try_write_vectored(&[IoSlice::new(b"head"), IoSlice::new(b"body")])?;
    /// assert_eq!(count, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of sendmsg(2).
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.try_write_vectored(buffers)
    }

    /// There is nothing to flush: what was written is on its way. Otherwise as [`Stream::flush`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (_reader, writer) = stream.split();
    /// writer.write_all(b"hello").await?;
    /// assert_eq!(peer.try_read(&mut [0; 16])?, 5);   // it is there without
    /// writer.flush().await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Panics
    ///
    /// Never.
    ///
    /// # Cancel safety
    ///
    /// It never waits.
    pub async fn flush(&self) -> io::Result<()> {
        self.stream.flush().await
    }

    /// Ends the stream that the peer reads. Otherwise as [`Stream::shutdown`].
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (_reader, writer) = stream.split();
    /// writer.write_all(b"hello").await?;
    /// writer.shutdown().await?;
    /// assert_eq!(peer.read_to_end(&mut Vec::new()).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of shutdown(2) but `ENOTCONN`.
    ///
    /// # Panics
    ///
    /// Never: it needs no runtime.
    ///
    /// # Cancel safety
    ///
    /// Its first poll does all, so it cannot be given up half-way.
    pub async fn shutdown(&self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}

impl<S: StreamSocket> OwnedWriteHalf<S> {
    /// Drops the half without ending the stream that the peer reads.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, writer) = stream.into_split();
    /// writer.forget();
    /// let error = peer.try_read(&mut [0; 16]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);   // and not the end
    /// # drop(reader);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn forget(mut self) {
        self.stream.is_forgotten = true;
    }
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> AsRef<Stream<S>> for Writer<H> {
    fn as_ref(&self) -> &Stream<S> {
        &self.stream
    }
}

/// What an [`OwnedWriteHalf`] holds the stream by. Dropping it ends the stream that the peer reads.
///
/// ```
/// # epore::block_on(async {
/// # let (stream, peer) = epore::net::UnixStream::pair()?;
/// let (reader, writer) = stream.into_split();
/// drop(writer);
/// assert_eq!(peer.read(&mut [0; 16]).await?, 0);
/// peer.write_all(b"hello").await?;   // the other direction goes on
/// assert_eq!(reader.read(&mut [0; 16]).await?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ShutDownOnDrop<S: StreamSocket> {
    pub(super) stream: Arc<Stream<S>>,
    is_forgotten: bool,
}

impl<S: StreamSocket> ShutDownOnDrop<S> {
    pub(super) fn new(stream: Arc<Stream<S>>) -> ShutDownOnDrop<S> {
        ShutDownOnDrop { stream, is_forgotten: false }
    }
}

impl<S: StreamSocket> Deref for ShutDownOnDrop<S> {
    type Target = Stream<S>;

    fn deref(&self) -> &Stream<S> {
        &self.stream
    }
}

impl<S: StreamSocket> Drop for ShutDownOnDrop<S> {
    fn drop(&mut self) {
        if !self.is_forgotten {
            // A connection that cannot be shut down is broken, which the reading half learns of.
            let _broken = self.stream.shutdown_with(Shutdown::Write);
        }
    }
}
