#![forbid(unsafe_code)]

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::{Context, Poll};

use super::{Stream, StreamSocket};
use crate::executor::Direction;
use crate::net::sys;

/// Writing.
impl<S: StreamSocket> Stream<S> {
    /// Writes as much of `buffer` as there is room for, at least one byte, and says how much that was.
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
        self.source.transfer(Direction::Write, buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Writes from several buffers, one after another. Otherwise as [`write`](Stream::write).
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
        self.source.transfer(Direction::Write, total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
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
    pub async fn write_all(&self, mut buffer: &[u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let count = self.write(buffer).await?;
            buffer = &buffer[count..];
        }
        Ok(())
    }

    /// Waits until a write is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
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

    /// Writes as much as there is room for now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`write`](Stream::write).
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.source.try_transfer(Direction::Write, buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Writes as much from several buffers as there is room for now.
    ///
    /// # Errors
    ///
    /// As [`try_write`](Stream::try_write).
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let buffers = first(buffers);
        self.source.try_transfer(Direction::Write, total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
    }

    /// There is nothing to flush: what was written is on its way. It is here for programs that are ported.
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
    /// The poll form of [`write`](Stream::write).
    ///
    /// # Errors
    ///
    /// Those of [`write`](Stream::write).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.source.poll_transfer(cx, Direction::Write, buffer.len(), |socket| sys::send(socket.as_fd(), buffer))
    }

    /// The poll form of [`write_vectored`](Stream::write_vectored).
    ///
    /// # Errors
    ///
    /// Those of [`write_vectored`](Stream::write_vectored).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub fn poll_write_vectored(&self, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let buffers = first(buffers);
        self.source
            .poll_transfer(cx, Direction::Write, total(buffers), |socket| sys::send_vectored(socket.as_fd(), buffers))
    }
}

/// As many of the buffers as one system call takes. Or else a full transfer would be taken for a short one.
fn first<'a, 'b>(buffers: &'a [IoSlice<'b>]) -> &'a [IoSlice<'b>] {
    &buffers[..buffers.len().min(sys::MAX_BUFFERS)]
}

fn total(buffers: &[IoSlice<'_>]) -> usize {
    buffers.iter().map(|buffer| buffer.len()).sum()
}
