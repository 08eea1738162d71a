#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::{AsyncFd, TryIoError};
use crate::executor::Readiness;
use crate::net::readiness::would_block;
use crate::reactor::Ready;

/// An [`AsyncFdReadyGuard`](super::AsyncFdReadyGuard) for operations that need `&mut T`.
///
/// ```
/// # epore::block_on(async {
/// use std::io::{Read, Write};
/// use epore::net::AsyncFd;
///
/// let (reader, mut writer) = std::io::pipe()?;
/// let mut reader = AsyncFd::new(reader)?;
/// writer.write_all(b"hello")?;
/// let mut buffer = [0; 16];
/// let mut guard = reader.readable_mut().await?;
/// let count = guard.try_io(|reader| reader.get_mut().read(&mut buffer)).unwrap()?;
/// assert_eq!(&buffer[..count], b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a wait that ends says nothing of the next one: try the operation through the guard"]
pub struct AsyncFdReadyMutGuard<'a, T: AsFd> {
    fd: &'a mut AsyncFd<T>,
    readiness: Readiness,
}

impl<'a, T: AsFd> AsyncFdReadyMutGuard<'a, T> {
    pub(super) fn new(fd: &'a mut AsyncFd<T>, readiness: Readiness) -> AsyncFdReadyMutGuard<'a, T> {
        AsyncFdReadyMutGuard { fd, readiness }
    }

    /// Tries an operation. See [`AsyncFdReadyGuard::try_io`](super::AsyncFdReadyGuard::try_io).
    ///
    /// # Errors
    ///
    /// [`TryIoError`] if the operation says [`WouldBlock`](io::ErrorKind::WouldBlock), after which the descriptor counts as
    /// not ready until the next event. Any other error of the operation is in the inner result.
    pub fn try_io<R>(
        &mut self,
        operation: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = operation(self.fd);
        if !would_block(&result) {
            return Ok(result);
        }
        self.fd.source().clear_now(self.readiness.ready);
        self.readiness = self.readiness.without(Ready::ALL);
        Err(TryIoError::new())
    }

    /// See [`AsyncFdReadyGuard::clear_ready`](super::AsyncFdReadyGuard::clear_ready).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{ErrorKind, Read, Write};
    /// # use epore::net::AsyncFd;
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// let mut read = || guard.get_inner_mut().read(&mut [0; 16]);
    /// assert_eq!(read()?, 5);
    /// if read().is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
    ///     guard.clear_ready();
    /// }
    /// assert!(!guard.ready().is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn clear_ready(&mut self) {
        self.clear_ready_matching(Ready::ALL - Ready::CLOSED);
    }

    /// See [`AsyncFdReadyGuard::clear_ready_matching`](super::AsyncFdReadyGuard::clear_ready_matching).
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
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.fd
    }

    /// The [`AsyncFd`], to be changed.
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.fd
    }

    /// What the [`AsyncFd`] has taken over.
    pub fn get_inner(&self) -> &T {
        self.fd.get_ref()
    }

    /// What the [`AsyncFd`] has taken over, to be changed.
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.fd.get_mut()
    }
}
