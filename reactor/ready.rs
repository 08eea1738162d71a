#![forbid(unsafe_code)]

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

use super::Interest;

/// What a descriptor is ready for, as far as its events have told.
///
/// It is a hint, as an event is: the operation's own answer is the truth.
///
/// ```
/// use epore::reactor::Ready;
///
/// let ready = Ready::READABLE | Ready::WRITE_CLOSED;
/// assert!(ready.is_readable() && ready.is_writable() && !ready.is_read_closed());
/// assert!((ready - Ready::READABLE - Ready::WRITE_CLOSED).is_empty());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ready(u8);

/// Each of the conditions by name.
const NAMES: [(Ready, &str); 6] = [
    (Ready::READABLE, "readable"),
    (Ready::WRITABLE, "writable"),
    (Ready::READ_CLOSED, "read_closed"),
    (Ready::WRITE_CLOSED, "write_closed"),
    (Ready::PRIORITY, "priority"),
    (Ready::ERROR, "error"),
];

impl Ready {
    /// Ready for nothing.
    pub const EMPTY: Ready = Ready(0);
    /// A read is worth trying.
    pub const READABLE: Ready = Ready(libc::EPOLLIN as u8);
    /// A write is worth trying.
    pub const WRITABLE: Ready = Ready(libc::EPOLLOUT as u8);
    /// The peer will send no more. Data sent before that may still be waiting.
    pub const READ_CLOSED: Ready = Ready(1 << 5);
    /// Nothing can be sent any more.
    pub const WRITE_CLOSED: Ready = Ready(libc::EPOLLHUP as u8);
    /// An exceptional condition, such as out-of-band data.
    pub const PRIORITY: Ready = Ready(libc::EPOLLPRI as u8);
    /// An error is pending, or was.
    pub const ERROR: Ready = Ready(libc::EPOLLERR as u8);
    /// The conditions that outlive an operation: an end is there for good.
    pub(crate) const CLOSED: Ready = Ready(Ready::READ_CLOSED.0 | Ready::WRITE_CLOSED.0);
    /// The conditions that concern whoever writes.
    pub(crate) const OF_WRITING: Ready = Ready(Ready::WRITABLE.0 | Ready::WRITE_CLOSED.0);
    /// Ready for all of it.
    pub const ALL: Ready = Ready((1 << 6) - 1);

    /// What an event says to whoever remembers it. An end, an error or an exceptional condition is a reason to try to read.
    #[inline]
    pub(super) const fn from_event(bits: u32) -> Ready {
        let ready = Ready(bits as u8 & Ready::ALL.0 & !Ready::READ_CLOSED.0);
        if bits & (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR | libc::EPOLLPRI) as u32 == 0 {
            return ready;
        }
        let closed = bits & (libc::EPOLLRDHUP | libc::EPOLLHUP) as u32 != 0;
        let broken = bits & (libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0;
        Ready(ready.0 | Ready::READABLE.0 | Ready::READ_CLOSED.when(closed).0 | Ready::WRITABLE.when(broken).0)
    }

    /// All by which what an interest asks for may come.
    ///
    /// ```
    /// use epore::reactor::{Interest, Ready};
    ///
    /// assert_eq!(Ready::from_interest(Interest::READABLE), Ready::READABLE | Ready::READ_CLOSED);
    /// ```
    pub const fn from_interest(interest: Interest) -> Ready {
        let mut bits = 0;
        if interest.is_readable() {
            bits |= Ready::READABLE.0 | Ready::READ_CLOSED.0;
        }
        if interest.is_writable() {
            bits |= Ready::WRITABLE.0 | Ready::WRITE_CLOSED.0;
        }
        if interest.is_priority() {
            bits |= Ready::PRIORITY.0;
        }
        if interest.is_error() {
            bits |= Ready::ERROR.0;
        }
        Ready(bits)
    }

    /// Whether there is nothing it is ready for.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!((Ready::READABLE - Ready::READABLE).is_empty());
    /// assert!(!Ready::ERROR.is_empty());
    /// ```
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a read is worth trying, as it also is at the end of the stream.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!(Ready::READ_CLOSED.is_readable());
    /// assert!(!Ready::WRITABLE.is_readable());
    /// ```
    pub const fn is_readable(self) -> bool {
        self.intersects(Ready(Ready::READABLE.0 | Ready::READ_CLOSED.0))
    }

    /// Whether a write is worth trying, as it also is to learn that the peer is gone.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!(Ready::WRITE_CLOSED.is_writable());
    /// assert!(!Ready::READABLE.is_writable());
    /// ```
    pub const fn is_writable(self) -> bool {
        self.intersects(Ready(Ready::WRITABLE.0 | Ready::WRITE_CLOSED.0))
    }

    /// Whether the peer will send no more.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!((Ready::READABLE | Ready::READ_CLOSED).is_read_closed());
    /// assert!(!Ready::READABLE.is_read_closed());
    /// ```
    pub const fn is_read_closed(self) -> bool {
        self.intersects(Ready::READ_CLOSED)
    }

    /// Whether nothing can be sent any more.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!((Ready::WRITABLE | Ready::WRITE_CLOSED).is_write_closed());
    /// assert!(!Ready::WRITABLE.is_write_closed());
    /// ```
    pub const fn is_write_closed(self) -> bool {
        self.intersects(Ready::WRITE_CLOSED)
    }

    /// Whether there is an exceptional condition.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!((Ready::READABLE | Ready::PRIORITY).is_priority());
    /// assert!(!Ready::READABLE.is_priority());
    /// ```
    pub const fn is_priority(self) -> bool {
        self.intersects(Ready::PRIORITY)
    }

    /// Whether an error is pending, or was.
    ///
    /// ```
    /// use epore::reactor::Ready;
    ///
    /// assert!((Ready::READABLE | Ready::ERROR).is_error());
    /// assert!(!Ready::READABLE.is_error());
    /// ```
    pub const fn is_error(self) -> bool {
        self.intersects(Ready::ERROR)
    }

    pub(crate) const fn intersects(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    /// The conditions if they hold, else nothing.
    pub(crate) const fn when(self, holds: bool) -> Ready {
        if holds { self } else { Ready::EMPTY }
    }
}

impl BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        *self = *self | other;
    }
}

impl BitAnd for Ready {
    type Output = Ready;

    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

/// What is left without the conditions of the other.
impl Sub for Ready {
    type Output = Ready;

    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for (condition, name) in NAMES {
            if self.intersects(condition) {
                set.entry(&format_args!("{name}"));
            }
        }
        set.finish()
    }
}
