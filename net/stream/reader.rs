#![forbid(unsafe_code)]

use std::io::{self, IoSliceMut};
use std::ops::Deref;
use std::sync::Arc;

use super::{Stream, StreamSocket};
use crate::reactor::{Interest, Ready};

/// The borrowed half of [`Stream::split`] that reads.
pub type ReadHalf<'a, S> = Reader<&'a Stream<S>>;

/// The owned half of [`Stream::into_split`] that reads.
pub type OwnedReadHalf<S> = Reader<Arc<Stream<S>>>;

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
    /// Those of recvmsg(2).
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
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is; otherwise those of recvmsg(2).
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.stream.try_read_vectored(buffers)
    }
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> AsRef<Stream<S>> for Reader<H> {
    fn as_ref(&self) -> &Stream<S> {
        &self.stream
    }
}
