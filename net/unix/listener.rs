#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

use super::{SocketAddr, UnixStream};
use crate::executor::failed;
use crate::net::accept::{accept, poll_accept};
use crate::net::source::Source;
use crate::net::sys;

/// A socket that accepts Unix connections.
///
/// ```
/// # epore::block_on(async {
/// use epore::net::{UnixListener, UnixStream};
///
/// # let folder = std::env::temp_dir().join(format!("epore-doc-listener-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("example.sock");
/// let listener = UnixListener::bind(&path)?;
/// let client = epore::spawn(async move { UnixStream::connect(path).await });
/// let (stream, _) = listener.accept().await?;
/// stream.write_all(b"hello").await?;
/// assert_eq!(client.await.unwrap()?.read(&mut [0; 16]).await?, 5);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// Dropping it leaves its file where it is. The file must be removed before the path can be bound again.
#[derive(Debug)]
pub struct UnixListener {
    source: Source<net::UnixListener>,
}

impl UnixListener {
    /// Makes a socket file and listens there, or at an abstract name given with a zero byte before it. It needs no runtime.
    ///
    /// The backlog is as long as the system allows. A file that is there already is not touched.
    ///
    /// ```
    /// use epore::net::UnixListener;
    ///
    /// # let name = format!("\0epore-doc-bind-{}", std::process::id());
    /// # let path = &name;
    /// let listener = UnixListener::bind(path)?;
    /// let error = UnixListener::bind(path).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    /// # drop(listener);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`SocketAddr::from_pathname`]; those of socket(2), bind(2) and listen(2), with the path added.
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) also when the file was left by a listener that is gone.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        UnixListener::bind_addr(&SocketAddr::from_path(path.as_ref())?)
    }

    /// Listens at an address. Otherwise as [`bind`](UnixListener::bind).
    ///
    /// ```
    /// # let name = format!("epore-doc-bind-addr-{}", std::process::id());
    /// use epore::net::UnixListener;
    /// use epore::net::unix::SocketAddr;
    ///
    /// let addr = SocketAddr::from_abstract_name(name)?;
    /// let listener = UnixListener::bind_addr(&addr)?;
    /// assert_eq!(listener.local_addr()?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2), bind(2) and listen(2), with the address added.
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        let listener = listen(addr).map_err(|error| bind_error("listen on", addr, error))?;
        Ok(UnixListener { source: Source::new(listener) })
    }

    /// Takes over a listener of the standard library, and makes it non-blocking.
    ///
    /// ```
    /// # use std::os::linux::net::SocketAddrExt;
    /// # let name = format!("epore-doc-listener-from-std-{}", std::process::id());
    /// # let addr = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    /// use epore::net::UnixListener;
    ///
    /// let listener = std::os::unix::net::UnixListener::bind_addr(&addr)?;
    /// let listener = UnixListener::from_std(listener)?;
    /// assert!(listener.local_addr()?.as_abstract_name().is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(listener: net::UnixListener) -> io::Result<UnixListener> {
        listener.set_nonblocking(true)?;
        Ok(UnixListener { source: Source::new(listener) })
    }

    /// Gives the descriptor, still non-blocking, to the standard library.
    ///
    /// ```
    /// # let name = format!("\0epore-doc-listener-into-std-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::UnixListener;
    ///
    /// let listener = UnixListener::bind(path)?.into_std()?;
    /// let error = listener.accept().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<net::UnixListener> {
        self.source.into_inner()
    }

    /// Waits for a connection. The address of its peer usually has no name.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let name = format!("\0epore-doc-accept-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::{UnixListener, UnixStream};
    ///
    /// let listener = UnixListener::bind(path)?;
    /// let client = UnixStream::connect(path).await?;
    /// let (stream, peer) = listener.accept().await?;
    /// assert!(peer.is_unnamed());
    /// # drop((client, stream));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of accept(2), with the address of the listener added; the system's error is the source of it. When descriptors
    /// or memory have run out (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`) the error comes 100 milliseconds late, so that a
    /// loop around this call does not spin; the connection stays in the backlog.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no connection is lost.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        accept(&self.source).await.map(accepted).map_err(|error| self.cannot_accept(error))
    }

    /// The poll form of [`accept`](UnixListener::accept).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let name = format!("\0epore-doc-poll-accept-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::{UnixListener, UnixStream};
    ///
    /// let listener = UnixListener::bind(path)?;
    /// let client = UnixStream::connect(path).await?;
    /// let (stream, _) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(stream.local_addr()?, client.peer_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`accept`](UnixListener::accept), at once in every case.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no connection. The waker of the latest call that polls to accept stays behind, and is
    /// woken by the next event; those of earlier calls are not.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
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
    /// # use epore::net::{UnixListener, UnixStream};
    /// # let name = format!("epore-doc-listener-local-addr-{}", std::process::id());
    /// let listener = UnixListener::bind(format!("\0{name}"))?;
    /// assert_eq!(listener.local_addr()?.as_abstract_name(), Some(name.as_bytes()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().local_addr().map(Into::into)
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one, see socket(7).
    ///
    /// ```
    /// # use epore::net::{UnixListener, UnixStream};
    /// # let name = format!("\0epore-doc-listener-take-error-{}", std::process::id());
    /// # let path = &name;
    /// let listener = UnixListener::bind(path)?;
    /// assert!(listener.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error(net::UnixListener::take_error)
    }
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl AsRawFd for UnixListener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

fn listen(addr: &SocketAddr) -> io::Result<net::UnixListener> {
    let socket = sys::open(libc::AF_UNIX, libc::SOCK_STREAM)?;
    sys::bind(socket.as_fd(), &addr.into())?;
    sys::listen(socket.as_fd(), sys::LONGEST_BACKLOG)?;
    Ok(socket.into())
}

fn accepted((socket, peer): (OwnedFd, SocketAddr)) -> (UnixStream, SocketAddr) {
    (UnixStream::new(Source::new(socket.into())), peer)
}

/// Names the address that could not be bound, and what stands there if it is a path in use.
pub(super) fn bind_error(what: &str, addr: &SocketAddr, error: io::Error) -> io::Error {
    let path = addr.as_pathname().filter(|_| error.kind() == io::ErrorKind::AddrInUse);
    let hint = match path.map(|path| path.symlink_metadata().map(|file| file.file_type().is_socket())) {
        Some(Ok(true)) => " (a stale socket, if no process has it open: then remove it first)",
        Some(Ok(false)) => " (which is no socket)",
        _ => "",
    };
    failed(format!("cannot {what} {addr}{hint}"), error)
}
