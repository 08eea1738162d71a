#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::{AsyncFd, TryIoError};
use crate::executor::Readiness;
use crate::net::readiness::would_block;
use crate::reactor::Ready;

/// Says that an operation on an [`AsyncFd`] is worth trying, and takes note of it if it was not.
#[derive(Debug)]
#[must_use = "a wait that ends says nothing of the next one: try the operation through the guard"]
pub struct AsyncFdReadyGuard<'a, T: AsFd> {
    fd: &'a AsyncFd<T>,
    readiness: Readiness,
}

impl<'a, T: AsFd> AsyncFdReadyGuard<'a, T> {
    pub(super) fn new(fd: &'a AsyncFd<T>, readiness: Readiness) -> AsyncFdReadyGuard<'a, T> {
        AsyncFdReadyGuard { fd, readiness }
    }

    /// Tries an operation.
    ///
    /// # Errors
    ///
    /// [`TryIoError`] if the operation says [`WouldBlock`](io::ErrorKind::WouldBlock), after which the descriptor counts as
    /// not ready until the next event. Any other error of the operation is in the inner result.
    pub fn try_io<R>(
        &mut self,
        operation: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = operation(self.fd);
        if !would_block(&result) {
            return Ok(result);
        }
        self.fd.source().clear_now(self.readiness.ready);
        self.readiness = self.readiness.without(Ready::ALL);
        Err(TryIoError::new())
    }

    /// Says that an operation tried otherwise said [`WouldBlock`](io::ErrorKind::WouldBlock), so that the next wait is for the
    /// next event. An event that has come since the guard was made is kept.
    ///
    /// To say so of a descriptor that is still ready is to wait for something that may never come. That an end is closed is
    /// kept, as it is there for good; a FIFO whose writers may come back has it cleared by
    /// [`clear_ready_matching`](AsyncFdReadyGuard::clear_ready_matching).
    pub fn clear_ready(&mut self) {
        self.clear_ready_matching(Ready::ALL - Ready::CLOSED);
    }

    /// As [`clear_ready`](AsyncFdReadyGuard::clear_ready), of some conditions only.
    pub fn clear_ready_matching(&mut self, ready: Ready) {
        self.readiness = self.fd.source().clear_matching(self.readiness, ready);
    }

    /// Leaves everything as it is, so that the next wait returns at once. Dropping the guard does the same.
    pub fn retain_ready(&mut self) {}

    /// What it was ready for when the wait ended, less what has been cleared through this guard.
    pub fn ready(&self) -> Ready {
        self.readiness.ready
    }

    /// The [`AsyncFd`].
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.fd
    }

    /// What the [`AsyncFd`] has taken over.
    pub fn get_inner(&self) -> &'a T {
        self.fd.get_ref()
    }
}
