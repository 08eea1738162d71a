#![forbid(unsafe_code)]

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net;
use std::path::Path;

use super::room::Waiting;
use crate::executor::failed;
use crate::net::source::Source;
use crate::net::sys;
use crate::net::unix::SocketAddr;
use crate::net::unix::connect::pair_error;
use crate::net::unix::listener::bind_error;

/// A Unix socket that carries messages, in order and each as a whole.
///
/// A message that meets a full queue waits until its receiver has made room: none is lost on the way. What is lost is the
/// rest of a message that is longer than the buffer it is received into; what nobody has received when the socket is
/// closed; and what a connected socket has not received when it connects to another. See unix(7).
///
/// ```
/// # epore::block_on(async {
/// use epore::net::UnixDatagram;
///
/// # let folder = std::env::temp_dir().join(format!("epore-doc-datagram-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("example.sock");
/// let receiver = UnixDatagram::bind(&path)?;
/// let sender = UnixDatagram::unbound()?;
/// sender.send_to(b"hello", &path).await?;
///
/// let mut buffer = [0; 1024];
/// let (count, from) = receiver.recv_from(&mut buffer).await?;
/// assert_eq!(&buffer[..count], b"hello");
/// assert!(from.is_unnamed());
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// All methods take `&self`, and any number of tasks may receive and send at once. Those that wait panic outside of a
/// runtime, and give an error in a runtime other than the one that the socket has waited in before.
///
/// In the methods `poll_…` the waker of the latest call in each direction counts, so one task at a time may use them; the
/// other methods may be used beside them by any number.
///
/// Dropping it leaves its file where it is. The file must be removed before the path can be bound again.
#[derive(Debug)]
pub struct UnixDatagram {
    pub(super) source: Source<net::UnixDatagram>,
    /// Of the latest [`poll_send_to_addr`](UnixDatagram::poll_send_to_addr), while it waits for its receiver.
    pub(super) waiting: Waiting,
}

impl UnixDatagram {
    fn new(socket: net::UnixDatagram) -> UnixDatagram {
        UnixDatagram { source: Source::new(socket), waiting: Waiting::default() }
    }

