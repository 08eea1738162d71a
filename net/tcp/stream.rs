#![forbid(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Reader, WriteHalf, Writer};
use crate::executor::Direction;
use crate::net::lookup::{ToSocketAddrs, resolve};
use crate::net::source::Source;
use crate::net::sys;

/// How much room [`TcpStream::read_to_end`] makes when there is none: a few packets.
const READ_TO_END_STEP: usize = 8 * 1024;

/// A TCP connection.
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
/// owner, [`split`](TcpStream::split) the stream. Every method that waits panics outside of a runtime, and gives an error
/// in a runtime other than the one that the stream has waited in before.
#[derive(Debug)]
pub struct TcpStream {
    pub(super) source: Source<std::net::TcpStream>,
}

impl TcpStream {
    pub(super) fn new(source: Source<std::net::TcpStream>) -> TcpStream {
        TcpStream { source }
    }

    /// Connects to a host. Its addresses are tried one after another.
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host). If no address can be connected to, an error of the last one's
    /// kind that names each and why.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what was begun is closed.
    pub async fn connect(addr: impl ToSocketAddrs) -> io::Result<TcpStream> {
        let mut failures = Vec::new();
        for addr in resolve(&addr).await? {
            match connect_to(&addr).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failures.push((addr, error)),
            }
        }
        Err(connect_error(&failures))
    }

    /// Takes over a stream of the standard library, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        Ok(TcpStream::new(Source::new(stream)))
    }

    /// Gives the descriptor, still non-blocking, to the standard library. Nothing that was received is lost.
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        self.source.into_inner()
    }

    /// Two borrowed halves, to read and to write in two branches of one task.
    pub fn split(&self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (Reader { stream: self }, Writer { stream: self, shut_down_on_drop: false })
    }

    /// Two owned halves, for two tasks. Dropping the write half ends the stream that the peer reads.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Arc::new(self);
        (Reader { stream: Arc::clone(&stream) }, Writer { stream, shut_down_on_drop: true })
    }
}

/// Reading.
impl TcpStream {
    /// Reads what is there, at least one byte, into `buffer`, and says how many bytes that were. 0 is the end of the
    /// stream, or an empty buffer.
    ///
    /// # Errors
    ///
    /// Those of recv(2), as [`ConnectionReset`](io::ErrorKind::ConnectionReset).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |stream| read(stream, buffer))
    }

    /// Reads into several buffers, one after another. Otherwise as [`read`](TcpStream::read).
    ///
    /// # Errors
    ///
    /// Those of readv(2).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |stream| read_vectored(stream, buffers))
    }

    /// Fills `buffer`.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the stream ends before, with the number of bytes that came; they
    /// are in the buffer. Otherwise those of [`read`](TcpStream::read).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have read a part, which is in the buffer; how much is not known.
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]).await? {
                0 => {
                    let message = format!("the stream ended after {filled} of {} bytes", buffer.len());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
                }
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Reads until the end of the stream, appends to `buffer`, and says how many bytes that were.
    ///
    /// # Errors
    ///
    /// Those of [`read`](TcpStream::read). What came before is in the buffer.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what has been read is in the buffer.
    pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let before = buffer.len();
        loop {
            if buffer.capacity() == buffer.len() {
                buffer.reserve(READ_TO_END_STEP);
            }
            let count = self.source.io(Direction::Read, |stream| read_into(stream, buffer)).await?;
            if count == 0 {
                return Ok(buffer.len() - before);
            }
        }
    }

    /// Reads without taking: the next read brings the same bytes. Otherwise as [`read`](TcpStream::read).
    ///
    /// # Errors
    ///
    /// Those of recv(2).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Read, |stream| Ok((stream.peek(buffer)?, false)))
    }

    /// Waits until a read is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Read)
    }

    /// Reads what is there now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is; otherwise those of [`read`](TcpStream::read).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |stream| read(stream, buffer))
    }

    /// Reads what is there now into several buffers.
    ///
    /// # Errors
    ///
    /// As [`try_read`](TcpStream::try_read).
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.source.try_io(Direction::Read, |stream| read_vectored(stream, buffers))
    }
}

/// Writing.
impl TcpStream {
    /// Writes as much of `buffer` as there is room for, at least one byte, and says how much that was.
    ///
    /// # Errors
    ///
    /// Those of send(2), as [`BrokenPipe`](io::ErrorKind::BrokenPipe). No signal is raised.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been written then.
    pub fn write(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Write, |stream| write(stream, buffer))
    }

    /// Writes from several buffers, one after another. Otherwise as [`write`](TcpStream::write).
    ///
    /// # Errors
    ///
    /// Those of sendmsg(2).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been written then.
    pub fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Write, |stream| write_vectored(stream, buffers))
    }

    /// Writes all of `buffer`.
    ///
    /// # Errors
    ///
    /// Those of [`write`](TcpStream::write). A part may have been written.
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
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`write`](TcpStream::write).
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Write, |stream| write(stream, buffer))
    }

    /// Writes as much from several buffers as there is room for now.
    ///
    /// # Errors
    ///
    /// As [`try_write`](TcpStream::try_write).
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.source.try_io(Direction::Write, |stream| write_vectored(stream, buffers))
    }

    /// Ends one direction, or both. Ending [`Shutdown::Write`] is what the peer reads as the end of the stream.
    ///
    /// A connection that the peer has torn down already is shut down: that is no error.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2) but `ENOTCONN`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self.source.get().shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

