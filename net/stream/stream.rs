#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;

use super::StreamSocket;
use super::reader::{OwnedReadHalf, ReadHalf, Reader};
use super::writer::{OwnedWriteHalf, ShutDownOnDrop, WriteHalf, Writer};
use crate::net::source::Source;

/// A connection that carries bytes both ways: a [`TcpStream`](crate::net::TcpStream) or a
/// [`UnixStream`](crate::net::UnixStream). `S` is the socket of the standard library that it is made of.
///
/// ```
/// # epore::block_on(async {
/// # let server = epore::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let addr = server.local_addr()?;
/// # epore::spawn(async move {
/// #     let (stream, _) = server.accept().await.unwrap();
/// #     stream.write_all(b"hello").await.unwrap();
/// # });
/// let stream = epore::net::TcpStream::connect(addr).await?;
/// let mut text = Vec::new();
/// stream.read_to_end(&mut text).await?;
/// assert_eq!(text, b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// All methods take `&self`. Several tasks may read at once, and each byte goes to one of them; to give each direction an
/// owner, [`split`](Stream::split) the stream. Every method that waits panics outside of a runtime, and gives an error
/// in a runtime other than the one that the stream has waited in before.
///
/// The methods `poll_…` are for those who implement the I/O traits of other crates. In each direction the waker of the
/// latest call counts, so one task at a time may use them; the other methods may be used beside them by any number.
#[derive(Debug)]
pub struct Stream<S: StreamSocket> {
    pub(in crate::net) source: Source<S>,
}

impl<S: StreamSocket> Stream<S> {
    pub(in crate::net) fn new(source: Source<S>) -> Stream<S> {
        Stream { source }
    }

    /// Takes over a stream of the standard library, and makes it non-blocking.
    ///
    /// ```
    /// # use std::io::Write;
    /// # epore::block_on(async {
    /// use std::os::unix::net;
    ///
    /// let (stream, mut peer) = net::UnixStream::pair()?;
    /// let stream = epore::net::UnixStream::from_std(stream)?;
    /// peer.write_all(b"hello")?;
    /// assert_eq!(stream.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(socket: S) -> io::Result<Stream<S>> {
        socket.set_nonblocking(true)?;
        Ok(Stream::new(Source::new(socket)))
    }

    /// Gives the descriptor, still non-blocking, to the standard library. Nothing that was received is lost.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::io::Read;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// let mut stream: std::net::TcpStream = stream.into_std()?;
    /// stream.set_nonblocking(false)?;
    /// assert_eq!(stream.read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<S> {
        self.source.into_inner()
    }

    /// The address of this side.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (peer, addr) = listener.accept().await?;
    /// assert_eq!((stream.local_addr()?, peer.peer_addr()?), (addr, addr));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<S::Addr> {
        self.source.get().local_addr()
    }

    /// The address of the other side.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<S::Addr> {
        self.source.get().peer_addr()
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one, see socket(7): the next operation will not
    /// give it any more.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.set_zero_linger()?;
    /// drop(peer);   // resets the connection
    /// stream.readable().await?;
    /// assert_eq!(stream.take_error()?.unwrap().kind(), std::io::ErrorKind::ConnectionReset);
    /// assert!(stream.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error(S::take_error)
    }

    /// Waits until the peer is gone, so that nothing can be written any more, and says why if it has not closed in good order,
    /// as only a Unix socket tells.
    pub(crate) async fn gone(&self) -> io::Result<()> {
        self.source.write_closed().await?;
        self.take_error()?.map_or(Ok(()), Err)
    }

    /// Two borrowed halves, to read and to write in two branches of one task.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (reader, writer) = stream.split();
    /// writer.write_all(b"ping").await?;
    /// # let mut buffer = [0; 4];
    /// # peer.read_exact(&mut buffer).await?;
    /// # peer.write_all(&buffer).await?;
    /// let mut answer = [0; 4];
    /// reader.read_exact(&mut answer).await?;
    /// assert_eq!(&answer, b"ping");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn split(&self) -> (ReadHalf<'_, S>, WriteHalf<'_, S>) {
        (Reader { stream: self }, Writer { stream: self })
    }

    /// Two owned halves, for two tasks. Dropping the write half ends the stream that the peer reads.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (reader, writer) = stream.into_split();
    /// epore::spawn(async move { writer.write_all(b"all there is").await });
    /// # peer.write_all(b"x").await?;
    ///
    /// let mut text = Vec::new();
    /// peer.read_to_end(&mut text).await?;   // ends, as the writing half is dropped
    /// assert_eq!(text, b"all there is");
    /// # drop(reader);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
        let stream = Arc::new(self);
        (Reader { stream: Arc::clone(&stream) }, Writer { stream: ShutDownOnDrop::new(stream) })
    }
}

impl<S: StreamSocket> AsFd for Stream<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl<S: StreamSocket> AsRawFd for Stream<S> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// So that what takes a stream takes either it or its halves.
impl<S: StreamSocket> AsRef<Stream<S>> for Stream<S> {
    fn as_ref(&self) -> &Stream<S> {
        self
    }
}
