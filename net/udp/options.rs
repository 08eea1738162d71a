#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::UdpSocket;
use crate::net::device::{bind_device, device};
use crate::net::int_option::{TCLASS_V6, TOS_V4};
use crate::net::sys;

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
        self.source.get().broadcast()
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
    /// Those of setsockopt(2).
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.source.get().set_broadcast(broadcast)
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
        self.source.get().ttl()
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
    /// Those of setsockopt(2).
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.get().set_ttl(ttl)
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
    /// Those of setsockopt(2).
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
    /// Those of setsockopt(2).
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
    /// [`Unsupported`](io::ErrorKind::Unsupported) if the kernel cannot do it, as before Linux 5.0; others of setsockopt(2).
    pub fn set_gro(&self, gro: bool) -> io::Result<()> {
        let set = sys::set_int(self.as_fd(), libc::SOL_UDP, libc::UDP_GRO, gro.into());
        set.map_err(|error| match error.raw_os_error() {
            Some(libc::ENOPROTOOPT) => {
                let message =
                    "the kernel cannot put datagrams together on this socket (UDP_GRO), as UDP has since Linux 5.0";
                io::Error::new(io::ErrorKind::Unsupported, message)
            }
            _ => error,
        })
    }
}
