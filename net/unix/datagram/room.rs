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

/// Sends a message, or says with `None` that the receiver has no room for it. `WouldBlock` means the sender alone.
pub(super) fn send_to(socket: &net::UnixDatagram, buffer: &[u8], address: &Address) -> io::Result<Option<usize>> {
    match sys::send_to(socket.as_fd(), buffer, address) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && may_send(socket)? => Ok(None),
        result => result.map(Some),
    }
}

/// Whether the sender has less under way than it may, which is what the system looks at before it takes a message.
fn may_send(socket: &net::UnixDatagram) -> io::Result<bool> {
    Ok(sys::unreceived(socket.as_fd())? < sys::int(socket.as_fd(), libc::SOL_SOCKET, libc::SO_SNDBUF)?)
}

/// Waits until a receiver has room, or is gone.
pub(super) async fn room_at(address: &Address) -> io::Result<()> {
    connected_to(address)?.ready(Direction::Write).await
}

/// The poll form of [`room_at`], which has to be kept while it waits.
#[derive(Debug, Default)]
pub(super) struct Lookout(Mutex<Option<Source<net::UnixDatagram>>>);

impl Lookout {
    pub(super) fn poll_room_at(&self, cx: &mut Context<'_>, address: &Address) -> Poll<io::Result<()>> {
        let socket = connected_to(address)?;
        let polled = socket.poll_ready(cx, Direction::Write);
        self.replace(Some(socket));
        polled
    }

    pub(super) fn end(&self) {
        self.replace(None);
    }

    fn replace(&self, socket: Option<Source<net::UnixDatagram>>) {
        let former = mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), socket);
        // With it goes a waker, which is code of somebody else's: not under the lock.
        drop(former);
    }
}

/// A socket that is writable when the receiver has room.
fn connected_to(address: &Address) -> io::Result<Source<net::UnixDatagram>> {
    let socket = sys::open(libc::AF_UNIX, libc::SOCK_DGRAM)?;
    sys::connect(socket.as_fd(), address)?;
    Ok(Source::new(socket.into()))
}
