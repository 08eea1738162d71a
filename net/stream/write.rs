#![forbid(unsafe_code)]

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::{Context, Poll};

use super::{Stream, StreamSocket};
use crate::executor::Direction;
use crate::net::operation::{Operation, Partial};
use crate::net::sys;

/// Writing.
impl<S: StreamSocket> Stream<S> {
    /// Writes as much of `buffer` as there is room for, at least one byte, and says how many bytes that were.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let large = vec![7; 10_000_000];
    /// let count = stream.write(&large).await?;
    /// assert!(0 < count && count < large.len());   // there was no room for all
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
        self.source.send(buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Writes from several buffers, one after another, and says how many bytes that were. Otherwise as
    /// [`write`](Stream::write).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// use std::io::IoSlice;
    ///
    /// let count = stream.write_vectored(&[IoSlice::new(b"head"), IoSlice::new(b"body")]).await?;
    /// assert_eq!(count, 8);
    /// # drop(peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of sendmsg(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been written then.
    pub fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        let buffers = first(buffers);
        self.source.send(total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
    }

    /// Writes all of `buffer`.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let large = vec![7; 1_000_000];
    /// let sender = epore::spawn(async move { stream.write_all(&large).await });
    /// assert_eq!(peer.read_to_end(&mut Vec::new()).await?, 1_000_000);
    /// # sender.await.unwrap()?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`write`](Stream::write). A part may have been written.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have written a part; how much is not known.
    pub fn write_all(&self, buffer: &[u8]) -> impl Future<Output = io::Result<()>> {
        self.source.run(WriteAll { rest: buffer })
    }

    /// Waits until a write is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let count = loop {
    ///     stream.writable().await?;
    ///     match stream.try_write(b"hello") {
    ///         Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(count, 5);
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
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Write)
    }

    /// Writes as much as there is room for now, and says how many bytes that were. Otherwise as
    /// [`write`](Stream::write).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let error = std::iter::repeat_with(|| stream.try_write(b"hello")).find_map(Result::err).unwrap();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);   // the send buffer is full
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`write`](Stream::write).
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.source.try_send(buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Writes as much from several buffers, one after another, as there is room for now, and says how many bytes that
    /// were.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSlice;
    ///
    /// let count = stream.try_write_vectored(&[IoSlice::new(b"head"), IoSlice::new(b"body")])?;
    /// assert_eq!(count, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_write`](Stream::try_write).
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let buffers = first(buffers);
        self.source.try_send(total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
    }

    /// There is nothing to flush: what was written is on its way. It is here for programs that are ported.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// stream.write_all(b"hello").await?;
    /// assert_eq!(peer.try_read(&mut [0; 16])?, 5);   // it is there without
    /// stream.flush().await?;
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
        Ok(())
    }

    /// Ends the stream that the peer reads. What was written before arrives first. It never waits.
    ///
    /// A connection that the peer has torn down already is shut down: that is no error.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.shutdown().await?;
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 0);
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
        self.shutdown_with(Shutdown::Write)
    }

    /// Ends one direction, or both, without being awaited. [`Shutdown::Both`] ends the waiting of whoever reads or writes.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::ErrorKind;
    /// use std::net::Shutdown;
    ///
    /// stream.shutdown_with(Shutdown::Both)?;
    /// assert_eq!(stream.try_read(&mut [0; 16])?, 0);
    /// assert_eq!(stream.write(b"hello").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Stream::shutdown).
    pub fn shutdown_with(&self, how: Shutdown) -> io::Result<()> {
        match self.source.get().shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

/// Writing by polling.
impl<S: StreamSocket> Stream<S> {
    /// The poll form of [`write`](Stream::write): how many bytes were written, once there is room for any.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    ///
    /// assert_eq!(poll_fn(|cx| stream.poll_write(cx, b"hello")).await?, 5);
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`write`](Stream::write).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling writes nothing. The waker of the latest call that polls to write stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.source.poll_send(cx, buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// The poll form of [`write_vectored`](Stream::write_vectored): how many bytes were written, once there is room for
    /// any.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    /// use std::io::IoSlice;
    ///
    /// let buffers = [IoSlice::new(b"head"), IoSlice::new(b"body")];
    /// assert_eq!(poll_fn(|cx| stream.poll_write_vectored(cx, &buffers)).await?, 8);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`write_vectored`](Stream::write_vectored).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling writes nothing. The waker of the latest call that polls to write stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_write_vectored(&self, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let buffers = first(buffers);
        self.source.poll_send(cx, total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
    }
}

/// What is left to be written. A write that was short has filled the socket, as if it had said so.
struct WriteAll<'a> {
    rest: &'a [u8],
}

impl<S: StreamSocket> Operation<S> for WriteAll<'_> {
    type Output = ();
    const DRAINS: bool = false;

    fn direction(&self) -> Direction {
        Direction::Write
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn attempt(&mut self, socket: &S) -> io::Result<((), Partial)> {
        if !self.rest.is_empty() {
            let count = sys::send(socket.as_fd(), self.rest)?;
            self.rest = &self.rest[count..];
        }
        if self.rest.is_empty() { Ok(((), false)) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }
}

/// As many of the buffers as one system call takes. Or else a full transfer would be taken for a short one.
fn first<'a, 'b>(buffers: &'a [IoSlice<'b>]) -> &'a [IoSlice<'b>] {
    &buffers[..buffers.len().min(sys::MAX_BUFFERS)]
}

fn total(buffers: &[IoSlice<'_>]) -> usize {
    buffers.iter().map(|buffer| buffer.len()).sum()
}
