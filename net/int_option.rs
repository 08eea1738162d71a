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
    /// What the system leaves unchecked.
    most: c_int,
}

/// How many routers an IPv4 packet may pass.
pub(super) const TTL: IntOption = IntOption::new(libc::IPPROTO_IP, libc::IP_TTL, "IP_TTL");

/// The type of service of IPv4 packets.
pub(super) const TOS_V4: IntOption = IntOption::byte(libc::IPPROTO_IP, libc::IP_TOS, "IP_TOS");

/// The traffic class of IPv6 packets.
pub(super) const TCLASS_V6: IntOption = IntOption::byte(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, "IPV6_TCLASS");

/// The size of the send buffer in bytes.
pub(super) const SEND_BUFFER: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_SNDBUF, "SO_SNDBUF");

/// The size of the receive buffer in bytes.
pub(super) const RECV_BUFFER: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_RCVBUF, "SO_RCVBUF");

impl IntOption {
    /// The label is what errors call it.
    pub(super) const fn new(level: c_int, name: c_int, label: &'static str) -> IntOption {
        IntOption { level, name, label, most: c_int::MAX }
    }

    /// An option that is a byte, of which the system would take a larger number without its upper bits.
    const fn byte(level: c_int, name: c_int, label: &'static str) -> IntOption {
        IntOption { level, name, label, most: u8::MAX as c_int }
    }

    pub(super) fn get(&self, socket: BorrowedFd<'_>) -> io::Result<c_int> {
        sys::int(socket, self.level, self.name).map_err(|error| failed(format!("cannot read {}", self.label), error))
    }

    pub(super) fn is_set(&self, socket: BorrowedFd<'_>) -> io::Result<bool> {
        Ok(self.get(socket)? != 0)
    }

    /// Sets the option, and says which it was and to what if that fails.
    pub(super) fn set(&self, socket: BorrowedFd<'_>, value: impl TryInto<c_int> + Copy + Display) -> io::Result<()> {
        self.set_in(socket, value, "")
    }

    /// As [`set`](IntOption::set), of something counted in that unit.
    fn set_in(
        &self,
        socket: BorrowedFd<'_>,
        value: impl TryInto<c_int> + Copy + Display,
        unit: &str,
    ) -> io::Result<()> {
        let set = match value.try_into() {
            Ok(value) if value <= self.most => sys::set_int(socket, self.level, self.name, value),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is at most {}", self.most))),
        };
        set.map_err(|error| failed(format!("cannot set {} to {value}{unit}", self.label), error))
    }

    /// Sets an option that counts seconds. A fraction counts as a whole one, since none at all means something else.
    pub(super) fn set_seconds(&self, socket: BorrowedFd<'_>, duration: Duration) -> io::Result<()> {
        self.set_in(socket, duration.as_nanos().div_ceil(1_000_000_000), " s")
    }

    pub(super) fn seconds(&self, socket: BorrowedFd<'_>) -> io::Result<Duration> {
        Ok(Duration::from_secs(self.get(socket)?.unsigned_abs().into()))
    }

    /// Sets an option that counts milliseconds, of which none stands for the system's own choice.
    pub(super) fn set_millis(&self, socket: BorrowedFd<'_>, duration: Option<Duration>) -> io::Result<()> {
        self.set_in(socket, duration.unwrap_or_default().as_nanos().div_ceil(1_000_000), " ms")
    }

    pub(super) fn millis(&self, socket: BorrowedFd<'_>) -> io::Result<Option<Duration>> {
        let millis = self.get(socket)?.unsigned_abs();
        Ok((millis != 0).then(|| Duration::from_millis(millis.into())))
    }
}
