#![forbid(unsafe_code)]

use std::fmt;

use super::Token;

/// The buffer that [`Poll::poll`](super::Poll::poll) fills; its capacity bounds how many events one call brings.
pub type Events = Vec<Event>;

/// What became of one registered descriptor.
///
/// Several conditions may come in one event. A hang-up or an error makes a descriptor both readable and writable:
/// whoever waits, in either direction, learns of it from the operation it tries next.
///
/// ```
/// use epore::reactor::{Interest, Poll, Token};
/// use std::io::Write;
///
/// let (reader, mut writer) = std::io::pipe()?;
/// let mut poll = Poll::new()?;
/// poll.registry().register(&reader, 7, Interest::READABLE)?;
/// writer.write_all(b"hello")?;
/// let mut events = Vec::with_capacity(64);
/// poll.poll(&mut events, None)?;
/// assert_eq!(events[0].token(), Token(7));
/// assert!(events[0].is_readable() && !events[0].is_read_closed());
/// # Ok::<(), std::io::Error>(())
/// ```
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Event(libc::epoll_event);

impl Event {
    pub(super) fn new(bits: u32, token: Token) -> Event {
        Event(libc::epoll_event { events: bits, u64: token.0 as u64 })
    }

    /// The token that the descriptor was registered under.
    pub fn token(&self) -> Token {
        Token(self.0.u64 as usize)
    }

    /// A read is worth trying: data, a connection, an end of stream, a hang-up or an error.
    /// `EPOLLIN`, `EPOLLHUP` or `EPOLLERR` of epoll_ctl(2).
    pub fn is_readable(&self) -> bool {
        self.has(libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR)
    }

    /// A write is worth trying: there is room, or a hang-up or an error to learn of. `EPOLLOUT`, `EPOLLHUP` or
    /// `EPOLLERR` of epoll_ctl(2).
    pub fn is_writable(&self) -> bool {
        self.has(libc::EPOLLOUT | libc::EPOLLHUP | libc::EPOLLERR)
    }

    /// The peer will send no more. Data sent before that may still be waiting. `EPOLLRDHUP` or `EPOLLHUP` of
    /// epoll_ctl(2).
    pub fn is_read_closed(&self) -> bool {
        self.has(libc::EPOLLRDHUP | libc::EPOLLHUP)
    }

    /// Both directions of the connection are closed, so nothing can be sent. `EPOLLHUP` of epoll_ctl(2).
    ///
    /// The write end of a pipe whose reader is gone reports [`is_error`](Event::is_error) instead, see epoll_ctl(2).
    pub fn is_write_closed(&self) -> bool {
        self.has(libc::EPOLLHUP)
    }

    /// An error is pending. `EPOLLERR` of epoll_ctl(2).
    pub fn is_error(&self) -> bool {
        self.has(libc::EPOLLERR)
    }

    /// An exceptional condition, such as out-of-band data. `EPOLLPRI` of epoll_ctl(2).
    pub fn is_priority(&self) -> bool {
        self.has(libc::EPOLLPRI)
    }

    fn has(&self, bits: i32) -> bool {
        self.0.events & bits as u32 != 0
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("token", &self.token())
            .field("readable", &self.is_readable())
            .field("writable", &self.is_writable())
            .field("read_closed", &self.is_read_closed())
            .field("write_closed", &self.is_write_closed())
            .field("error", &self.is_error())
            .field("priority", &self.is_priority())
            .finish()
    }
}
