#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use libc::c_int;

use super::TcpSocket;
use super::options::NODELAY;
use crate::net::device::{bind_device, device};
use crate::net::int_option::{IntOption, RECV_BUFFER, SEND_BUFFER, TCLASS_V6, TOS_V4};
use crate::net::linger::{linger, set_linger};
use crate::net::sys;

const REUSEADDR: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_REUSEADDR, "SO_REUSEADDR");
const REUSEPORT: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_REUSEPORT, "SO_REUSEPORT");
const ONLY_V6: IntOption = IntOption::new(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, "IPV6_V6ONLY");

/// Options.
impl TcpSocket {
    /// Whether an address may be bound that connections of a former listener still use (`SO_REUSEADDR`), see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.reuseaddr()?);   // `TcpListener::bind` sets it
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn reuseaddr(&self) -> io::Result<bool> {
        REUSEADDR.is_set(self.as_fd())
    }

    /// Allows binding an address that connections of a former listener still use (`SO_REUSEADDR`), see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_reuseaddr(true)?;
    /// assert!(socket.reuseaddr()?);
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_reuseaddr(&self, reuseaddr: bool) -> io::Result<()> {
        REUSEADDR.set(self.as_fd(), i32::from(reuseaddr))
    }

    /// Whether several sockets may share an address (`SO_REUSEPORT`), see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.reuseport()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn reuseport(&self) -> io::Result<bool> {
        REUSEPORT.is_set(self.as_fd())
    }

    /// Lets several sockets, all with this option, share an address (`SO_REUSEPORT`), see socket(7). The kernel deals
    /// the connections out among those that listen, as to one runtime per core.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let sockets = [TcpSocket::new_v4()?, TcpSocket::new_v4()?];
    /// sockets[0].set_reuseport(true)?;
    /// sockets[1].set_reuseport(true)?;
    /// sockets[0].bind("127.0.0.1:0".parse().unwrap())?;
    /// sockets[1].bind(sockets[0].local_addr()?)?;
    /// let listeners = sockets.map(|socket| socket.listen(1024).unwrap());
    /// assert_eq!(listeners[0].local_addr()?, listeners[1].local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_reuseport(&self, reuseport: bool) -> io::Result<()> {
        REUSEPORT.set(self.as_fd(), i32::from(reuseport))
    }

    /// The size of the send buffer in bytes (`SO_SNDBUF`): what the kernel uses, twice of what was asked for.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// let size = socket.send_buffer_size()?;
    /// socket.set_send_buffer_size(size)?;
    /// assert_eq!(socket.send_buffer_size()?, 2 * size);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        SEND_BUFFER.get(self.as_fd()).map(c_int::unsigned_abs)
    }

    /// Asks for a send buffer of so many bytes (`SO_SNDBUF`). The kernel doubles it, and has limits, see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_send_buffer_size(64 * 1024)?;
    /// assert_eq!(socket.send_buffer_size()?, 2 * 64 * 1024);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        SEND_BUFFER.set(self.as_fd(), size)
    }

    /// The size of the receive buffer in bytes (`SO_RCVBUF`): what the kernel uses, twice of what was asked for.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_recv_buffer_size(10_000)?;
    /// assert_eq!(socket.recv_buffer_size()?, 20_000);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        RECV_BUFFER.get(self.as_fd()).map(c_int::unsigned_abs)
    }

    /// Asks for a receive buffer of so many bytes (`SO_RCVBUF`). The kernel doubles it, and has limits, see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_recv_buffer_size(64 * 1024)?;
    /// assert_eq!(socket.recv_buffer_size()?, 2 * 64 * 1024);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        RECV_BUFFER.set(self.as_fd(), size)
    }

    /// The type of service of IPv4 packets (`IP_TOS`), see ip(7): the byte of DSCP and ECN.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_tos_v4((46 << 2) | 1)?;
    /// assert_eq!(socket.tos_v4()?, 46 << 2);   // without the bits of ECN
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn tos_v4(&self) -> io::Result<u32> {
        TOS_V4.get(self.as_fd()).map(c_int::unsigned_abs)
    }

    /// Sets the type of service of IPv4 packets (`IP_TOS`), see ip(7): the byte of DSCP and ECN. TCP keeps the two bits of
    /// ECN, the lowest, to itself.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_tos_v4(46 << 2)?;   // expedited forwarding, see RFC 3246
    /// assert_eq!(socket.tos_v4()?, 46 << 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is more than a byte.
    pub fn set_tos_v4(&self, tos: u32) -> io::Result<()> {
        TOS_V4.set(self.as_fd(), tos)
    }

    /// The traffic class of IPv6 packets (`IPV6_TCLASS`), see RFC 3542, section 6.5: the byte of DSCP and ECN.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v6()?;
    /// socket.set_tclass_v6((46 << 2) | 1)?;
    /// assert_eq!(socket.tclass_v6()?, 46 << 2);   // without the bits of ECN
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn tclass_v6(&self) -> io::Result<u32> {
        TCLASS_V6.get(self.as_fd()).map(c_int::unsigned_abs)
    }

    /// Sets the traffic class of IPv6 packets (`IPV6_TCLASS`), see RFC 3542, section 6.5: the byte of DSCP and ECN. TCP keeps
    /// the two bits of ECN, the lowest, to itself.
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v6()?;
    /// socket.set_tclass_v6(46 << 2)?;
    /// assert_eq!(socket.tclass_v6()?, 46 << 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as [`InvalidInput`](io::ErrorKind::InvalidInput) if it is
    /// more than 255.
    pub fn set_tclass_v6(&self, tclass: u32) -> io::Result<()> {
        TCLASS_V6.set(self.as_fd(), tclass)
    }

    /// Whether an IPv6 socket keeps to IPv6 (`IPV6_V6ONLY`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v6()?;
    /// socket.set_only_v6(true)?;
    /// assert!(socket.only_v6()?);
    /// assert!(TcpSocket::new_v4()?.only_v6().is_err());   // it is an option of IPv6
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn only_v6(&self) -> io::Result<bool> {
        ONLY_V6.is_set(self.as_fd())
    }

    /// Keeps an IPv6 socket to IPv6, or lets it take IPv4 connections too (`IPV6_V6ONLY`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v6()?;
    /// socket.set_only_v6(false)?;
    /// assert!(!socket.only_v6()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as [`InvalidInput`](io::ErrorKind::InvalidInput) if the
    /// socket is bound already.
    pub fn set_only_v6(&self, only_v6: bool) -> io::Result<()> {
        ONLY_V6.set(self.as_fd(), i32::from(only_v6))
    }

    /// The network device that the socket is bound to (`SO_BINDTODEVICE`), if it is to one, see
    /// socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(socket.device()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        device(self.as_fd())
    }

    /// Binds the socket to a network device by its name, as `b"eth0"` (`SO_BINDTODEVICE`), or to none, see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind_device(Some(b"lo"))?;
    /// assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the name added, as `ENODEV` if there is no such device.
    pub fn bind_device(&self, device: Option<&[u8]>) -> io::Result<()> {
        bind_device(self.as_fd(), device)
    }

    /// Takes the pending error of the socket (`SO_ERROR`), if there is one, see socket(7).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(socket.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        let errno = sys::int(self.as_fd(), libc::SOL_SOCKET, libc::SO_ERROR)?;
        Ok((errno != 0).then(|| io::Error::from_raw_os_error(errno)))
    }
}

