//! Unix listeners that soon have no more room.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;

use crate::support::unix::std_addr;

/// A blocking listener at an abstract name, in whose backlog there is room for one connection.
pub fn short_listener(path: &str) -> io::Result<UnixListener> {
    let listener = UnixListener::bind_addr(&std_addr(path)?)?;
    // SAFETY: the call takes no pointer.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    Ok(listener)
}
