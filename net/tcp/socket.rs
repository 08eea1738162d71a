#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use crate::net::sys;

/// Opens a socket that can be bound or connected to such an address.
pub(super) fn open(addr: SocketAddr) -> io::Result<OwnedFd> {
    sys::open(if addr.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }, libc::SOCK_STREAM)
}
