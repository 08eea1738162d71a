#![forbid(unsafe_code)]

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use libc::c_int;

use super::sys;
use crate::executor::failed;

/// How long closing waits for unsent data, in whole seconds, if it does.
pub(super) fn linger(socket: BorrowedFd<'_>) -> io::Result<Option<Duration>> {
    Ok(sys::linger(socket)?.map(|seconds| Duration::from_secs(seconds.unsigned_abs().into())))
}

/// Sets it. A fraction of a second counts as a whole one, since zero is no short time but a reset.
pub(super) fn set_linger(socket: BorrowedFd<'_>, linger: Option<Duration>) -> io::Result<()> {
    let Some(linger) = linger else {
        return sys::set_linger(socket, None).map_err(|error| failed("cannot unset SO_LINGER", error));
    };
    let seconds = linger.as_nanos().div_ceil(1_000_000_000);
    let set = match c_int::try_from(seconds) {
        Ok(seconds) => sys::set_linger(socket, Some(seconds)),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is at most {}", c_int::MAX))),
    };
    set.map_err(|error| failed(format!("cannot set SO_LINGER to {seconds} s"), error))
}
