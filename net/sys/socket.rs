//! Opening sockets, and what they do before they can carry data.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::c_int;

use super::address::{Address, Peer};
use super::result::check;

/// The longest backlog: the kernel lowers it to what the system allows (net.core.somaxconn).
pub(in crate::net) const LONGEST_BACKLOG: u32 = c_int::MAX as u32;

/// Opens a socket, non-blocking and closed on exec.
pub(in crate::net) fn open(family: c_int, kind: c_int) -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointer.
    let fd = check(unsafe { libc::socket(family, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(in crate::net) fn bind(socket: BorrowedFd<'_>, address: &Address) -> io::Result<()> {
    // SAFETY: the storage is live, and its first `len` bytes are a socket address.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address.storage).cast(), address.len) })?;
    Ok(())
}

pub(in crate::net) fn listen(socket: BorrowedFd<'_>, backlog: u32) -> io::Result<()> {
    let backlog = backlog.min(LONGEST_BACKLOG) as c_int;
    // SAFETY: the call takes no pointer.
    check(unsafe { libc::listen(socket.as_raw_fd(), backlog) })?;
    Ok(())
}

/// Begins to connect. The result says whether the connection is made already.
pub(in crate::net) fn connect(socket: BorrowedFd<'_>, address: &Address) -> io::Result<bool> {
    // SAFETY: the storage is live, and its first `len` bytes are a socket address.
    let result = check(unsafe { libc::connect(socket.as_raw_fd(), (&raw const address.storage).cast(), address.len) });
    match result {
        Ok(_) => Ok(true),
        // An interrupted connect goes on in the background like one in progress, see connect(2).
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Accepts a connection, non-blocking and closed on exec. The address of its peer is made here, where its bytes are.
pub(in crate::net) fn accept<A: Peer>(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, A)> {
    let mut peer = Address::room();
    let (name, len) = ((&raw mut peer.storage).cast(), &raw mut peer.len);
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: the storage is live and `len` says how large it is.
    let fd = check(unsafe { libc::accept4(listener.as_raw_fd(), name, len, flags) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    Ok((socket, A::try_from(&peer)?))
}

/// The address that a socket is bound to.
pub(in crate::net) fn local_addr(socket: BorrowedFd<'_>) -> io::Result<Address> {
    let mut address = Address::room();
    let (name, len) = ((&raw mut address.storage).cast(), &raw mut address.len);
    // SAFETY: the storage is live and `len` says how large it is.
    check(unsafe { libc::getsockname(socket.as_raw_fd(), name, len) })?;
    Ok(address)
}

/// Makes any descriptor non-blocking, and leaves its other flags as they are.
pub(in crate::net) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the call takes no pointer.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    if flags & libc::O_NONBLOCK == 0 {
        // SAFETY: the call takes no pointer.
        check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    }
    Ok(())
}
