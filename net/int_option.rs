#![forbid(unsafe_code)]

use std::fmt::Display;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use libc::c_int;

use super::sys;
use crate::executor::failed;

/// A socket option that is a number.
pub(super) struct IntOption {
    level: c_int,
    name: c_int,
    label: &'static str,
}

/// The type of service of IPv4 packets.
pub(super) const TOS_V4: IntOption = IntOption::new(libc::IPPROTO_IP, libc::IP_TOS, "IP_TOS");

/// The traffic class of IPv6 packets.
pub(super) const TCLASS_V6: IntOption = IntOption::new(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, "IPV6_TCLASS");

impl IntOption {
    /// The label is what errors call it.
    pub(super) const fn new(level: c_int, name: c_int, label: &'static str) -> IntOption {
        IntOption { level, name, label }
    }

    pub(super) fn get(&self, socket: BorrowedFd<'_>) -> io::Result<c_int> {
        sys::int(socket, self.level, self.name).map_err(|error| failed(format!("cannot read {}", self.label), error))
    }

    pub(super) fn is_set(&self, socket: BorrowedFd<'_>) -> io::Result<bool> {
        Ok(self.get(socket)? != 0)
    }

    /// Sets the option, and says which it was and to what if that fails.
    pub(super) fn set(&self, socket: BorrowedFd<'_>, value: impl TryInto<c_int> + Copy + Display) -> io::Result<()> {
        let set = match value.try_into() {
            Ok(value) => sys::set_int(socket, self.level, self.name, value),
            Err(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        };
        set.map_err(|error| failed(format!("cannot set {} to {value}", self.label), error))
    }

    /// Sets an option that counts seconds. A fraction counts as a whole one, since none at all means something else.
    pub(super) fn set_seconds(&self, socket: BorrowedFd<'_>, duration: Duration) -> io::Result<()> {
        self.set(socket, duration.as_nanos().div_ceil(1_000_000_000))
    }

    pub(super) fn seconds(&self, socket: BorrowedFd<'_>) -> io::Result<Duration> {
        Ok(Duration::from_secs(self.get(socket)?.unsigned_abs().into()))
    }

    /// Sets an option that counts milliseconds, of which none stands for the system's own choice.
    pub(super) fn set_millis(&self, socket: BorrowedFd<'_>, duration: Option<Duration>) -> io::Result<()> {
        self.set(socket, duration.unwrap_or_default().as_nanos().div_ceil(1_000_000))
    }

    pub(super) fn millis(&self, socket: BorrowedFd<'_>) -> io::Result<Option<Duration>> {
        let millis = self.get(socket)?.unsigned_abs();
        Ok((millis != 0).then(|| Duration::from_millis(millis.into())))
    }
}
