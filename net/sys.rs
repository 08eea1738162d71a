//! The system calls on sockets that the standard library does not offer, each behind a safe signature.

use std::io::{self, IoSlice};
use std::mem::{MaybeUninit, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use libc::{c_int, c_void, sockaddr_storage, socklen_t};

/// The longest backlog: the kernel lowers it to what the system allows (net.core.somaxconn).
const BACKLOG: c_int = c_int::MAX;

/// The most buffers that one system call takes, see readv(2). More are an error, so callers cut their lists.
pub(super) const MAX_BUFFERS: usize = libc::UIO_MAXIOV as usize;

/// Begins to connect to `addr`. The flag says whether the connection is made already.
pub(super) fn connect(addr: &SocketAddr) -> io::Result<(TcpStream, bool)> {
    let socket = stream_socket(addr)?;
    let (name, len) = to_storage(addr);
    // SAFETY: `name` is live and its first `len` bytes are a socket address.
    let result = check(unsafe { libc::connect(socket.as_raw_fd(), (&raw const name).cast(), len) });
    let connected = match result {
        Ok(_) => true,
        // An interrupted connect goes on in the background like one in progress, see connect(2).
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => false,
        Err(error) => return Err(error),
    };
    Ok((TcpStream::from(socket), connected))
}

/// Opens a socket that listens on `addr`, which may still be in use by connections of a former listener.
pub(super) fn listen(addr: &SocketAddr) -> io::Result<TcpListener> {
    let socket = stream_socket(addr)?;
    set_option(socket.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, &1 as &c_int)?;
    let (name, len) = to_storage(addr);
    // SAFETY: `name` is live and its first `len` bytes are a socket address.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const name).cast(), len) })?;
    // SAFETY: the call takes no pointer.
    check(unsafe { libc::listen(socket.as_raw_fd(), BACKLOG) })?;
    Ok(TcpListener::from(socket))
}

/// Accepts a connection, non-blocking and closed on exec.
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let mut name = MaybeUninit::<sockaddr_storage>::zeroed();
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: `name` is live and `len` says how large it is.
    let fd = check(unsafe { libc::accept4(listener.as_raw_fd(), name.as_mut_ptr().cast(), &raw mut len, flags) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: all of `name` was zeroed, which makes a valid value of a C structure of integers.
    let name = unsafe { name.assume_init() };
    Ok((TcpStream::from(socket), from_storage(&name)?))
}

/// Reads what is there into `buffer`, which needs not be initialized: the result says how many bytes now are.
pub(super) fn recv(socket: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
    // SAFETY: `buffer` is live memory of the length given, and the kernel only writes to it.
    check_size(unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) })
}

/// Reads what is there into the spare capacity of `buffer`, and appends it.
pub(super) fn recv_into(socket: BorrowedFd<'_>, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let count = recv(socket, buffer.spare_capacity_mut())?;
    // SAFETY: the kernel has initialized the first `count` bytes of the spare capacity.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(count)
}

/// Writes from several buffers. Unlike writev(2) it never raises SIGPIPE.
pub(super) fn send_vectored(socket: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    // SAFETY: a message header of zeros is one with no name, no buffers and no control data.
    let mut message: libc::msghdr = unsafe { zeroed() };
    // `IoSlice` is documented to be compatible with `iovec`. The kernel only reads through this pointer.
    message.msg_iov = buffers.as_ptr().cast::<libc::iovec>().cast_mut();
    message.msg_iovlen = buffers.len();
    // SAFETY: the message points to live buffers, as many as it says.
    check_size(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) })
}

pub(super) fn set_linger(socket: BorrowedFd<'_>, linger: Option<Duration>) -> io::Result<()> {
    // Rounded up, since zero is no short time but a reset.
    let seconds = linger.unwrap_or_default().as_nanos().div_ceil(1_000_000_000);
    let value =
        libc::linger { l_onoff: linger.is_some().into(), l_linger: c_int::try_from(seconds).unwrap_or(c_int::MAX) };
    set_option(socket, libc::SOL_SOCKET, libc::SO_LINGER, &value)
}

pub(super) fn linger(socket: BorrowedFd<'_>) -> io::Result<Option<Duration>> {
    let mut value = libc::linger { l_onoff: 0, l_linger: 0 };
    let mut len = size_of::<libc::linger>() as socklen_t;
    // SAFETY: `value` is live and `len` says how large it is; any bytes are valid for it.
    check(unsafe {
        let place = (&raw mut value).cast::<c_void>();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, place, &raw mut len)
    })?;
    Ok((value.l_onoff != 0).then(|| Duration::from_secs(value.l_linger as u64)))
}

fn set_option<T: Copy>(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: `value` is live and as large as said; the kernel only reads it.
    check(unsafe {
        let place = (&raw const *value).cast::<c_void>();
        libc::setsockopt(socket.as_raw_fd(), level, name, place, size_of::<T>() as socklen_t)
    })?;
    Ok(())
}

fn stream_socket(addr: &SocketAddr) -> io::Result<OwnedFd> {
    let family = if addr.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: the call takes no pointer.
    let fd = check(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn to_storage(addr: &SocketAddr) -> (sockaddr_storage, socklen_t) {
    // SAFETY: all zeros is a valid value of a C structure of integers.
    let mut storage: sockaddr_storage = unsafe { zeroed() };
    let len = match addr {
        SocketAddr::V4(addr) => {
            // SAFETY: the storage is large enough, and aligned, for the address of any family, see socket(7).
            let name = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = addr.port().to_be();
            name.sin_addr.s_addr = u32::from_ne_bytes(addr.ip().octets());
            size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(addr) => {
            // SAFETY: the storage is large enough, and aligned, for the address of any family, see socket(7).
            let name = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in6>() };
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = addr.port().to_be();
            name.sin6_addr.s6_addr = addr.ip().octets();
            name.sin6_flowinfo = addr.flowinfo();
            name.sin6_scope_id = addr.scope_id();
            size_of::<libc::sockaddr_in6>()
        }
    };
    (storage, len as socklen_t)
}

fn from_storage(storage: &sockaddr_storage) -> io::Result<SocketAddr> {
    match c_int::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the storage holds a `sockaddr_in`.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
            Ok(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the storage holds a `sockaddr_in6`.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
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

/// Turns the C convention of -1 and errno into a `Result`.
fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn check_size(result: isize) -> io::Result<usize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as usize) }
}
