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
/// The methods are those of [`Stream`] of the same name, with their errors and their cancel safety.
#[derive(Debug)]
pub struct Reader<H> {
    pub(super) stream: H,
}

/// The half of a stream that writes. Its [`as_ref`](AsRef::as_ref) is the stream, with its addresses and options.
///
/// The methods are those of [`Stream`] of the same name, with their errors and their cancel safety.
#[derive(Debug)]
pub struct Writer<H> {
    pub(super) stream: H,
}

/// What an [`OwnedWriteHalf`] holds the stream by. Dropping it ends the stream that the peer reads.
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
    /// See [`Stream::local_addr`].
    pub fn local_addr(&self) -> io::Result<S::Addr> {
        self.stream.local_addr()
    }

    /// See [`Stream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<S::Addr> {
        self.stream.peer_addr()
    }

    /// See [`Stream::read`].
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read(buffer)
    }

    /// See [`Stream::read_vectored`].
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read_vectored(buffers)
    }

    /// See [`Stream::read_exact`].
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read_exact(buffer).await
    }

    /// See [`Stream::read_to_end`].
    pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.stream.read_to_end(buffer).await
    }

    /// See [`Stream::peek`].
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.peek(buffer)
    }

    /// See [`Stream::readable`].
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.readable()
    }

    /// See [`Stream::ready`].
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.stream.ready(interest).await
    }

    /// See [`Stream::try_read`].
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }

    /// See [`Stream::try_read_vectored`].
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.stream.try_read_vectored(buffers)
    }
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> Writer<H> {
    /// See [`Stream::local_addr`].
    pub fn local_addr(&self) -> io::Result<S::Addr> {
        self.stream.local_addr()
    }

    /// See [`Stream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<S::Addr> {
        self.stream.peer_addr()
    }

    /// See [`Stream::write`].
    pub fn write(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write(buffer)
    }

    /// See [`Stream::write_vectored`].
    pub fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.stream.write_vectored(buffers)
    }

    /// See [`Stream::write_all`].
    pub async fn write_all(&self, buffer: &[u8]) -> io::Result<()> {
        self.stream.write_all(buffer).await
    }

    /// See [`Stream::writable`].
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.stream.writable()
    }

    /// See [`Stream::ready`].
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.stream.ready(interest).await
    }

    /// See [`Stream::try_write`].
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.try_write(buffer)
    }

    /// See [`Stream::try_write_vectored`].
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.try_write_vectored(buffers)
    }

    /// See [`Stream::flush`].
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Cancel safety
    ///
    /// It never waits.
    pub async fn flush(&self) -> io::Result<()> {
        self.stream.flush().await
    }

    /// Ends the stream that the peer reads. See [`Stream::shutdown`].
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
    /// Puts the halves of one stream together again. See [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedReadHalf<S>) -> Result<Stream<S>, ReuniteError<S>> {
        other.reunite(self)
    }

    /// Drops the half without ending the stream that the peer reads.
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
#[derive(Debug)]
pub struct ReuniteError<S: StreamSocket>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

impl<S: StreamSocket> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one stream")
    }
}

impl<S: StreamSocket> Error for ReuniteError<S> {}