/// Polling, for those who implement the I/O traits of other crates.
///
/// In each direction the waker of the latest call counts, so one task at a time may use these. The other methods may be
/// used beside them by any number of tasks.
impl TcpStream {
    /// The poll form of [`read`](TcpStream::read).
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |stream| read(stream, buffer))
    }

    /// As [`poll_read`](TcpStream::poll_read), into memory that needs not be initialized. The result says how many bytes
    /// at its start now are.
    pub fn poll_read_uninit(&self, cx: &mut Context<'_>, buffer: &mut [MaybeUninit<u8>]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Read, |stream| read_uninit(stream, buffer))
    }

    /// The poll form of [`write`](TcpStream::write).
    pub fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Write, |stream| write(stream, buffer))
    }

    /// The poll form of [`write_vectored`](TcpStream::write_vectored).
    pub fn poll_write_vectored(&self, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Write, |stream| write_vectored(stream, buffers))
    }
}

/// Options.
impl TcpStream {
    /// The address of this side.
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// Those of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().peer_addr()
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one.
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.get().take_error()
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`), see tcp(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.get().nodelay()
    }

    /// Sends small writes at once, or lets the system gather them (`TCP_NODELAY`), see tcp(7).
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get().set_nodelay(nodelay)
    }

    /// How many routers a packet may pass (`IP_TTL`), see ip(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.get().ttl()
    }

    /// Sets how many routers a packet may pass (`IP_TTL`), see ip(7).
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.get().set_ttl(ttl)
    }

    /// How long closing waits for unsent data (`SO_LINGER`), see socket(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        sys::linger(self.as_fd())
    }

    /// Sets how long closing waits for unsent data, in whole seconds (`SO_LINGER`), see socket(7).
    ///
    /// With a duration of zero, closing throws unsent data away and resets the connection. With any other, closing blocks
    /// the thread, and with it the runtime.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        sys::set_linger(self.as_fd(), linger)
    }
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl AsRawFd for TcpStream {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

async fn connect_to(addr: &SocketAddr) -> io::Result<TcpStream> {
    let (stream, connected) = sys::connect(addr)?;
    if connected {
        return Ok(TcpStream::new(Source::new(stream)));
    }
    let source = Source::connecting(stream);
    // A socket that connects becomes writable when that is over, for better or worse, see connect(2).
    let finish = |stream: &std::net::TcpStream| stream.take_error()?.map_or(Ok(((), false)), Err);
    source.io(Direction::Write, finish).await?;
    Ok(TcpStream::new(source))
}

fn connect_error(failures: &[(SocketAddr, io::Error)]) -> io::Error {
    let Some((_, last)) = failures.last() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to was given");
    };
    let causes: Vec<String> = failures.iter().map(|(addr, error)| format!("{addr}: {error}")).collect();
    io::Error::new(last.kind(), format!("cannot connect to {}", causes.join("; ")))
}

fn read(mut stream: &std::net::TcpStream, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
    let count = stream.read(buffer)?;
    Ok((count, is_partial(count, buffer.len())))
}

fn read_uninit(stream: &std::net::TcpStream, buffer: &mut [MaybeUninit<u8>]) -> io::Result<(usize, bool)> {
    let count = sys::recv(stream.as_fd(), buffer)?;
    Ok((count, is_partial(count, buffer.len())))
}

fn read_vectored(mut stream: &std::net::TcpStream, buffers: &mut [IoSliceMut<'_>]) -> io::Result<(usize, bool)> {
    let count = stream.read_vectored(buffers)?;
    Ok((count, is_partial(count, buffers.iter().map(|buffer| buffer.len()).sum())))
}

fn read_into(stream: &std::net::TcpStream, buffer: &mut Vec<u8>) -> io::Result<(usize, bool)> {
    let room = buffer.capacity() - buffer.len();
    let count = sys::recv_into(stream.as_fd(), buffer)?;
    Ok((count, is_partial(count, room)))
}

fn write(mut stream: &std::net::TcpStream, buffer: &[u8]) -> io::Result<(usize, bool)> {
    let count = stream.write(buffer)?;
    Ok((count, is_partial(count, buffer.len())))
}

fn write_vectored(stream: &std::net::TcpStream, buffers: &[IoSlice<'_>]) -> io::Result<(usize, bool)> {
    let count = sys::send_vectored(stream.as_fd(), buffers)?;
    Ok((count, is_partial(count, buffers.iter().map(|buffer| buffer.len()).sum())))
}

/// Nothing at all is the end of the stream, which stays: it can be read again and again without waiting.
fn is_partial(count: usize, asked: usize) -> bool {
    0 < count && count < asked
}