    /// Makes a socket file and receives there, or at an abstract name given with a zero byte before it. It needs no runtime.
    ///
    /// ```
    /// # let name = format!("\0epore-doc-datagram-bind-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::UnixDatagram;
    ///
    /// let receiver = UnixDatagram::bind(path)?;
    /// let error = UnixDatagram::bind(path).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    /// # drop(receiver);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`SocketAddr::from_pathname`]; those of socket(2) and bind(2), with the path added.
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) also when the file was left by a socket that is gone.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        UnixDatagram::bind_addr(&SocketAddr::from_path(path.as_ref())?)
    }

    /// Receives at an address. Otherwise as [`bind`](UnixDatagram::bind).
    ///
    /// ```
    /// # let name = format!("epore-doc-datagram-bind-addr-{}", std::process::id());
    /// use epore::net::UnixDatagram;
    /// use epore::net::unix::SocketAddr;
    ///
    /// let addr = SocketAddr::from_abstract_name(name)?;
    /// let receiver = UnixDatagram::bind_addr(&addr)?;
    /// assert_eq!(receiver.local_addr()?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2) and bind(2), with the address added.
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixDatagram> {
        let bound = open().and_then(|socket| {
            sys::bind(socket.as_fd(), &addr.into())?;
            Ok(UnixDatagram::new(socket.into()))
        });
        bound.map_err(|error| bind_error("bind to", addr, error))
    }

    /// A socket without a name, to send from. Nobody can answer it.
    ///
    /// ```
    /// use epore::net::UnixDatagram;
    ///
    /// let sender = UnixDatagram::unbound()?;
    /// assert!(sender.local_addr()?.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2).
    pub fn unbound() -> io::Result<UnixDatagram> {
        let socket = open().map_err(|error| failed("cannot open a Unix socket", error))?;
        Ok(UnixDatagram::new(socket.into()))
    }

    /// Two sockets without names that are connected to each other.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixDatagram;
    ///
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// assert_eq!(other.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socketpair(2).
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (one, other) = net::UnixDatagram::pair().map_err(pair_error)?;
        Ok((UnixDatagram::from_std(one)?, UnixDatagram::from_std(other)?))
    }

    /// Takes over a socket of the standard library, and makes it non-blocking.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixDatagram;
    ///
    /// let (one, other) = std::os::unix::net::UnixDatagram::pair()?;
    /// let one = UnixDatagram::from_std(one)?;
    /// other.send(b"hello")?;
    /// assert_eq!(one.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(socket: net::UnixDatagram) -> io::Result<UnixDatagram> {
        socket.set_nonblocking(true)?;
        Ok(UnixDatagram::new(socket))
    }

    /// Gives the descriptor, still non-blocking, to the standard library. Nothing that was received is lost.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixDatagram;
    ///
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"hello").await?;
    /// let other = other.into_std()?;
    /// assert_eq!(other.recv(&mut [0; 1024])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<net::UnixDatagram> {
        self.source.into_inner()
    }

    /// Sets to whom [`send`](UnixDatagram::send) sends, and from whom alone messages are received. It never waits.
    ///
    /// A socket that was connected to another peer throws away all that it has not received. If that peer is connected
    /// to it in turn, its next operation gives [`ConnectionReset`](io::ErrorKind::ConnectionReset), unless there was
    /// nothing.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let name = format!("\0epore-doc-datagram-connect-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::UnixDatagram;
    ///
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect(path)?;
    /// client.send(b"hello").await?;
    /// assert_eq!(server.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`SocketAddr::from_pathname`]; those of connect(2), with the path added, as
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody receives there.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.connect_addr(&SocketAddr::from_path(path.as_ref())?)
    }

    /// Sets the peer by its address. Otherwise as [`connect`](UnixDatagram::connect).
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # epore::block_on(async {
    /// # let name = format!("\0epore-doc-datagram-connect-addr-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect_addr(&server.local_addr()?)?;
    /// client.send(b"hello").await?;
    /// assert_eq!(server.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of connect(2), with the address added.
    pub fn connect_addr(&self, addr: &SocketAddr) -> io::Result<()> {
        match sys::connect(self.as_fd(), &addr.into()) {
            Ok(_at_once) => Ok(()),
            Err(error) => Err(addr.failed("connect to", error)),
        }
    }

    /// The address that the socket is bound to.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("epore-doc-datagram-local-addr-{}", std::process::id());
    /// let server = UnixDatagram::bind(format!("\0{name}"))?;
    /// assert_eq!(server.local_addr()?.as_abstract_name(), Some(name.as_bytes()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().local_addr().map(Into::into)
    }

    /// The address that the socket is connected to.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-datagram-peer-addr-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// assert_eq!(client.peer_addr().unwrap_err().kind(), std::io::ErrorKind::NotConnected);
    /// client.connect(path)?;
    /// assert_eq!(client.peer_addr()?, server.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if it is not, and others of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().peer_addr().map(Into::into)
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one, see socket(7).
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # epore::block_on(async {
    /// # let (one, other) = UnixDatagram::pair()?;
    /// # let name = format!("\0epore-doc-datagram-take-error-{}", std::process::id());
    /// # let path = &name;
    /// # let elsewhere = UnixDatagram::bind(path)?;
    /// other.send(b"hello").await?;
    /// one.connect(path)?;   // throws away what it has not received
    /// assert_eq!(other.take_error()?.unwrap().kind(), std::io::ErrorKind::ConnectionReset);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error(net::UnixDatagram::take_error)
    }

    /// Ends sending, receiving, or both, of a socket that is connected.
    ///
    /// Messages are no stream, and have no end that could be received: receiving goes on waiting, as the system has it.
    /// Sending is an error from then on, also for whoever sends to a socket that no longer receives.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::io::ErrorKind;
    /// use std::net::Shutdown;
    /// use epore::net::UnixDatagram;
    ///
    /// let (one, other) = UnixDatagram::pair()?;
    /// other.shutdown(Shutdown::Read)?;
    /// assert_eq!(one.send(b"hello").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of shutdown(2).
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.get().shutdown(how)
    }
}

impl AsFd for UnixDatagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl AsRawFd for UnixDatagram {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

fn open() -> io::Result<OwnedFd> {
    sys::open(libc::AF_UNIX, libc::SOCK_DGRAM)
}
