#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use super::{Event, Interest, Token, sys};

/// Says which descriptors a [`Poll`](super::Poll) watches.
///
/// It is `Send + Sync`: an owned clone, alone or in an [`Arc`](std::sync::Arc), registers from other threads while the
/// `Poll` is waiting.
///
/// ```
/// use epore::reactor::{Interest, Poll};
///
/// let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
/// let registry = poll.registry().try_clone()?;
/// let thread = std::thread::spawn(move || {
///     let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
///     registry.register(&listener, 5, Interest::READABLE)?;
///     std::net::TcpStream::connect(listener.local_addr()?)?;
///     Ok::<_, std::io::Error>(listener)
/// });
/// poll.poll(&mut events, None)?;
/// assert!(events[0].is_readable());
/// # thread.join().unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Registry {
    epoll: Arc<OwnedFd>,
}

impl Registry {
    pub(super) fn new(epoll: OwnedFd) -> Registry {
        Registry { epoll: Arc::new(epoll) }
    }

    /// Watches `source` for `interest`; its events carry `token`.
    ///
    /// What is ready already is reported by the next wait.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    /// use std::io::ErrorKind;
    ///
    /// let poll = Poll::new()?;
    /// let (reader, _writer) = std::io::pipe()?;
    /// poll.registry().register(&reader, 0, Interest::READABLE)?;
    /// let again = poll.registry().register(&reader, 1, Interest::READABLE);
    /// assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
    /// let file = poll.registry().register(&std::fs::File::open("Cargo.toml")?, 2, Interest::READABLE);
    /// assert_eq!(file.unwrap_err().kind(), ErrorKind::PermissionDenied);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the descriptor is registered,
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if its kind has no readiness, as a regular file; otherwise
    /// those of epoll_ctl(2).
    pub fn register(&self, source: &impl AsFd, token: impl Into<Token>, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, source.as_fd().as_raw_fd(), token.into(), interest)
    }

    /// Replaces the token and the interest of a registered descriptor, and arms a one-shot descriptor again.
    ///
    /// What is ready now is reported by the next wait, also with the edge trigger.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll, Token};
    ///
    /// let mut poll = Poll::new()?;
    /// let (stream, _peer) = std::os::unix::net::UnixStream::pair()?;
    /// poll.registry().register(&stream, 1, Interest::READABLE)?;
    /// poll.registry().reregister(&stream, 2, Interest::WRITABLE)?;
    /// let mut events = Vec::with_capacity(8);
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].token() == Token(2) && events[0].is_writable());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the descriptor is not registered; otherwise those of epoll_ctl(2).
    pub fn reregister(&self, source: &impl AsFd, token: impl Into<Token>, interest: Interest) -> io::Result<()> {
        self.reregister_number(source.as_fd().as_raw_fd(), token, interest)
    }

    /// Replaces the token and the interest of the descriptor of that number.
    pub(crate) fn reregister_number(
        &self,
        source: RawFd,
        token: impl Into<Token>,
        interest: Interest,
    ) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, source, token.into(), interest)
    }

    /// Ends the watch on `source`. Events that a wait has brought already may still carry its token.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    ///
    /// let mut poll = Poll::new()?;
    /// let (_reader, writer) = std::io::pipe()?;
    /// poll.registry().register(&writer, 0, Interest::WRITABLE)?;
    /// poll.registry().deregister(&writer)?;
    /// let mut events = Vec::with_capacity(8);
    /// poll.poll(&mut events, Some(std::time::Duration::ZERO))?;
    /// assert!(events.is_empty());
    /// assert_eq!(poll.registry().deregister(&writer).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the descriptor is not registered; otherwise those of epoll_ctl(2).
    pub fn deregister(&self, source: &impl AsFd) -> io::Result<()> {
        self.deregister_number(source.as_fd().as_raw_fd())
    }

    /// As [`deregister`](Registry::deregister), for who knows that the number still stands for what was registered.
    pub(crate) fn deregister_number(&self, source: RawFd) -> io::Result<()> {
        // Linux ignores the event of a DEL; since 2.6.9 any will do.
        sys::epoll_ctl(self.as_fd(), libc::EPOLL_CTL_DEL, source, Event::new(0, Token(0)))
    }

    /// A second handle to the same epoll instance, for another owner. The instance lives as long as any of them.
    ///
    /// ```
    /// use epore::reactor::{Interest, Poll};
    ///
    /// let mut poll = Poll::new()?;
    /// let registry = poll.registry().try_clone()?;   // is `Send`, and borrows nothing
    /// let (_reader, writer) = std::io::pipe()?;
    /// registry.register(&writer, 0, Interest::WRITABLE)?;
    /// let mut events = Vec::with_capacity(8);
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None today: the handles share one descriptor, where duplicates of it could run out.
    pub fn try_clone(&self) -> io::Result<Registry> {
        Ok(Registry { epoll: Arc::clone(&self.epoll) })
    }

    fn control(&self, operation: i32, source: RawFd, token: Token, interest: Interest) -> io::Result<()> {
        sys::epoll_ctl(self.as_fd(), operation, source, Event::new(interest.bits(), token))
    }
}

impl AsFd for Registry {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}
