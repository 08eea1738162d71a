#![forbid(unsafe_code)]

use std::ops::{BitOr, BitOrAssign};

use super::Ready;

/// What a registration asks to be told of, and how often.
///
/// Directions are joined with `|`. The trigger is edge, unless [`level`](Interest::level) or
/// [`one_shot`](Interest::one_shot) says otherwise. Errors and hang-ups are always reported, as epoll_ctl(2) has it.
///
/// ```
/// use epore::reactor::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable() && !both.is_priority());
/// assert!(both.level().is_level());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interest(u32);

impl Interest {
    /// Data to read, a connection to accept, or the peer's end of stream.
    pub const READABLE: Interest = Interest((libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLET) as u32);
    /// Room to write, or a connection made.
    pub const WRITABLE: Interest = Interest((libc::EPOLLOUT | libc::EPOLLET) as u32);
    /// Exceptional conditions, such as out-of-band data on a TCP socket.
    pub const PRIORITY: Interest = Interest((libc::EPOLLPRI | libc::EPOLLET) as u32);
    /// Errors alone, such as what waits in the error queue of a socket. They are reported with every other interest too.
    pub const ERROR: Interest = Interest((libc::EPOLLERR | libc::EPOLLET) as u32);

    /// The same interest, reported for as long as it holds.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    /// # use std::{io::Write, time::Duration};
    ///
    /// let (reader, mut writer) = std::io::pipe()?;
    /// writer.write_all(b"hello")?;
    /// let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// poll.registry().register(&reader, 0, Interest::READABLE.level())?;
    /// for _ in 0..2 {
    ///     // The second time as well, since nobody has read.
    ///     poll.poll(&mut events, Some(Duration::ZERO))?;
    ///     assert_eq!(events.len(), 1);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub const fn level(self) -> Interest {
        Interest(self.0 & !(libc::EPOLLET as u32))
    }

    /// The same interest, reported once and then not again until the descriptor is
    /// [reregistered](crate::reactor::Registry::reregister).
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    /// # use std::{io::Write, time::Duration};
    ///
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// poll.registry().register(&reader, 0, Interest::READABLE.one_shot())?;
    /// writer.write_all(b"hello")?;
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.len(), 1);
    ///
    /// writer.write_all(b"world")?;
    /// poll.poll(&mut events, Some(Duration::ZERO))?;
    /// assert!(events.is_empty());
    /// poll.registry().reregister(&reader, 0, Interest::READABLE.one_shot())?;
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub const fn one_shot(self) -> Interest {
        Interest(self.0 | libc::EPOLLONESHOT as u32)
    }

    /// Whether readable events are asked for.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::WRITABLE).is_readable());
    /// assert!(!Interest::PRIORITY.is_readable());
    /// ```
    pub const fn is_readable(self) -> bool {
        self.0 & libc::EPOLLIN as u32 != 0
    }

    /// Whether writable events are asked for.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::WRITABLE).is_writable());
    /// assert!(!Interest::PRIORITY.is_writable());
    /// ```
    pub const fn is_writable(self) -> bool {
        self.0 & libc::EPOLLOUT as u32 != 0
    }

    /// Whether priority events are asked for.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::PRIORITY).is_priority());
    /// assert!(!Interest::READABLE.is_priority());
    /// ```
    pub const fn is_priority(self) -> bool {
        self.0 & libc::EPOLLPRI as u32 != 0
    }

    /// Whether errors are asked for by name.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::ERROR).is_error());
    /// assert!(!Interest::READABLE.is_error());
    /// ```
    pub const fn is_error(self) -> bool {
        self.0 & libc::EPOLLERR as u32 != 0
    }

    /// Whether events are reported for as long as they hold.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!(Interest::READABLE.level().is_level());
    /// assert!(!Interest::READABLE.is_level());
    /// ```
    pub const fn is_level(self) -> bool {
        self.0 & libc::EPOLLET as u32 == 0
    }

    /// Whether one event ends the interest.
    ///
    /// ```
    /// use epore::reactor::Interest;
    ///
    /// assert!(Interest::READABLE.one_shot().is_one_shot());
    /// assert!(!Interest::READABLE.is_one_shot());
    /// ```
    pub const fn is_one_shot(self) -> bool {
        self.0 & libc::EPOLLONESHOT as u32 != 0
    }

    /// Both, as [`BitOr`] joins them.
    pub(crate) const fn and(self, other: Interest) -> Interest {
        let edge = self.0 & other.0 & libc::EPOLLET as u32;
        Interest(self.level().0 | other.level().0 | edge)
    }

    /// The same directions, with the trigger that those who remember events must have.
    pub(crate) const fn edge(self) -> Interest {
        Interest((self.0 | libc::EPOLLET as u32) & !(libc::EPOLLONESHOT as u32))
    }

    /// What brings all of the conditions, if there are any.
    pub(crate) fn in_all_of(ready: Ready) -> Option<Interest> {
        let parts = [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY, Interest::ERROR].into_iter();
        parts.filter(|&part| ready.intersects(Ready::from_interest(part))).reduce(BitOr::bitor)
    }

    /// Whether all that `other` asks for is asked for here.
    pub(crate) const fn includes(self, other: Interest) -> bool {
        other.edge().0 & !self.edge().0 == 0
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }
}

/// Joins the directions. The result is level-triggered if either side is, one-shot if either side is.
impl BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        self.and(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = *self | other;
    }
}
