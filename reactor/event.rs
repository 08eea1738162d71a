#![forbid(unsafe_code)]

use std::fmt;

use super::{Ready, Token};

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
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll, Token};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (reader, mut writer) = std::io::pipe()?;
    /// poll.registry().register(&reader, 7, Interest::READABLE)?;
    /// writer.write_all(b"hello")?;
    /// poll.poll(&mut events, None)?;
    /// assert_eq!(events[0].token(), Token(7));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn token(&self) -> Token {
        Token(self.0.u64 as usize)
    }

    /// A read is worth trying: data, a connection, an end of stream, a hang-up or an error.
    /// `EPOLLIN`, `EPOLLHUP` or `EPOLLERR` of epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (mut reader, writer) = std::io::pipe()?;
    /// poll.registry().register(&reader, 0, Interest::READABLE)?;
    /// drop(writer);
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_readable());   // to learn that this is the end
    /// assert_eq!(reader.read(&mut [0; 8])?, 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_readable(&self) -> bool {
        self.has(libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR)
    }

    /// A write is worth trying: there is room, or a hang-up or an error to learn of. `EPOLLOUT`, `EPOLLHUP` or
    /// `EPOLLERR` of epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (_reader, mut writer) = std::io::pipe()?;
    /// poll.registry().register(&writer, 0, Interest::WRITABLE)?;
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_writable() && !events[0].is_readable());
    /// assert_eq!(writer.write(b"hello")?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_writable(&self) -> bool {
        self.has(libc::EPOLLOUT | libc::EPOLLHUP | libc::EPOLLERR)
    }

    /// The peer will send no more. Data sent before that may still be waiting. `EPOLLRDHUP` or `EPOLLHUP` of
    /// epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (mut stream, mut peer) = std::os::unix::net::UnixStream::pair()?;
    /// peer.write_all(b"bye")?;
    /// peer.shutdown(std::net::Shutdown::Write)?;
    /// poll.registry().register(&stream, 0, Interest::READABLE)?;
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_read_closed() && !events[0].is_write_closed());
    /// assert_eq!(stream.read(&mut [0; 8])?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_read_closed(&self) -> bool {
        self.has(libc::EPOLLRDHUP | libc::EPOLLHUP)
    }

    /// Both directions of the connection are closed, so nothing can be sent. `EPOLLHUP` of epoll_ctl(2).
    ///
    /// The write end of a pipe whose reader is gone reports [`is_error`](Event::is_error) instead, see epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (mut stream, peer) = std::os::unix::net::UnixStream::pair()?;
    /// poll.registry().register(&stream, 0, Interest::WRITABLE)?;
    /// drop(peer);
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_write_closed());
    /// assert_eq!(stream.write(b"hello").unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_write_closed(&self) -> bool {
        self.has(libc::EPOLLHUP)
    }

    /// An error is pending. `EPOLLERR` of epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// let (reader, writer) = std::io::pipe()?;
    /// poll.registry().register(&writer, 0, Interest::WRITABLE)?;
    /// drop(reader);
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_error() && !events[0].is_write_closed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_error(&self) -> bool {
        self.has(libc::EPOLLERR)
    }

    /// An exceptional condition, such as out-of-band data. `EPOLLPRI` of epoll_ctl(2).
    ///
    /// ```
    /// # use epore::reactor::{Interest, Poll};
    /// # use std::io::prelude::*;
    /// # let (mut poll, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// # use std::{net::{TcpListener, TcpStream}, os::fd::AsRawFd};
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let stream = TcpStream::connect(listener.local_addr()?)?;
    /// let (peer, _) = listener.accept()?;
    /// // The peer sends a byte with the flag `MSG_OOB` of send(2).
    /// # // SAFETY: the byte is live.
    /// # unsafe { libc::send(peer.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
    /// poll.registry().register(&stream, 0, Interest::READABLE | Interest::PRIORITY)?;
    /// poll.poll(&mut events, None)?;
    /// assert!(events[0].is_priority());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_priority(&self) -> bool {
        self.has(libc::EPOLLPRI)
    }

    #[inline]
    pub(crate) fn ready(&self) -> Ready {
        Ready::from_event(self.0.events)
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
