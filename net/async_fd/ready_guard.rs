#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::{AsyncFd, TryIoError};
use crate::executor::Readiness;
use crate::reactor::Ready;

/// Says that an operation on an [`AsyncFd`] is worth trying, and takes note of it if it was not.
///
/// ```
/// # epore::block_on(async {
/// # use std::io::{Read, Write};
/// # use epore::net::AsyncFd;
/// let (reader, mut writer) = std::io::pipe()?;
/// let reader = AsyncFd::new(reader)?;
/// writer.write_all(b"hello")?;
/// let mut guard = reader.readable().await?;
/// assert!(guard.ready().is_readable());
/// assert_eq!(guard.try_io(|reader| reader.get_ref().read(&mut [0; 16])).unwrap()?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
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
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// let mut guard = reader.readable().await?;
    /// assert_eq!(guard.try_io(|reader| reader.get_ref().read(&mut [0; 16])).unwrap()?, 5);
    /// assert!(guard.try_io(|reader| reader.get_ref().read(&mut [0; 16])).is_err());   // nothing is left
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
        if !self.fd.source().tried(self.readiness.ready, &result) {
            return Ok(result);
        }
        self.readiness = self.readiness.without(Ready::ALL);
        Err(TryIoError::new())
    }

    /// Says that an operation tried otherwise said [`WouldBlock`](io::ErrorKind::WouldBlock), so that the next wait is for the
    /// next event. An event that has come since the guard was made is kept.
    ///
    /// To say so of a descriptor that is still ready is to wait for something that may never come. That an end is closed is
    /// kept, as it is there for good; a FIFO whose writers may come back has it cleared by
    /// [`clear_ready_matching`](AsyncFdReadyGuard::clear_ready_matching).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{ErrorKind, Read, Write};
    /// # use epore::net::AsyncFd;
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable().await?;
    /// let mut pipe = guard.get_inner();
    /// assert_eq!(pipe.read(&mut [0; 16])?, 5);
    /// if pipe.read(&mut [0; 16]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
    ///     guard.clear_ready();
    /// }
    /// assert!(!guard.ready().is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn clear_ready(&mut self) {
        self.clear_ready_matching(Ready::ALL - Ready::CLOSED);
    }

    /// As [`clear_ready`](AsyncFdReadyGuard::clear_ready), of some conditions only.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::{Interest, Ready};
    /// # let (socket, _peer) = std::os::unix::net::UnixStream::pair()?;
    /// # let socket = AsyncFd::new(socket)?;
    /// let mut guard = socket.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// guard.clear_ready_matching(Ready::READABLE);
    /// assert!(guard.ready().is_writable() && !guard.ready().is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn clear_ready_matching(&mut self, ready: Ready) {
        self.readiness = self.fd.source().clear_matching(self.readiness, ready);
    }

    /// Leaves everything as it is, so that the next wait returns at once. Dropping the guard does the same.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable().await?;
    /// assert_eq!(guard.get_inner().read(&mut [0; 1])?, 1);
    /// guard.retain_ready();   // there is more
    /// let guard = reader.readable().await?;
    /// assert_eq!(guard.get_inner().read(&mut [0; 16])?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn retain_ready(&mut self) {}

    /// What it was ready for when the wait ended, less what has been cleared through this guard.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let guard = reader.readable().await?;
    /// assert!(guard.ready().is_readable() && !guard.ready().is_read_closed());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn ready(&self) -> Ready {
        self.readiness.ready
    }

    /// The [`AsyncFd`].
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let guard = reader.readable().await?;
    /// let reader = guard.get_ref();   // outlives the guard
    /// drop(guard);
    /// assert_eq!(reader.get_ref().read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.fd
    }

    /// What the [`AsyncFd`] has taken over.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let guard = reader.readable().await?;
    /// assert_eq!(guard.get_inner().read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_inner(&self) -> &'a T {
        self.fd.get_ref()
    }
}
