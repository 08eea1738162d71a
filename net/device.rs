#![forbid(unsafe_code)]

use std::io;
use std::os::fd::BorrowedFd;

use super::sys;
use crate::executor::failed;

/// The network device that a socket is bound to, if it is to one.
pub(super) fn device(socket: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let name = sys::device(socket)?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok((!name.is_empty()).then(|| name.to_vec()))
}

/// Binds a socket to a network device, or to none.
pub(super) fn bind_device(socket: BorrowedFd<'_>, name: Option<&[u8]>) -> io::Result<()> {
    let name = name.unwrap_or_default();
    sys::set_device(socket, name)
        .map_err(|error| failed(format!("cannot bind to the device `{}`", String::from_utf8_lossy(name)), error))
}
