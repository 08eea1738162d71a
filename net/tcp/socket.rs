#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::connect::connect_from;
use super::{TcpListener, TcpStream};
use crate::executor::failed;
use crate::net::sys;

/// A TCP socket that neither listens nor is connected yet, for options that must be set before.
///
/// ```
/// # epore::block_on(async {
/// use epore::net::TcpSocket;
///
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(1024)?;
///
/// let client = TcpSocket::new_v4()?;
/// client.set_send_buffer_size(64 * 1024)?;
/// client.bind("127.0.0.2:0".parse().unwrap())?;
/// let stream = client.connect(listener.local_addr()?).await?;
/// assert_eq!(stream.local_addr()?.ip().to_string(), "127.0.0.2");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// It is non-blocking and closed on exec. Methods that take it over close it when they fail.
#[derive(Debug)]
pub struct TcpSocket {
    socket: OwnedFd,
}

impl TcpSocket {
    /// Opens a socket for IPv4.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(socket.local_addr()?.is_ipv4());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2).
    pub fn new_v4() -> io::Result<TcpSocket> {
        TcpSocket::open(libc::AF_INET).map_err(|error| failed("cannot open a TCP socket for IPv4", error))
    }

    /// Opens a socket for IPv6.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v6()?;
    /// assert!(socket.local_addr()?.is_ipv6());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2).
    pub fn new_v6() -> io::Result<TcpSocket> {
        TcpSocket::open(libc::AF_INET6).map_err(|error| failed("cannot open a TCP socket for IPv6", error))
    }

    /// Opens a socket that can be bound or connected to such an address. The error is the system's: the caller says what for.
    pub(super) fn for_addr(addr: SocketAddr) -> io::Result<TcpSocket> {
        TcpSocket::open(if addr.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 })
    }

    fn open(family: i32) -> io::Result<TcpSocket> {
        Ok(TcpSocket { socket: sys::open(family, libc::SOCK_STREAM)? })
    }

    /// Takes over a socket that others have made, as if it were neither connected nor listening, and makes it non-blocking.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let inherited = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let addr = inherited.local_addr()?;
    /// let socket = TcpSocket::from_fd(inherited.into())?;
    /// assert_eq!(socket.listen(1024)?.local_addr()?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of fcntl(2).
    pub fn from_fd(socket: OwnedFd) -> io::Result<TcpSocket> {
        sys::set_nonblocking(socket.as_fd())?;
        Ok(TcpSocket { socket })
    }

    /// Gives the socket the address that it listens on or connects from. Port 0 lets the system choose.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of bind(2), with the address added.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.bind_to(addr).map_err(|error| failed(format!("cannot bind to {addr}"), error))
    }

    /// As [`bind`](TcpSocket::bind), for callers who say themselves what went wrong.
    pub(super) fn bind_to(&self, addr: SocketAddr) -> io::Result<()> {
        sys::bind(self.as_fd(), &addr.into())
    }

    /// Connects to `addr`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::{TcpListener, TcpSocket};
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_nodelay(true)?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of connect(2), with the address added.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time, and closes the socket.
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        connect_from(self.socket, addr).await
    }

    /// Listens on the address that it is bound to. `backlog` is how many connections may wait to be accepted; the kernel
    /// allows at most net.core.somaxconn, see listen(2). A socket that was not bound listens on all addresses of the machine,
    /// on a port that the system chooses, see ip(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// let listener = socket.listen(1024)?;
    /// assert!(listener.local_addr()?.ip().is_loopback());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of listen(2), as [`AddrInUse`](io::ErrorKind::AddrInUse) if another socket listens there.
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        sys::listen(self.as_fd(), backlog)?;
        Ok(TcpListener::new(self.socket.into()))
    }

    /// The address that the socket is bound to. Before, it is unspecified, and the port is 0.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert_eq!(socket.local_addr()?.to_string(), "0.0.0.0:0");
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        (&sys::local_addr(self.as_fd())?).try_into()
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// The socket, still non-blocking.
impl From<TcpSocket> for OwnedFd {
    fn from(socket: TcpSocket) -> OwnedFd {
        socket.socket
    }
}
