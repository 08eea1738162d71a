#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};
use std::time::Duration;

use super::source::Source;
use super::sys::{self, Peer};
use crate::executor::{Delay, Direction};

/// How long an accept that failed for want of descriptors or memory waits before it says so. A loop that tries again at
/// once then makes ten tries a second, and leaves the machine to those who can free some.
const EXHAUSTED_DELAY: Duration = Duration::from_millis(100);

/// What accept(2) reports of the connection that it was about to accept, and asks to be treated like `EAGAIN`. Not
/// `EOPNOTSUPP`, which a descriptor that cannot listen gives for ever.
const CONNECTION_ERRORS: [i32; 8] = [
    libc::ECONNABORTED,
    libc::EPROTO,
    libc::ENETDOWN,
    libc::ENOPROTOOPT,
    libc::EHOSTDOWN,
    libc::ENONET,
    libc::EHOSTUNREACH,
    libc::ENETUNREACH,
];

/// Waits for a connection, on any listening socket. It and the address of its peer are there when it is ready.
pub(super) async fn accept<L: AsFd, A: Peer>(source: &Source<L>) -> io::Result<(OwnedFd, A)> {
    let accepted = source.io(Direction::Read, try_accept).await;
    if let Err(error) = &accepted
        && is_exhausted(error)
    {
        let mut delay = Delay::new(EXHAUSTED_DELAY);
        poll_fn(|cx| delay.poll(cx)).await;
    }
    accepted
}

/// The poll form of [`accept`], which does not wait before it says that descriptors or memory have run out.
pub(super) fn poll_accept<L: AsFd, A: Peer>(
    source: &Source<L>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<(OwnedFd, A)>> {
    source.poll(cx, Direction::Read, try_accept)
}

fn try_accept<A: Peer>(listener: &impl AsFd) -> io::Result<(OwnedFd, A)> {
    sys::accept(listener.as_fd()).map_err(of_listener)
}

fn of_listener(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        // The connection failed, not the listener. An interruption is what is tried again, within the budget.
        Some(errno) if CONNECTION_ERRORS.contains(&errno) => io::ErrorKind::Interrupted.into(),
        _ => error,
    }
}

/// Memory may be missing to epoll_ctl(2) too, and `StorageFull` is what that says when the user watches all that it may.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS))
        || matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::StorageFull)
}
