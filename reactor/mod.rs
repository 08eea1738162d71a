//! A thin, safe layer over epoll that knows no futures and can be used alone.
//!
//! A [`Poll`] waits for events; its [`Registry`] says which descriptors to watch, under which [`Token`], and for
//! which [`Interest`]; each [`Event`] that comes back carries the token again.
//!
//! ```
//! use epore::reactor::{Interest, Poll, Token};
//! # use std::io::Write;
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
//! # listener.accept()?.0.write_all(b"ready")?;
//!
//! let mut queue = Poll::new()?;
//! let id = 1;
//! queue.registry().register(&stream, id, Interest::READABLE)?;   // any AsFd; id: impl Into<Token>
//! let mut events = Vec::with_capacity(1);
//! queue.poll(&mut events, None)?;                                 // blocks until an event, or the timeout
//! assert_eq!(events[0].token(), Token(1));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What an event means
//!
//! An event is a hint that an operation is worth trying, never a promise that it succeeds: another reader may have
//! been faster. Descriptors should be non-blocking, and the operation's own answer is the truth.
//!
//! With the default *edge* trigger an event tells of a change. After one, go on until the operation says
//! [`WouldBlock`](std::io::ErrorKind::WouldBlock); only then is the next event certain to come. A level-triggered
//! descriptor is reported for as long as it is ready, a one-shot descriptor once, until it is registered anew.
//!
//! Closing a descriptor ends its registration, unless a duplicate of it lives on (`dup`, a fork): then events under
//! the old token go on, so [deregister](Registry::deregister) before a duplicated descriptor is closed. See epoll(7).

mod event;
mod interest;
mod origin;
mod poll;
mod ready;
mod registry;
mod sys;
mod timer_slack;
mod token;
mod waker;

pub use event::{Event, Events};
pub use interest::Interest;
pub use poll::Poll;
pub use ready::Ready;
pub use registry::Registry;
pub use token::Token;
pub use waker::Waker;

pub(crate) use origin::Origin;
pub(crate) use sys::eventfd;
pub(crate) use timer_slack::TimerSlack;
