//! Control data of Unix sockets, of which the standard library knows nothing.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

/// Sends one byte, and with it a descriptor.
pub fn send_descriptor(socket: &UnixStream, mut byte: u8, descriptor: &impl AsRawFd) -> io::Result<()> {
    let mut buffer = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let mut control = [0u64; 8];
    // SAFETY: a message header of zeros is one with no name, no buffers and no control data.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = &raw mut buffer;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: the message points to live buffers, and the control data of one descriptor fits into its room.
    let sent = unsafe {
        message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as usize;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as usize;
        libc::CMSG_DATA(header).cast::<RawFd>().write_unaligned(descriptor.as_raw_fd());
        libc::sendmsg(socket.as_raw_fd(), &raw const message, 0)
    };
    if sent == 1 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has each message come with who has sent it.
pub fn ask_for_credentials(socket: &impl AsRawFd) -> io::Result<()> {
    let on = 1i32;
    let (value, len) = ((&raw const on).cast(), size_of::<i32>() as u32);
    // SAFETY: the value is live, and as long as the call says.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PASSCRED, value, len) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
