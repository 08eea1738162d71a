#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::Arc;

use super::{Stream, StreamSocket};
use crate::reactor::{Interest, Ready};

/// The borrowed half of [`Stream::split`] that reads.
pub type ReadHalf<'a, S> = Reader<&'a Stream<S>>;

/// The borrowed half of [`Stream::split`] that writes.
pub type WriteHalf<'a, S> = Writer<&'a Stream<S>>;

/// The owned half of [`Stream::into_split`] that reads.
pub type OwnedReadHalf<S> = Reader<Arc<Stream<S>>>;

/// The owned half of [`Stream::into_split`] that writes. Dropping it ends the stream that the peer reads.
pub type OwnedWriteHalf<S> = Writer<ShutDownOnDrop<S>>;

/// The half of a stream that reads. Its [`as_ref`](AsRef::as_ref) is the stream, with its addresses and options.
///
/// The methods are those of [`Stream`] of the same name.
///
/// ```
/// # epore::block_on(async {
/// # let (stream, peer) = epore::net::UnixStream::pair()?;
/// let (reader, writer) = stream.into_split();
/// let echo = epore::spawn(async move {
///     let mut buffer = [0; 1024];
///     loop {
///         match reader.read(&mut buffer).await? {
///             0 => return Ok::<(), std::io::Error>(()),
///             count => writer.write_all(&buffer[..count]).await?,
///         }
///     }
/// });
/// peer.write_all(b"hello").await?;
/// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
/// # drop(peer);
/// # echo.await.unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Reader<H> {
    pub(super) stream: H,
}

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
    stream: Arc<Stream<S>>,
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

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> Reader<H> {
    /// The address of this side. Otherwise as [`Stream::local_addr`].
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (reader, _writer) = stream.split();
    /// assert_eq!(reader.local_addr()?, peer.peer_addr()?);
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
    /// let (reader, _writer) = stream.split();
    /// assert_eq!(reader.peer_addr()?, peer.local_addr()?);
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

    /// Reads what is there, at least one byte, into `buffer`, and says how many bytes that were. Otherwise as
    /// [`Stream::read`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"hello").await?;
    /// assert_eq!(reader.read(&mut [0; 16]).await?, 5);
    /// drop(peer);
    /// assert_eq!(reader.read(&mut [0; 16]).await?, 0);   // the end
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
    /// It can be dropped at any time; no byte is lost.
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read(buffer)
    }

    /// Reads what is there into several buffers, and says how many bytes that were. Otherwise as
    /// [`Stream::read_vectored`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSliceMut;
    ///
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"headbody").await?;
    /// let (mut head, mut body) = ([0; 4], [0; 16]);
    /// let buffers = &mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(reader.read_vectored(buffers).await?, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of readv(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read_vectored(buffers)
    }

    /// Fills `buffer`, and says how many bytes it holds. Otherwise as [`Stream::read_exact`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"length: 5").await?;
    /// let mut header = [0; 8];
    /// reader.read_exact(&mut header).await?;
    /// assert_eq!(&header, b"length: ");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the stream ends before; otherwise those of recv(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have read a part, which is in the buffer; how much is not known.
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read_exact(buffer).await
    }

    /// Reads until the end of the stream, appends to `buffer`, and says how many bytes that were. Otherwise as
    /// [`Stream::read_to_end`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"hello").await?;
    /// peer.shutdown().await?;
    /// let mut text = Vec::new();
    /// reader.read_to_end(&mut text).await?;
    /// assert_eq!(text, b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recv(2). What came before is in the buffer.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what has been read is in the buffer.
    pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.stream.read_to_end(buffer).await
    }

    /// Reads without taking, and says how many bytes that were: the next read brings them again. Otherwise as
    /// [`Stream::peek`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"hello").await?;
    /// assert_eq!(reader.peek(&mut [0; 2]).await?, 2);
    /// assert_eq!(reader.read(&mut [0; 16]).await?, 5);
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
    /// It can be dropped at any time; no byte is lost.
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.peek(buffer)
    }

    /// Waits until a read is worth trying. Otherwise as [`Stream::readable`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"hello").await?;
    /// reader.readable().await?;
    /// assert_eq!(reader.try_read(&mut [0; 16])?, 5);
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
    /// It can be dropped at any time; no byte is lost.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.readable()
    }

    /// Waits until the stream is ready for something of the interest, and says what. Otherwise as [`Stream::ready`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use epore::reactor::Interest;
    ///
    /// let (reader, _writer) = stream.split();
    /// drop(peer);
    /// assert!(reader.ready(Interest::READABLE).await?.is_read_closed());
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
    /// It can be dropped at any time; no byte is lost.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.stream.ready(interest).await
    }

    /// Reads what is there now, and says how many bytes that were. Otherwise as [`Stream::try_read`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, _writer) = stream.split();
    /// let error = reader.try_read(&mut [0; 16]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is; otherwise those of recv(2).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }

    /// Reads what is there now into several buffers, and says how many bytes that were. Otherwise as
    /// [`Stream::try_read_vectored`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSliceMut;
    ///
    /// let (reader, _writer) = stream.split();
    /// peer.write_all(b"headbody").await?;
    /// let (mut head, mut body) = ([0; 4], [0; 16]);
    /// let buffers = &mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(reader.try_read_vectored(buffers)?, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is; otherwise those of readv(2).
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.stream.try_read_vectored(buffers)
    }
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

impl<S: StreamSocket> OwnedReadHalf<S> {
    /// Puts the halves of one stream together again.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (other_reader, _) = peer.into_split();
    /// let (reader, writer) = stream.into_split();
    /// let error = other_reader.reunite(writer).unwrap_err();   // both halves are in it
    /// let stream = reader.reunite(error.1).expect("halves of one stream");
    /// assert!(stream.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedWriteHalf<S>) -> Result<Stream<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.stream, &other.stream.stream) {
            return Err(ReuniteError(self, other));
        }
        other.forget();
        match Arc::try_unwrap(self.stream) {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("a stream has two halves, and both were here"),
        }
    }
}

impl<S: StreamSocket> OwnedWriteHalf<S> {
    /// Puts the halves of one stream together again. Otherwise as [`OwnedReadHalf::reunite`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, writer) = stream.into_split();
    /// let stream = writer.reunite(reader).expect("halves of one stream");
    /// stream.write_all(b"hello").await?;   // nothing was shut down
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedReadHalf<S>) -> Result<Stream<S>, ReuniteError<S>> {
        other.reunite(self)
    }

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

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> AsRef<Stream<S>> for Reader<H> {
    fn as_ref(&self) -> &Stream<S> {
        &self.stream
    }
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> AsRef<Stream<S>> for Writer<H> {
    fn as_ref(&self) -> &Stream<S> {
        &self.stream
    }
}

/// The halves are not of one stream. They are in the error.
///
/// ```
/// # epore::block_on(async {
/// # let (stream, peer) = epore::net::UnixStream::pair()?;
/// let (reader, _) = stream.into_split();
/// let (_, writer) = peer.into_split();
/// let error = reader.reunite(writer).unwrap_err();
/// assert_eq!(error.to_string(), "the two halves are not of one stream");
/// let (_reader, _writer) = (error.0, error.1);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ReuniteError<S: StreamSocket>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

impl<S: StreamSocket> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one stream")
    }
}

impl<S: StreamSocket> Error for ReuniteError<S> {}
