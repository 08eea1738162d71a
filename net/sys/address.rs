//! Socket addresses as the kernel has them.

use std::io;
use std::mem::{offset_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::slice;

use libc::{c_int, sockaddr_storage, socklen_t};

/// Where the name begins in the address of a Unix socket.
const SUN_PATH: usize = offset_of!(libc::sockaddr_un, sun_path);

/// An address of any family: its bytes, and how many of them count.
pub(in crate::net) struct Address {
    pub(super) storage: sockaddr_storage,
    pub(super) len: socklen_t,
}

impl Address {
    /// Room for the address of any family.
    pub(super) fn room() -> Address {
        // SAFETY: all zeros is a valid value of a C structure of integers.
        let storage = unsafe { zeroed() };
        Address { storage, len: size_of::<sockaddr_storage>() as socklen_t }
    }

    /// The address of a Unix socket. The name is what stands in `sun_path`, see unix(7).
    pub(in crate::net) fn unix(name: &[u8]) -> Address {
        let mut address = Address::room();
        // SAFETY: the storage is large enough, and aligned, for the address of any family, see socket(7).
        let place = unsafe { &mut *(&raw mut address.storage).cast::<libc::sockaddr_un>() };
        place.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (place, &byte) in place.sun_path[..name.len()].iter_mut().zip(name) {
            *place = byte as libc::c_char;
        }
        address.len = (SUN_PATH + name.len()) as socklen_t;
        address
    }

    /// What stands in `sun_path` of the address of a Unix socket. A socket without a name may have no address at all.
    pub(in crate::net) fn unix_name(&self) -> io::Result<&[u8]> {
        if self.len > 0 && self.family() != libc::AF_UNIX {
            let message =
                format!("a peer with an address of family {}, which is not that of Unix sockets", self.family());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let len = size_of::<sockaddr_storage>().min(self.len as usize);
        // SAFETY: the storage is all zeros but for what the kernel has written to it, so all its bytes are initialized.
        let bytes = unsafe { slice::from_raw_parts((&raw const self.storage).cast::<u8>(), len) };
        Ok(bytes.get(SUN_PATH..).unwrap_or_default())
    }

    pub(in crate::net) fn family(&self) -> c_int {
        c_int::from(self.storage.ss_family)
    }
}

/// The address of a peer, of one kind of socket.
pub(in crate::net) trait Peer: for<'a> TryFrom<&'a Address, Error = io::Error> {}

impl<A> Peer for A where A: for<'a> TryFrom<&'a Address, Error = io::Error> {}

impl From<SocketAddr> for Address {
    fn from(addr: SocketAddr) -> Address {
        let mut address = Address::room();
        let storage = &raw mut address.storage;
        let len = match addr {
            SocketAddr::V4(addr) => {
                // SAFETY: the storage is large enough, and aligned, for the address of any family, see socket(7).
                let name = unsafe { &mut *storage.cast::<libc::sockaddr_in>() };
                name.sin_family = libc::AF_INET as libc::sa_family_t;
                name.sin_port = addr.port().to_be();
                name.sin_addr.s_addr = u32::from_ne_bytes(addr.ip().octets());
                size_of::<libc::sockaddr_in>()
            }
            SocketAddr::V6(addr) => {
                // SAFETY: the storage is large enough, and aligned, for the address of any family, see socket(7).
                let name = unsafe { &mut *storage.cast::<libc::sockaddr_in6>() };
                name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                name.sin6_port = addr.port().to_be();
                name.sin6_addr.s6_addr = addr.ip().octets();
                name.sin6_flowinfo = addr.flowinfo();
                name.sin6_scope_id = addr.scope_id();
                size_of::<libc::sockaddr_in6>()
            }
        };
        address.len = len as socklen_t;
        address
    }
}

impl TryFrom<&Address> for SocketAddr {
    type Error = io::Error;

    fn try_from(address: &Address) -> io::Result<SocketAddr> {
        let storage = &raw const address.storage;
        match address.family() {
            libc::AF_INET => {
                // SAFETY: the family says that the storage holds a `sockaddr_in`.
                let name = unsafe { &*storage.cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
                Ok(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
            }
            libc::AF_INET6 => {
                // SAFETY: the family says that the storage holds a `sockaddr_in6`.
                let name = unsafe { &*storage.cast::<libc::sockaddr_in6>() };
                let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
                let port = u16::from_be(name.sin6_port);
                Ok(SocketAddrV6::new(ip, port, name.sin6_flowinfo, name.sin6_scope_id).into())
            }
            family => {
                let message = format!("a peer with an address of family {family}, which is neither IPv4 nor IPv6");
                Err(io::Error::new(io::ErrorKind::InvalidData, message))
            }
        }
    }
}
