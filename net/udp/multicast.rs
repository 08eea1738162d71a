#![forbid(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;

use super::UdpSocket;
use crate::executor::failed;
use crate::net::int_option::IntOption;
use crate::net::sys;

/// The interface by which IPv6 multicast datagrams are sent.
const LOOP_V4: IntOption = IntOption::new(libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP");
const LOOP_V6: IntOption = IntOption::new(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP");
const TTL_V4: IntOption = IntOption::new(libc::IPPROTO_IP, libc::IP_MULTICAST_TTL, "IP_MULTICAST_TTL");
const INTERFACE_V6: IntOption = IntOption::new(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, "IPV6_MULTICAST_IF");

/// Multicast.
impl UdpSocket {
    /// Joins a group on the interface that has the address `interface`, or on the one that the system chooses if it is
    /// unspecified (`IP_ADD_MEMBERSHIP`), see ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::net::Ipv4Addr;
    /// use epore::net::UdpSocket;
    ///
    /// let (group, interface) = (Ipv4Addr::new(239, 1, 2, 3), Ipv4Addr::LOCALHOST);
    /// let member = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    /// member.join_multicast_v4(group, interface)?;
    ///
    /// let sender = UdpSocket::bind((interface, 0)).await?;
    /// sender.set_multicast_if_v4(interface)?;
    /// sender.send_to(b"hello, all", (group, member.local_addr()?.port())).await?;
    /// assert_eq!(member.recv(&mut [0; 1500]).await?, 10);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the group and the interface added, as `ENODEV` if no interface has that address.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        let joined = self.source.get().join_multicast_v4(&group, &interface);
        joined.map_err(|error| failed(format!("cannot join {group} at {interface}"), error))
    }

    /// Leaves a group that was joined with the same arguments (`IP_DROP_MEMBERSHIP`), see ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::net::Ipv4Addr;
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let (group, interface) = (Ipv4Addr::new(239, 1, 2, 3), Ipv4Addr::LOCALHOST);
    /// socket.join_multicast_v4(group, interface)?;
    /// socket.leave_multicast_v4(group, interface)?;
    /// assert!(socket.leave_multicast_v4(group, interface).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the group and the interface added, as
    /// [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable) if it was not joined.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        let left = self.source.get().leave_multicast_v4(&group, &interface);
        left.map_err(|error| failed(format!("cannot leave {group} at {interface}"), error))
    }

    /// Joins a group on the interface of that index, see if_nametoindex(3), or on the one that the system chooses if it is 0
    /// (`IPV6_ADD_MEMBERSHIP`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// # let loopback = std::fs::read_to_string("/sys/class/net/lo/ifindex")?.trim().parse().unwrap();
    /// # let group = "ff01::4243".parse().unwrap();
    /// socket.join_multicast_v6(&group, loopback)?;
    /// let error = socket.join_multicast_v6(&group, loopback).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);   // it is a member already
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the group and the interface added, as `ENODEV` if there is no such interface, and
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) if the socket is a member already.
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        let joined = self.source.get().join_multicast_v6(group, interface);
        joined.map_err(|error| failed(format!("cannot join {group} at interface {interface}"), error))
    }

    /// Leaves a group that was joined with the same arguments, of which the second is the index of the interface
    /// (`IPV6_DROP_MEMBERSHIP`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// # let loopback = std::fs::read_to_string("/sys/class/net/lo/ifindex")?.trim().parse().unwrap();
    /// # let group = "ff01::4243".parse().unwrap();
    /// socket.join_multicast_v6(&group, loopback)?;
    /// socket.leave_multicast_v6(&group, loopback)?;
    /// let error = socket.leave_multicast_v6(&group, loopback).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AddrNotAvailable);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the group and the interface added, as
    /// [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable) if it was not joined.
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        let left = self.source.get().leave_multicast_v6(group, interface);
        left.map_err(|error| failed(format!("cannot leave {group} at interface {interface}"), error))
    }

    /// Whether what is sent to a group over IPv4 also comes to members on this machine (`IP_MULTICAST_LOOP`), see ip(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(socket.multicast_loop_v4()?);   // by default
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        LOOP_V4.is_set(self.as_fd())
    }

    /// Lets what is sent to a group over IPv4 come to members on this machine too, or not (`IP_MULTICAST_LOOP`), see ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_loop_v4(false)?;
    /// assert!(!socket.multicast_loop_v4()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        LOOP_V4.set(self.as_fd(), i32::from(on))
    }

    /// Whether what is sent to a group over IPv6 also comes to members on this machine (`IPV6_MULTICAST_LOOP`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// assert!(socket.multicast_loop_v6()?);   // by default
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        LOOP_V6.is_set(self.as_fd())
    }

    /// Lets what is sent to a group over IPv6 come to members on this machine too, or not (`IPV6_MULTICAST_LOOP`), see
    /// ipv6(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.set_multicast_loop_v6(false)?;
    /// assert!(!socket.multicast_loop_v6()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        LOOP_V6.set(self.as_fd(), i32::from(on))
    }

    /// How many routers a datagram to a group over IPv4 may pass, in hops (`IP_MULTICAST_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.multicast_ttl_v4()?, 1);   // by default it never leaves the local network
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        TTL_V4.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets how many routers a datagram to a group over IPv4 may pass, in hops, 1 by default (`IP_MULTICAST_TTL`), see
    /// ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_ttl_v4(4)?;
    /// assert_eq!(socket.multicast_ttl_v4()?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is more than 255.
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        TTL_V4.set(self.as_fd(), ttl)
    }

    /// The address of the interface by which datagrams to groups leave over IPv4; unspecified if the system chooses
    /// (`IP_MULTICAST_IF`), see ip(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(socket.multicast_if_v4()?.is_unspecified());   // the system chooses, by default
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn multicast_if_v4(&self) -> io::Result<Ipv4Addr> {
        sys::ipv4(self.as_fd(), libc::IPPROTO_IP, libc::IP_MULTICAST_IF)
    }

    /// Sets by which interface datagrams to groups leave over IPv4, by its address; if that is unspecified the system
    /// chooses (`IP_MULTICAST_IF`), see ip(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::net::Ipv4Addr;
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_if_v4(Ipv4Addr::LOCALHOST)?;
    /// assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::LOCALHOST);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable) if no interface has that address.
    pub fn set_multicast_if_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        let set = sys::set_ipv4(self.as_fd(), libc::IPPROTO_IP, libc::IP_MULTICAST_IF, interface);
        set.map_err(|error| failed(format!("cannot set IP_MULTICAST_IF to {interface}"), error))
    }

    /// The index of the interface by which datagrams to groups leave over IPv6; 0 if the system chooses
    /// (`IPV6_MULTICAST_IF`), see ipv6(7).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// assert_eq!(socket.multicast_if_v6()?, 0);   // the system chooses, by default
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn multicast_if_v6(&self) -> io::Result<u32> {
        INTERFACE_V6.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets by which interface datagrams to groups leave over IPv6, by its index; if that is 0 the system chooses
    /// (`IPV6_MULTICAST_IF`), see ipv6(7).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UdpSocket;
    /// # let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.set_multicast_if_v6(0)?;
    /// assert_eq!(socket.multicast_if_v6()?, 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as `ENODEV` if there is no such interface.
    pub fn set_multicast_if_v6(&self, interface: u32) -> io::Result<()> {
        INTERFACE_V6.set(self.as_fd(), interface)
    }
}
