#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::task::{Context, Poll};

use super::TcpStream;
use super::socket::TcpSocket;
use crate::executor::failed;
use crate::net::accept::{accept, poll_accept};
use crate::net::int_option::TTL;
use crate::net::lookup::ToSocketAddrs;
use crate::net::resolve::resolve;
use crate::net::source::Source;
use crate::net::sys::LONGEST_BACKLOG;

/// A socket that accepts TCP connections.
///
/// ```
/// # epore::block_on(async {
/// use epore::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let addr = listener.local_addr()?;
/// let client = epore::spawn(async move { TcpStream::connect(addr).await });
/// let (stream, peer) = listener.accept().await?;
/// assert_eq!(client.await.unwrap()?.local_addr()?, peer);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct TcpListener {
    source: Source<std::net::TcpListener>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be bound. Port 0 lets the system choose.
    ///
    /// The address may be reused right after a former listener (`SO_REUSEADDR`), and the backlog is as long as the
    /// system allows.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::TcpListener;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let error = TcpListener::bind(listener.local_addr()?).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host), socket(2), bind(2) and listen(2), with the address added.
    ///
    /// # Panics
    ///
    /// When a name has to be looked up outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
        let mut last = None;
        for addr in resolve(&addr).await? {
            match listen(addr) {
                Ok(listener) => return Ok(listener),
                Err(error) => last = Some(failed(format!("cannot listen on {addr}"), error)),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on was given")))
    }

    pub(super) fn new(listener: std::net::TcpListener) -> TcpListener {
        TcpListener { source: Source::new(listener) }
    }

    /// Takes over a listener of the standard library, and makes it non-blocking.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let listener = TcpListener::from_std(listener)?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_stream, peer) = listener.accept().await?;
    /// assert_eq!(client.local_addr()?, peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener::new(listener))
    }

    /// Gives the descriptor, still non-blocking, to the standard library.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let listener: std::net::TcpListener = listener.into_std()?;
    /// listener.set_nonblocking(false)?;
    /// let (_stream, peer) = listener.accept()?;   // nothing in the backlog is lost
    /// assert_eq!(client.local_addr()?, peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        self.source.into_inner()
    }

    /// Waits for a connection.
    ///
    /// What went wrong with a connection before it was accepted, as `ECONNABORTED`, concerns nobody: the next one is
    /// waited for.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// async fn serve(listener: TcpListener) -> std::io::Result<()> {
    ///     loop {
    ///         let (stream, peer) = listener.accept().await?;
    ///         epore::spawn(async move { stream.write_all(format!("hello, {peer}").as_bytes()).await });
    ///     }
    /// }
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// epore::spawn(serve(listener));
    /// for _ in 0..2 {
    ///     let stream = TcpStream::connect(addr).await?;
    ///     let mut greeting = Vec::new();
    ///     stream.read_to_end(&mut greeting).await?;
    ///     assert_eq!(greeting, format!("hello, {}", stream.local_addr()?).as_bytes());
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of accept(2), with the address of the listener added; the system's error is the source of it. When
    /// descriptors or memory have run out (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`) the error comes 100 milliseconds
    /// late, so that a loop around this call does not spin; the connection stays in the backlog.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no connection is lost.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        accept(&self.source).await.map(accepted).map_err(|error| self.cannot_accept(error))
    }

    /// The poll form of [`accept`](TcpListener::accept).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_stream, peer) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(client.local_addr()?, peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`accept`](TcpListener::accept), at once in every case.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no connection. The waker of the latest call that polls to accept stays behind, and is
    /// woken by the next event; those of earlier calls are not.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        poll_accept(&self.source, cx).map_ok(accepted).map_err(|error| self.cannot_accept(error))
    }

    #[cold]
    fn cannot_accept(&self, error: io::Error) -> io::Error {
        match self.local_addr() {
            Ok(addr) => failed(format!("cannot accept on {addr}"), error),
            Err(_) => error,
        }
    }

    /// The address that the socket is bound to.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);   // the system has chosen
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().local_addr()
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one, see socket(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert!(listener.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error(std::net::TcpListener::take_error)
    }

    /// How many routers a packet of an accepted connection may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(4)?;
    /// assert_eq!(listener.ttl()?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        TTL.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets how many routers a packet of an accepted connection may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(1)?;   // never leaves the local network
    /// let _client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (stream, _) = listener.accept().await?;
    /// assert_eq!(stream.ttl()?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is not from 1 to 255.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        TTL.set(self.as_fd(), ttl)
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl AsRawFd for TcpListener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::for_addr(addr)?;
    socket.set_reuseaddr(true)?;
    socket.bind_to(addr)?;
    socket.listen(LONGEST_BACKLOG)
}

fn accepted((socket, peer): (OwnedFd, SocketAddr)) -> (TcpStream, SocketAddr) {
    (TcpStream::new(Source::new(socket.into())), peer)
}
