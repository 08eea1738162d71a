#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use crate::executor::failed;
use crate::net::lookup::ToSocketAddrs;
use crate::net::resolve::resolve;
use crate::net::source::Source;

/// A socket that sends and receives datagrams, see udp(7).
///
/// ```
/// # epore::block_on(async {
/// use epore::net::UdpSocket;
///
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.send_to(b"hello", server.local_addr()?).await?;
///
/// let mut buffer = [0; 1500];
/// let (count, from) = server.recv_from(&mut buffer).await?;
/// assert_eq!((&buffer[..count], from), (&b"hello"[..], client.local_addr()?));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// All methods take `&self`. Several tasks may receive at once, and each datagram goes to one of them. Every method that
/// waits panics outside of a runtime, and gives an error in a runtime other than the one that the socket has waited in
/// before.
///
/// # Datagrams
///
/// A datagram is sent and received as a whole. It may be empty, so 0 is the size of a datagram, and no end. The rest of
/// one that is longer than the buffer is thrown away without a word, see `MSG_TRUNC` in recv(2); only
/// [batches](UdpSocket::recv_batch) tell. None is longer than 65,507 bytes over IPv4 and 65,527 over IPv6.
///
/// # Errors of datagrams sent before
///
/// A connected socket learns that nobody receives at its peer's address, and the next call that sends or receives gives
/// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), once. Such a call has sent or received nothing, and the socket
/// goes on as before. Waiting until the socket is [readable](UdpSocket::readable) leaves the error in place;
/// [`take_error`](UdpSocket::take_error) takes it. A socket that is not connected is told nothing.
#[derive(Debug)]
pub struct UdpSocket {
    pub(super) source: Source<std::net::UdpSocket>,
}

impl UdpSocket {
    /// Binds a socket to the first of the addresses that can be bound. Port 0 lets the system choose.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host), socket(2) and bind(2), with the address added.
    ///
    /// # Panics
    ///
    /// When a name has to be looked up outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<UdpSocket> {
        first_success(resolve(&addr).await?, "bind to", |addr| UdpSocket::from_std(std::net::UdpSocket::bind(addr)?))
    }

    /// Takes over a socket of the standard library, and makes it non-blocking.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = epore::net::UdpSocket::from_std(socket)?;
    /// socket.send_to(b"hello", socket.local_addr()?).await?;
    /// assert_eq!(socket.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of ioctl(2) with `FIONBIO`.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        socket.set_nonblocking(true)?;
        Ok(UdpSocket { source: Source::new(socket) })
    }

    /// Gives the descriptor, still non-blocking, to the standard library. Nothing that was received is lost.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// peer.send(b"hello").await?;
    /// let socket: std::net::UdpSocket = socket.into_std()?;
    /// socket.set_nonblocking(false)?;
    /// assert_eq!(socket.recv(&mut [0; 1500])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        self.source.into_inner()
    }

    /// Connects the socket to the first of the addresses that it can reach: from now on it sends to that address, and
    /// receives from it alone. Nothing is sent for this, see connect(2).
    ///
    /// A datagram of another sender that was received before stays, and is still to be taken. Connecting again changes the
    /// peer.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UdpSocket;
    ///
    /// let (one, other) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    /// one.connect(other.local_addr()?).await?;
    /// other.connect(one.local_addr()?).await?;
    /// one.send(b"hello").await?;
    /// assert_eq!(other.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host) and connect(2), with the address added.
    ///
    /// # Panics
    ///
    /// When a name has to be looked up outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; the socket is not connected then.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> io::Result<()> {
        first_success(resolve(&addr).await?, "connect to", |addr| self.source.get().connect(addr))
    }

    /// The address that the socket is bound to.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);   // the system has chosen
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

    /// The address that the socket is connected to.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// let error = socket.peer_addr().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
    /// socket.connect(peer.local_addr()?).await?;
    /// assert_eq!(socket.peer_addr()?, peer.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if it is not, and others of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get().peer_addr()
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one: the next call will not give it any more.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// drop(peer);
    /// socket.send(b"hello").await?;   // is refused
    /// socket.readable().await?;
    /// assert_eq!(socket.take_error()?.unwrap().kind(), std::io::ErrorKind::ConnectionRefused);
    /// assert_eq!(socket.send(b"hello again").await?, 11);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error(std::net::UdpSocket::take_error)
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get().as_fd()
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// What `f` gives for the first address that it does not fail for, or the last error, with the address added.
fn first_success<T>(
    addrs: impl IntoIterator<Item = SocketAddr>,
    what: &str,
    f: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = None;
    for addr in addrs {
        match f(addr) {
            Ok(value) => return Ok(value),
            Err(error) => last = Some(failed(format!("cannot {what} {addr}"), error)),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("no address to {what} was given"))))
}