/// Options that a [`TcpStream`](super::TcpStream) has too.
impl TcpSocket {
    /// Whether small writes are sent at once (`TCP_NODELAY`). Otherwise as
    /// [`TcpStream::nodelay`](super::TcpStream::nodelay).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.nodelay()?);   // by default they are gathered
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        NODELAY.is_set(self.as_fd())
    }

    /// Has small writes sent at once, or lets the system gather them (`TCP_NODELAY`). Otherwise as
    /// [`TcpStream::set_nodelay`](super::TcpStream::set_nodelay).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_nodelay(true)?;
    /// assert!(socket.nodelay()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        NODELAY.set(self.as_fd(), i32::from(nodelay))
    }

    /// How long closing waits for unsent data, in whole seconds (`SO_LINGER`). Otherwise as
    /// [`TcpStream::linger`](super::TcpStream::linger).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert_eq!(socket.linger()?, None);   // the system goes on sending by itself
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        linger(self.as_fd())
    }

    /// Sets how long closing waits for unsent data, in whole seconds, rounded up (`SO_LINGER`). Otherwise as
    /// [`TcpStream::set_linger`](super::TcpStream::set_linger).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// # use std::time::Duration;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_linger(Some(Duration::ZERO))?;
    /// assert_eq!(socket.linger()?, Some(Duration::ZERO));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for more than 2,147,483,647 seconds.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        set_linger(self.as_fd(), linger)
    }
}
