//! The table of inboxes: the one thing that all threads share.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use super::inbox::{Inbox, Request};
use super::runtime_id::{MAX_RUNTIMES, RuntimeId};
use super::token::TaskToken;
use crate::reactor::{Registry, Waker};

static INBOXES: [Inbox; MAX_RUNTIMES] = [const { Inbox::closed() }; MAX_RUNTIMES];

static PLACES: Mutex<Places> = Mutex::new(Places { free: Vec::new(), used: 0, serial: 0 });

/// Which inboxes are taken.
struct Places {
    /// Places below `used` that were given back.
    free: Vec<usize>,
    used: usize,
    serial: u64,
}

/// Opens an inbox for a new runtime.
pub(super) fn open(eventfd: Waker, registry: Registry) -> io::Result<RuntimeId> {
    let id = take_place()?;
    of(id).open(id, eventfd, registry);
    Ok(id)
}

fn take_place() -> io::Result<RuntimeId> {
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let index = match places.free.pop() {
        Some(index) => index,
        None if places.used < MAX_RUNTIMES => {
            places.used += 1;
            places.used - 1
        }
        None => return Err(io::Error::other(format!("{MAX_RUNTIMES} runtimes are alive in this process, the most"))),
    };
    places.serial += 1;
    Ok(RuntimeId::new(places.serial, index))
}

/// Gives the place of a closed inbox to the next runtime. From here on nothing may be taken for this one.
pub(super) fn vacate(runtime: RuntimeId) {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner).free.push(runtime.index());
}

/// The inbox of a runtime that is known to be alive.
pub(super) fn of(runtime: RuntimeId) -> &'static Inbox {
    &INBOXES[runtime.index()]
}

/// Wakes a task from a thread, or a runtime, that is not its own.
pub(super) fn wake(token: TaskToken) {
    INBOXES[token.stamp().runtime()].wake(token);
}

/// Ends the watch that a runtime has on a descriptor, from any thread.
pub(crate) fn deregister(runtime: RuntimeId, fd: BorrowedFd<'_>) -> io::Result<()> {
    of(runtime).deregister(runtime, fd)
}

/// Asks something of a runtime that may be gone; then the request comes back.
pub(super) fn request(runtime: RuntimeId, request: Request) -> Result<(), Request> {
    of(runtime).request(runtime, request)
}
