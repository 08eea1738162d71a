//! Socket options.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, c_void, socklen_t};

use super::result::check;

/// Sets how many seconds closing waits for unsent data, if it does.
pub(in crate::net) fn set_linger(socket: BorrowedFd<'_>, seconds: Option<c_int>) -> io::Result<()> {
    let value = libc::linger { l_onoff: seconds.is_some().into(), l_linger: seconds.unwrap_or_default() };
    set(socket, libc::SOL_SOCKET, libc::SO_LINGER, &value)
}

/// How many seconds closing waits for unsent data, if it does.
pub(in crate::net) fn linger(socket: BorrowedFd<'_>) -> io::Result<Option<c_int>> {
    let value = get(socket, libc::SOL_SOCKET, libc::SO_LINGER, libc::linger { l_onoff: 0, l_linger: 0 })?;
    Ok((value.l_onoff != 0).then_some(value.l_linger))
}

/// Sets an option that is a number.
pub(in crate::net) fn set_int(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    set(socket, level, name, &value)
}

/// Reads an option that is a number.
pub(in crate::net) fn int(socket: BorrowedFd<'_>, level: c_int, name: c_int) -> io::Result<c_int> {
    get(socket, level, name, 0)
}

/// Binds a socket to a network device by its name; an empty name ends that.
pub(in crate::net) fn set_device(socket: BorrowedFd<'_>, device: &[u8]) -> io::Result<()> {
    // SAFETY: `device` is live and as long as said; the kernel only reads it.
    check(unsafe {
        let place = device.as_ptr().cast::<c_void>();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, place, device.len() as socklen_t)
    })?;
    Ok(())
}

/// The name of the network device that a socket is bound to, filled up with zeros.
pub(in crate::net) fn device(socket: BorrowedFd<'_>) -> io::Result<[u8; libc::IFNAMSIZ]> {
    get(socket, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, [0; libc::IFNAMSIZ])
}

/// Who is at the other end of a Unix socket.
pub(in crate::net) fn peer_credentials(socket: BorrowedFd<'_>) -> io::Result<libc::ucred> {
    get(socket, libc::SOL_SOCKET, libc::SO_PEERCRED, libc::ucred { pid: 0, uid: 0, gid: 0 })
}

/// Sets an option that is an IPv4 address.
pub(in crate::net) fn set_ipv4(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: Ipv4Addr) -> io::Result<()> {
    set(socket, level, name, &libc::in_addr { s_addr: u32::from_ne_bytes(value.octets()) })
}

/// An option that is an IPv4 address.
pub(in crate::net) fn ipv4(socket: BorrowedFd<'_>, level: c_int, name: c_int) -> io::Result<Ipv4Addr> {
    let value = get(socket, level, name, libc::in_addr { s_addr: 0 })?;
    Ok(Ipv4Addr::from(value.s_addr.to_ne_bytes()))
}

/// The values of socket options: C structures of integers, of which any bytes are valid.
trait Plain: Copy {}

impl Plain for c_int {}
impl<const N: usize> Plain for [u8; N] {}
impl Plain for libc::in_addr {}
impl Plain for libc::linger {}
impl Plain for libc::ucred {}

fn set<T: Plain>(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: `value` is live and as large as said; the kernel only reads it.
    check(unsafe {
        let place = (&raw const *value).cast::<c_void>();
        libc::setsockopt(socket.as_raw_fd(), level, name, place, size_of::<T>() as socklen_t)
    })?;
    Ok(())
}

fn get<T: Plain>(socket: BorrowedFd<'_>, level: c_int, name: c_int, mut value: T) -> io::Result<T> {
    let mut len = size_of::<T>() as socklen_t;
    // SAFETY: `value` is live and `len` says how large it is; any bytes are valid for it.
    check(unsafe {
        let place = (&raw mut value).cast::<c_void>();
        libc::getsockopt(socket.as_raw_fd(), level, name, place, &raw mut len)
    })?;
    Ok(value)
}
