#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Write};

use super::{Interest, Registry, Token, sys};

/// What a write adds to the counter of an eventfd.
const ONE: [u8; 8] = 1u64.to_ne_bytes();

/// Wakes a blocked [`Poll`](super::Poll) from any thread.
///
/// Each [`wake`](Waker::wake) makes the poll report the waker's token as readable; wakes that come before the poll
/// looks are one event. The waker must live until then: dropping it takes back a wake that was not reported yet.
///
/// ```
/// use epore::reactor::{Poll, Token, Waker};
///
/// let mut poll = Poll::new()?;
/// let waker = Waker::new(poll.registry(), 9)?;
/// let mut events = Vec::with_capacity(8);
/// std::thread::scope(|scope| {
///     scope.spawn(|| waker.wake());
///     poll.poll(&mut events, None)
/// })?;
/// assert_eq!(events[0].token(), Token(9));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Waker {
    eventfd: File,
}

impl Waker {
    /// Opens an eventfd(2) and registers it under `token`. Dropping the waker ends the registration.
    ///
    /// ```
    /// use epore::reactor::{Poll, Waker};
    /// use std::time::Duration;
    ///
    /// let mut poll = Poll::new()?;
    /// let mut events = Vec::with_capacity(8);
    /// let waker = Waker::new(poll.registry(), 9)?;
    /// waker.wake()?;
    /// drop(waker);
    /// poll.poll(&mut events, Some(Duration::ZERO))?;
    /// assert!(events.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of eventfd(2) and epoll_ctl(2): no descriptor or no memory is left.
    pub fn new(registry: &Registry, token: impl Into<Token>) -> io::Result<Waker> {
        let eventfd = File::from(sys::eventfd()?);
        registry.register(&eventfd, token, Interest::READABLE)?;
        Ok(Waker { eventfd })
    }

    /// Wakes the poll, now or when it waits next.
    ///
    /// ```
    /// use epore::reactor::{Poll, Waker};
    ///
    /// let mut poll = Poll::new()?;
    /// let mut events = Vec::with_capacity(8);
    /// let waker = Waker::new(poll.registry(), 9)?;
    /// waker.wake()?;
    /// waker.wake()?;
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.len(), 1);
    /// assert!(events[0].is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of write(2) to an eventfd. None is known to happen in practice.
    pub fn wake(&self) -> io::Result<()> {
        // The counter is never read, as each write is an edge of its own, until it is full.
        match (&self.eventfd).write_all(&ONE) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let _emptied_by_another = (&self.eventfd).read(&mut [0; 8]);
                (&self.eventfd).write_all(&ONE)
            }
            result => result,
        }
    }
}
