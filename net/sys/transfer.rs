//! Reading and writing.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::c_int;

use super::address::{Address, Peer};
use super::result::{check, check_size};

/// The most buffers that one system call takes, see readv(2). More are an error, so callers cut their lists.
pub(in crate::net) const MAX_BUFFERS: usize = libc::UIO_MAXIOV as usize;

/// Reads what is there into `buffer`.
#[inline]
pub(in crate::net) fn recv(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `buffer` is live memory of the length given, and the kernel only writes to it.
    check_size(unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) })
}

/// Reads what is there without taking it.
pub(in crate::net) fn peek(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `buffer` is live memory of the length given, and the kernel only writes to it.
    check_size(unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), libc::MSG_PEEK) })
}

/// What a stream has given.
pub(in crate::net) struct Received {
    pub(in crate::net) count: usize,
    /// Control data came with it, behind which the system ends a read though more may be there, see unix(7).
    pub(in crate::net) stopped: bool,
}

impl From<usize> for Received {
    fn from(count: usize) -> Received {
        Received { count, stopped: false }
    }
}

/// Reads what is there from a stream, of a kind that `has_control` data or not.
#[inline]
pub(in crate::net) fn recv_stream(
    socket: BorrowedFd<'_>,
    has_control: bool,
    buffer: &mut [u8],
) -> io::Result<Received> {
    // SAFETY: `buffer` is live memory of the length given.
    unsafe { recv_raw(socket, has_control, buffer.as_mut_ptr(), buffer.len()) }
}

/// Like [`recv_stream`], into memory that need not be initialized: the result says how many bytes now are.
pub(in crate::net) fn recv_uninit(
    socket: BorrowedFd<'_>,
    has_control: bool,
    buffer: &mut [MaybeUninit<u8>],
) -> io::Result<Received> {
    // SAFETY: `buffer` is live memory of the length given.
    unsafe { recv_raw(socket, has_control, buffer.as_mut_ptr().cast(), buffer.len()) }
}

/// Like [`recv_stream`], into the spare capacity of `buffer`, to which it is appended.
pub(in crate::net) fn recv_into(
    socket: BorrowedFd<'_>,
    has_control: bool,
    buffer: &mut Vec<u8>,
) -> io::Result<Received> {
    let received = recv_uninit(socket, has_control, buffer.spare_capacity_mut())?;
    // SAFETY: the kernel has initialized the first bytes of the spare capacity, as many as it says.
    unsafe { buffer.set_len(buffer.len() + received.count) };
    Ok(received)
}

/// Like [`recv_stream`], into several buffers.
pub(in crate::net) fn recv_vectored(socket: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> io::Result<Received> {
    // SAFETY: `IoSliceMut` is documented to be compatible with `iovec`, and `buffers` are live and as many.
    unsafe { recv_message(socket, buffers.as_mut_ptr().cast(), buffers.len()) }
}

/// # Safety
///
/// There is memory of that length at `place`, to be written to.
#[inline]
unsafe fn recv_raw(socket: BorrowedFd<'_>, has_control: bool, place: *mut u8, room: usize) -> io::Result<Received> {
    if has_control {
        let mut buffer = libc::iovec { iov_base: place.cast(), iov_len: room };
        // SAFETY: as the caller has promised.
        return unsafe { recv_message(socket, &raw mut buffer, 1) };
    }
    // SAFETY: as the caller has promised, and the kernel only writes to it.
    check_size(unsafe { libc::recv(socket.as_raw_fd(), place.cast(), room, 0) }).map(Received::from)
}

/// Receives without room for control data: it is cut off, what it holds is closed, and the system says that there was some.
///
/// # Safety
///
/// There are `count` buffers at `buffers`, to be written to.
unsafe fn recv_message(socket: BorrowedFd<'_>, buffers: *mut libc::iovec, count: usize) -> io::Result<Received> {
    // SAFETY: a message header of zeros is one with no name, no buffers and no control data.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = buffers;
    message.msg_iovlen = count;
    // SAFETY: the message points to as many buffers as it says, and the kernel only writes to them.
    let count = check_size(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) })?;
    Ok(Received { count, stopped: message.msg_flags & libc::MSG_CTRUNC != 0 })
}

/// Writes from `buffer`. Unlike write(2) it never raises SIGPIPE.
#[inline]
pub(in crate::net) fn send(socket: BorrowedFd<'_>, buffer: &[u8]) -> io::Result<usize> {
    // SAFETY: `buffer` is live memory of the length given, and the kernel only reads it.
    check_size(unsafe { libc::send(socket.as_raw_fd(), buffer.as_ptr().cast(), buffer.len(), libc::MSG_NOSIGNAL) })
}

/// Writes from several buffers. Unlike writev(2) it never raises SIGPIPE.
pub(in crate::net) fn send_vectored(socket: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    // SAFETY: a message header of zeros is one with no name, no buffers and no control data.
    let mut message: libc::msghdr = unsafe { zeroed() };
    // `IoSlice` is documented to be compatible with `iovec`. The kernel only reads through this pointer.
    message.msg_iov = buffers.as_ptr().cast::<libc::iovec>().cast_mut();
    message.msg_iovlen = buffers.len();
    // SAFETY: the message points to live buffers, as many as it says.
    check_size(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) })
}

/// Reads a message, and who has sent it.
pub(in crate::net) fn recv_from<A: Peer>(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, A)> {
    recv_from_with(socket, buffer, 0)
}

/// Reads a message, and who has sent it, without taking it.
pub(in crate::net) fn peek_from<A: Peer>(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, A)> {
    recv_from_with(socket, buffer, libc::MSG_PEEK)
}

fn recv_from_with<A: Peer>(socket: BorrowedFd<'_>, buffer: &mut [u8], flags: c_int) -> io::Result<(usize, A)> {
    let mut sender = Address::room();
    let (name, len) = ((&raw mut sender.storage).cast(), &raw mut sender.len);
    let (place, room) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: `buffer` is live memory of the length given, as is the storage, and the kernel only writes to both.
    let count = check_size(unsafe { libc::recvfrom(socket.as_raw_fd(), place, room, flags, name, len) })?;
    Ok((count, A::try_from(&sender)?))
}

/// Sends a message to an address. It never raises SIGPIPE.
pub(in crate::net) fn send_to(socket: BorrowedFd<'_>, buffer: &[u8], address: &Address) -> io::Result<usize> {
    let (name, len) = ((&raw const address.storage).cast(), address.len);
    let (place, room) = (buffer.as_ptr().cast(), buffer.len());
    // SAFETY: `buffer` is live memory of the length given, as is the storage, and the kernel only reads both.
    check_size(unsafe { libc::sendto(socket.as_raw_fd(), place, room, libc::MSG_NOSIGNAL, name, len) })
}

/// How much memory, in bytes, what was sent takes up until it is received (`SIOCOUTQ`).
pub(in crate::net) fn unreceived(socket: BorrowedFd<'_>) -> io::Result<c_int> {
    let mut bytes: c_int = 0;
    // SAFETY: the call writes one integer to where the pointer points.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) })?;
    Ok(bytes)
}
