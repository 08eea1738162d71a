#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::UdpSocket;
use crate::executor::failed;
use crate::net::device::{bind_device, device};
use crate::net::int_option::{IntOption, RECV_BUFFER, SEND_BUFFER, TCLASS_V6, TOS_V4, TTL};
use crate::net::sys;

const BROADCAST: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_BROADCAST, "SO_BROADCAST");

/// Options.
impl UdpSocket {
    /// Whether datagrams may be sent to a broadcast address (`SO_BROADCAST`), see socket(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(!socket.broadcast()?);
    /// let error = socket.send_to(b"hello, all", "127.255.255.255:9").await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn broadcast(&self) -> io::Result<bool> {
        BROADCAST.is_set(self.as_fd())
    }

    /// Lets datagrams be sent to a broadcast address, or not (`SO_BROADCAST`), see socket(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_broadcast(true)?;
    /// assert!(socket.broadcast()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        BROADCAST.set(self.as_fd(), i32::from(broadcast))
    }

    /// How many routers a datagram may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_ttl(1)?;   // never leaves the local network
    /// assert_eq!(socket.ttl()?, 1);
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

    /// Sets how many routers a datagram may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_ttl(4)?;
    /// assert_eq!(socket.ttl()?, 4);
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

    /// The size of the send buffer in bytes (`SO_SNDBUF`): what the kernel uses, twice of what was asked for.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_send_buffer_size(10_000)?;
    /// assert_eq!(socket.send_buffer_size()?, 20_000);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        SEND_BUFFER.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Asks for a send buffer of so many bytes (`SO_SNDBUF`). The kernel doubles it, and has limits (net.core.wmem_max), see socket(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_send_buffer_size(64 * 1024)?;
    /// assert_eq!(socket.send_buffer_size()?, 2 * 64 * 1024);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added. More than the kernel's limit is no
    /// error: the size says what it is then.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        SEND_BUFFER.set(self.as_fd(), size)
    }

    /// The size of the receive buffer in bytes (`SO_RCVBUF`): what the kernel uses, twice of what was asked for.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_recv_buffer_size(10_000)?;
    /// assert_eq!(socket.recv_buffer_size()?, 20_000);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        RECV_BUFFER.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Asks for a receive buffer of so many bytes (`SO_RCVBUF`). The kernel doubles it, and has limits (net.core.rmem_max), see socket(7).
    ///
    /// A datagram that finds no room in it is lost: a burst must fit, with what the kernel needs itself for each datagram.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_recv_buffer_size(64 * 1024)?;
    /// assert_eq!(socket.recv_buffer_size()?, 2 * 64 * 1024);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added. More than the kernel's limit is no
    /// error: the size says what it is then.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        RECV_BUFFER.set(self.as_fd(), size)
    }

    /// The type of service of IPv4 datagrams (`IP_TOS`), see ip(7): the byte of DSCP and ECN.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_tos_v4((46 << 2) | 0b10)?;   // with ECT(0), see RFC 3168
    /// assert_eq!(socket.tos_v4()? & 0b11, 0b10);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn tos_v4(&self) -> io::Result<u32> {
        TOS_V4.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets the type of service of IPv4 datagrams (`IP_TOS`), see ip(7): the byte of DSCP and ECN.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_tos_v4(46 << 2)?;   // expedited forwarding, see RFC 3246
    /// assert_eq!(socket.tos_v4()?, 46 << 2);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is more than a byte.
    pub fn set_tos_v4(&self, tos: u32) -> io::Result<()> {
        TOS_V4.set(self.as_fd(), tos)
    }

    /// The traffic class of IPv6 datagrams (`IPV6_TCLASS`), see RFC 3542, section 6.5: the byte of DSCP and ECN.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.set_tclass_v6((46 << 2) | 0b10)?;   // with ECT(0), see RFC 3168
    /// assert_eq!(socket.tclass_v6()? & 0b11, 0b10);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn tclass_v6(&self) -> io::Result<u32> {
        TCLASS_V6.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets the traffic class of IPv6 datagrams (`IPV6_TCLASS`), see RFC 3542, section 6.5: the byte of DSCP and ECN.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.set_tclass_v6(46 << 2)?;
    /// assert_eq!(socket.tclass_v6()?, 46 << 2);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is more than a byte.
    pub fn set_tclass_v6(&self, class: u32) -> io::Result<()> {
        TCLASS_V6.set(self.as_fd(), class)
    }

    /// The network device that the socket is bound to (`SO_BINDTODEVICE`), if it is to one.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(socket.device()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
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
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.bind_device(Some(b"lo"))?;
    /// assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    /// let error = socket.bind_device(Some(b"no-such-device")).unwrap_err();
    /// assert!(error.to_string().starts_with("cannot bind to the device `no-such-device`: "));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the name added, as `ENODEV` if there is no such device.
    pub fn bind_device(&self, name: Option<&[u8]>) -> io::Result<()> {
        bind_device(self.as_fd(), name)
    }

    /// Whether datagrams are put together as they are received (`UDP_GRO`), see udp(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(!socket.gro()?);   // one by one, by default
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn gro(&self) -> io::Result<bool> {
        Ok(sys::int(self.as_fd(), libc::SOL_UDP, libc::UDP_GRO)? != 0)
    }

    /// Lets the kernel put datagrams of one sender and one size together as they are received, or not ("generic receive
    /// offload", `UDP_GRO`), see udp(7). They pass through the system once instead of once for each.
    ///
    /// Then receive by [`recv_batch`](UdpSocket::recv_batch) alone, which says where one datagram ends, into slots of
    /// 65,535 bytes. All other methods give what was put together as if it were one datagram.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// match socket.set_gro(true) {
    ///     Ok(()) => assert!(socket.gro()?),
    ///     Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::Unsupported),
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) if the kernel cannot do it, as before Linux 5.0; others of setsockopt(2),
    /// with the option and the value added.
    pub fn set_gro(&self, gro: bool) -> io::Result<()> {
        let set = sys::set_int(self.as_fd(), libc::SOL_UDP, libc::UDP_GRO, gro.into());
        set.map_err(|error| match error.raw_os_error() {
            Some(libc::ENOPROTOOPT) => {
                let message =
                    "the kernel cannot put datagrams together on this socket (UDP_GRO), as UDP has since Linux 5.0";
                io::Error::new(io::ErrorKind::Unsupported, message)
            }
            _ => failed(format!("cannot set UDP_GRO to {}", i32::from(gro)), error),
        })
    }
}
