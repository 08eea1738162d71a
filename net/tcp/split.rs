#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use super::TcpStream;

/// The borrowed half of [`TcpStream::split`] that reads.
pub type ReadHalf<'a> = Reader<&'a TcpStream>;

/// The borrowed half of [`TcpStream::split`] that writes.
pub type WriteHalf<'a> = Writer<&'a TcpStream>;

/// The owned half of [`TcpStream::into_split`] that reads.
pub type OwnedReadHalf = Reader<Arc<TcpStream>>;

/// The owned half of [`TcpStream::into_split`] that writes. Dropping it ends the stream that the peer reads.
pub type OwnedWriteHalf = Writer<ShutDownOnDrop>;

/// The half of a stream that reads. Its [`as_ref`](AsRef::as_ref) is the stream, with its addresses and options.
///
/// The methods are those of [`TcpStream`] of the same name, with their errors and their cancel safety.
#[derive(Debug)]
pub struct Reader<S> {
    pub(super) stream: S,
}

/// The half of a stream that writes. Its [`as_ref`](AsRef::as_ref) is the stream, with its addresses and options.
///
/// The methods are those of [`TcpStream`] of the same name, with their errors and their cancel safety.
#[derive(Debug)]
pub struct Writer<S> {
    pub(super) stream: S,
}

/// What an [`OwnedWriteHalf`] holds the stream by. Dropping it ends the stream that the peer reads.
#[derive(Debug)]
pub struct ShutDownOnDrop {
    stream: Arc<TcpStream>,
    is_forgotten: bool,
}

impl ShutDownOnDrop {
    pub(super) fn new(stream: Arc<TcpStream>) -> ShutDownOnDrop {
        ShutDownOnDrop { stream, is_forgotten: false }
    }
}

impl Deref for ShutDownOnDrop {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl Drop for ShutDownOnDrop {
    fn drop(&mut self) {
        if !self.is_forgotten {
            // A connection that cannot be shut down is broken, which the reading half learns of.
            let _broken = self.stream.shutdown(Shutdown::Write);
        }
    }
}

impl<S: Deref<Target = TcpStream>> Reader<S> {
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// See [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// See [`TcpStream::read`].
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read(buffer)
    }

    /// See [`TcpStream::read_vectored`].
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read_vectored(buffers)
    }

    /// See [`TcpStream::read_exact`].
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<()> {
        self.stream.read_exact(buffer).await
    }

    /// See [`TcpStream::read_to_end`].
    pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.stream.read_to_end(buffer).await
    }

    /// See [`TcpStream::peek`].
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.peek(buffer)
    }

    /// See [`TcpStream::readable`].
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.readable()
    }

    /// See [`TcpStream::try_read`].
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }

    /// See [`TcpStream::try_read_vectored`].
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.stream.try_read_vectored(buffers)
    }
}

impl<S: Deref<Target = TcpStream>> Writer<S> {
    /// See [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// See [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// See [`TcpStream::write`].
    pub fn write(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write(buffer)
    }

    /// See [`TcpStream::write_vectored`].
    pub fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write_vectored(buffers)
    }

    /// See [`TcpStream::write_all`].
    pub async fn write_all(&self, buffer: &[u8]) -> io::Result<()> {
        self.stream.write_all(buffer).await
    }

    /// See [`TcpStream::writable`].
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.writable()
    }

    /// See [`TcpStream::try_write`].
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.try_write(buffer)
    }

    /// See [`TcpStream::try_write_vectored`].
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.try_write_vectored(buffers)
    }

    /// Ends the stream that the peer reads. See [`TcpStream::shutdown`].
    ///
    /// # Errors
    ///
    /// Those of [`TcpStream::shutdown`].
    pub fn shutdown(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }
}

impl OwnedReadHalf {
    /// Puts the halves of one stream together again.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let (reader, writer) = stream.into_split();
    /// let stream = reader.reunite(writer).expect("halves of one stream");
    /// # drop((stream, peer));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
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

impl OwnedWriteHalf {
    /// Puts the halves of one stream together again. See [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }

    /// Drops the half without ending the stream that the peer reads.
    pub fn forget(mut self) {
        self.stream.is_forgotten = true;
    }
}

impl<S: Deref<Target = TcpStream>> AsRef<TcpStream> for Reader<S> {
    fn as_ref(&self) -> &TcpStream {
        &self.stream
    }
}

impl<S: Deref<Target = TcpStream>> AsRef<TcpStream> for Writer<S> {
    fn as_ref(&self) -> &TcpStream {
        &self.stream
    }
}

/// The halves are not of one stream. They are in the error.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one stream")
    }
}

impl Error for ReuniteError {}
