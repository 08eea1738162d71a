use std::io;
use std::net::TcpListener;
use std::os::fd::AsRawFd;

/// How many connections may wait to be accepted: as many as Linux allows by default. With fewer, thousands that come at once
/// would be told to try again in a second.
const BACKLOG: i32 = 4096;

/// Lets more connections wait than the standard library does.
pub fn lengthen_backlog(listener: &TcpListener) {
    // SAFETY: no pointer is passed.
    let result = unsafe { libc::listen(listener.as_raw_fd(), BACKLOG) };
    assert_eq!(result, 0, "listen: {}", io::Error::last_os_error());
}
