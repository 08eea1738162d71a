#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use super::{Events, Registry, sys};

/// An epoll instance, and the one place that waits on it.
///
/// Waiting takes `&mut self`, registering only the [`Registry`], so that other threads can register while one waits.
/// A `Poll` is itself a descriptor ([`AsFd`]) that becomes readable when it has events, and so can be nested in
/// another event loop.
///
/// ```
/// use epore::reactor::{Interest, Poll, Token, Waker};
///
/// let (mut outer, mut inner) = (Poll::new()?, Poll::new()?);
/// outer.registry().register(&inner, 1, Interest::READABLE)?;
/// let waker = Waker::new(inner.registry(), 2)?;
/// waker.wake()?;
/// let mut events = Vec::with_capacity(8);
/// outer.poll(&mut events, None)?;
/// assert_eq!(events[0].token(), Token(1));
/// inner.poll(&mut events, None)?;
/// assert_eq!(events[0].token(), Token(2));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Poll {
    registry: Registry,
}

impl Poll {
    /// Opens a new epoll instance, closed on exec.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    ///
    /// let (_reader, writer) = std::io::pipe()?;
    /// let mut poll = Poll::new()?;
    /// poll.registry().register(&writer, 0, Interest::WRITABLE)?;
    /// let mut events = Vec::with_capacity(8);
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_create1(2): no descriptor or no memory is left.
    pub fn new() -> io::Result<Poll> {
        Ok(Poll { registry: Registry::new(sys::epoll_create()?) })
    }

    /// Where descriptors are registered.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll, Token};
    ///
    /// let (reader, writer) = std::io::pipe()?;
    /// let mut poll = Poll::new()?;
    /// poll.registry().register(&reader, 1, Interest::READABLE)?;
    /// poll.registry().register(&writer, 2, Interest::WRITABLE)?;
    /// let mut events = Vec::with_capacity(8);
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.iter().map(|event| event.token()).collect::<Vec<_>>(), [Token(2)]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Waits until a registered descriptor has an event, or until `timeout` has passed, and puts what came into
    /// `events`, whose former content is gone.
    ///
    /// At most `events.capacity()` events are brought; the others come with the next call. No timeout waits for ever,
    /// a timeout of zero only looks. The wait never ends early: a signal restarts it with the time that is left. It is
    /// exact to the nanosecond, plus the kernel's timer slack, or rounded up to the millisecond before Linux 5.11.
    ///
    /// ```
    /// use epore::reactor::Poll;
    /// use std::time::Duration;
    ///
    /// let mut poll = Poll::new()?;
    /// let mut events = Vec::with_capacity(64);
    /// poll.poll(&mut events, Some(Duration::from_millis(1)))?;
    /// assert!(events.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if `events` has no capacity; otherwise those of epoll_wait(2).
    pub fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        // A deadline beyond what the clock can count is as good as none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut left = timeout;
        loop {
            match self.wait(events, left) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result if result.is_err() || !events.is_empty() => return result,
                _ => {}
            }
            left = match deadline.map(|deadline| deadline.checked_duration_since(Instant::now())) {
                None => None,
                Some(None | Some(Duration::ZERO)) => return Ok(()),
                Some(left) => left,
            };
        }
    }

    /// Waits once. Unlike [`poll`](Poll::poll) it hands out an interruption, and may end early on very long timeouts.
    #[inline]
    pub(crate) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        sys::epoll_wait(self.as_fd(), events, timeout)
    }
}

impl AsFd for Poll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.registry.as_fd()
    }
}

impl AsRawFd for Poll {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
