#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::{AsyncFd, TryIoError};
use crate::executor::Readiness;
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

    /// Tries an operation. Otherwise as [`AsyncFdReadyGuard::try_io`](super::AsyncFdReadyGuard::try_io).
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// assert_eq!(guard.try_io(|reader| reader.get_mut().read(&mut [0; 16])).unwrap()?, 5);
    /// assert!(guard.try_io(|reader| reader.get_mut().read(&mut [0; 16])).is_err());   // nothing is left
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
        operation: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = operation(self.fd);
        if !self.fd.source().tried(self.readiness.ready, &result) {
            return Ok(result);
        }
        self.readiness = self.readiness.without(Ready::ALL);
        Err(TryIoError::new())
    }

    /// Says that an operation tried otherwise said [`WouldBlock`](io::ErrorKind::WouldBlock), so that the next wait is
    /// for the next event. Otherwise as [`AsyncFdReadyGuard::clear_ready`](super::AsyncFdReadyGuard::clear_ready).
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

    /// As [`clear_ready`](AsyncFdReadyMutGuard::clear_ready), of some conditions only, also that an end is closed.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::{Interest, Ready};
    /// # epore::block_on(async {
    /// # let (socket, mut peer) = std::os::unix::net::UnixStream::pair()?;
    /// # peer.write_all(b"hello")?;
    /// let mut socket = AsyncFd::new(socket)?;
    /// let mut guard = socket.ready_mut(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert_eq!(guard.get_inner_mut().read(&mut [0; 16])?, 5);   // all that there was
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
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// assert_eq!(guard.get_inner_mut().read(&mut [0; 1])?, 1);
    /// guard.retain_ready();   // there is more
    /// let mut guard = reader.readable_mut().await?;
    /// assert_eq!(guard.get_inner_mut().read(&mut [0; 16])?, 4);
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
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let guard = reader.readable_mut().await?;
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
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// use std::os::fd::AsRawFd;
    ///
    /// let fd = reader.as_raw_fd();
    /// let guard = reader.readable_mut().await?;
    /// assert_eq!(guard.get_ref().as_raw_fd(), fd);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.fd
    }

    /// The [`AsyncFd`], to be changed.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::Interest;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// let count = guard.get_mut().try_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 16]))?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.fd
    }

    /// What the [`AsyncFd`] has taken over.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let guard = reader.readable_mut().await?;
    /// let mut pipe: &std::io::PipeReader = guard.get_inner();
    /// assert_eq!(pipe.read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_inner(&self) -> &T {
        self.fd.get_ref()
    }

    /// What the [`AsyncFd`] has taken over, to be changed.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # epore::block_on(async {
    /// # let (reader, mut writer) = std::io::pipe()?;
    /// # let mut reader = AsyncFd::new(reader)?;
    /// # writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// assert_eq!(guard.get_inner_mut().read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.fd.get_mut()
    }
}
