#![forbid(unsafe_code)]

use std::io;

use libc::c_int;

/// Turns the C convention of -1 and errno into a `Result`.
#[inline]
pub(super) fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// [`check`] for calls that return a number of bytes.
#[inline]
pub(super) fn check_size(result: isize) -> io::Result<usize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as usize) }
}
