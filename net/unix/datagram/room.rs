//! Waiting until a receiver has room.
//!
//! A message is refused when its sender has too much under way, or when the queue of its receiver is full. The system
//! reports an event when the first is over. When the second is over, it reports one to those alone who are connected to the
//! receiver. So whoever sends to a receiver that it is not connected to, has a second socket connected to it meanwhile.

#![forbid(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::AsFd;
use std::os::unix::net;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use crate::executor::Direction;
use crate::net::source::Source;
use crate::net::sys::{self, Address};
use crate::net::unix::SocketAddr;

/// Sends a message, or says with `None` that the receiver has no room for it. `WouldBlock` means the sender alone.
pub(super) fn send_to(socket: &net::UnixDatagram, buffer: &[u8], address: &Address) -> io::Result<Option<usize>> {
    let send = || sys::send_to(socket.as_fd(), buffer, address);
    let is_full = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
    match send() {
        // The receiver may have taken so many messages meanwhile that it was the sender. Then there is room by now.
        Err(error) if is_full(&error) && may_send(socket)? => match send() {
            Err(error) if is_full(&error) => Ok(None),
            result => result.map(Some),
        },
        result => result.map(Some),
    }
}

/// Whether the sender has less under way than it may, which is what the system looks at before it takes a message.
fn may_send(socket: &net::UnixDatagram) -> io::Result<bool> {
    Ok(sys::unreceived(socket.as_fd())? < sys::int(socket.as_fd(), libc::SOL_SOCKET, libc::SO_SNDBUF)?)
}

/// Waits until a receiver has room, or is gone. False means that it has to be waited for by the sender: it is connected to
/// that alone, which is told of each message that is taken.
pub(super) async fn room_at(address: &Address) -> io::Result<bool> {
    match connected_to(address)? {
        Lookout::Socket(socket) => socket.ready(Direction::Write).await.map(|()| true),
        Lookout::NotNeeded => Ok(true),
        Lookout::Refused => Ok(false),
    }
}

/// What the poll form of [`room_at`] keeps while it waits.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Option<Waiter>>);

/// For whom is waited, and with which socket.
type Waiter = (SocketAddr, Source<net::UnixDatagram>);

impl Waiting {
    pub(super) fn poll_room_at(&self, cx: &mut Context<'_>, target: &SocketAddr) -> Poll<io::Result<bool>> {
        if let Some((former, socket)) = self.replace(None)
            && former == *target
            && socket.poll_ready(cx, Direction::Write).is_pending()
        {
            self.replace(Some((former, socket)));
            return Poll::Pending;
        }
        // One that has told of room tells of no more: the system reports it once to who has found the queue full.
        let socket = match connected_to(&target.into())? {
            Lookout::Socket(socket) => socket,
            Lookout::NotNeeded => return Poll::Ready(Ok(true)),
            Lookout::Refused => return Poll::Ready(Ok(false)),
        };
        let polled = socket.poll_ready(cx, Direction::Write);
        self.replace(Some((target.clone(), socket)));
        polled.map_ok(|()| true)
    }

    pub(super) fn end(&self) {
        self.replace(None);
    }

    /// With the socket that comes back goes a waker, which is code of somebody else's: not under the lock.
    fn replace(&self, waiting: Option<Waiter>) -> Option<Waiter> {
        mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), waiting)
    }
}

enum Lookout {
    /// It is writable when the receiver has room.
    Socket(Source<net::UnixDatagram>),
    /// The receiver is gone. Sending says so.
    NotNeeded,
    /// The receiver is connected to somebody, and takes messages of nobody else.
    Refused,
}

fn connected_to(address: &Address) -> io::Result<Lookout> {
    let socket = sys::open(libc::AF_UNIX, libc::SOCK_DGRAM)?;
    match sys::connect(socket.as_fd(), address).map_err(|error| error.kind()) {
        Ok(_) => Ok(Lookout::Socket(Source::new(socket.into()))),
        Err(io::ErrorKind::PermissionDenied) => Ok(Lookout::Refused),
        Err(_) => Ok(Lookout::NotNeeded),
    }
}
