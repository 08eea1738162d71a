#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use super::source::Source;
use super::sys;
use crate::executor::Direction;

/// Any descriptor that epoll can watch, as something that can be waited for: a pipe, a pidfd, a timerfd, an inotify
/// instance, a device, the socket of a C library.
///
/// The operations are those of `T`, tried through [`async_io`](AsyncFd::async_io) or a [`ReadyGuard`].
///
/// ```
/// # epore::block_on(async {
/// use std::io::{Read, Write};
/// use epore::net::AsyncFd;
///
/// let (reader, mut writer) = std::io::pipe()?;
/// let reader = AsyncFd::new(reader)?;
/// epore::spawn(async move { writer.write_all(b"hello") });
///
/// let mut buffer = [0; 16];
/// let count = loop {
///     let guard = reader.readable().await?;
///     match guard.try_io(|mut reader| reader.read(&mut buffer)) {
///         Ok(result) => break result?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&buffer[..count], b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// It is registered when it is first waited for, and dropping it ends the registration, also when the descriptor lives on
/// because `T` only borrows or shares it.
#[derive(Debug)]
pub struct AsyncFd<T: AsFd> {
    /// Taken by `into_inner` and by the drop.
    source: Option<Source<T>>,
}

impl<T: AsFd> AsyncFd<T> {
    /// Takes over a descriptor, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) with `F_SETFL`.
    pub fn new(io: T) -> io::Result<AsyncFd<T>> {
        sys::set_nonblocking(io.as_fd())?;
        Ok(AsyncFd { source: Some(Source::new(io)) })
    }

    /// What was taken over.
    pub fn get_ref(&self) -> &T {
        self.source().get()
    }

    /// Ends the registration and gives back what was taken over, still non-blocking.
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    pub fn into_inner(mut self) -> io::Result<T> {
        self.source.take().expect(TAKEN).into_inner()
    }

    /// Waits until a read is worth trying.
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if its kind has no readiness, as a regular file; otherwise those
    /// of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn readable(&self) -> io::Result<ReadyGuard<'_, T>> {
        self.ready(Direction::Read).await
    }

    /// Waits until a write is worth trying. Otherwise as [`readable`](AsyncFd::readable).
    ///
    /// # Errors
    ///
    /// As [`readable`](AsyncFd::readable).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn writable(&self) -> io::Result<ReadyGuard<'_, T>> {
        self.ready(Direction::Write).await
    }

    async fn ready(&self, direction: Direction) -> io::Result<ReadyGuard<'_, T>> {
        self.source().ready(direction).await?;
        Ok(ReadyGuard { source: self.source(), direction })
    }

    pub(crate) fn source(&self) -> &Source<T> {
        self.source.as_ref().expect(TAKEN)
    }
}

const TAKEN: &str = "only the drop comes after what takes the source";

impl<T: AsFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            // A registration that cannot be ended is none.
            let _gone = source.into_inner();
        }
    }
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// Says that an operation on an [`AsyncFd`] is worth trying, and takes note of it if it was not.
#[derive(Debug)]
pub struct ReadyGuard<'a, T: AsFd> {
    source: &'a Source<T>,
    direction: Direction,
}

impl<T: AsFd> ReadyGuard<'_, T> {
    /// Tries an operation.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`] if the operation says so, after which the descriptor counts as not ready until the next event. Any other
    /// error of the operation is in the inner result.
    pub fn try_io<R>(&self, operation: impl FnOnce(&T) -> io::Result<R>) -> Result<io::Result<R>, WouldBlock> {
        match self.source.try_io(self.direction, operation) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(WouldBlock(())),
            result => Ok(result),
        }
    }

    /// Says that the descriptor is not ready, so that the next wait is for the next event.
    pub fn clear_ready(&self) {
        let _would_block =
            self.source.try_io(self.direction, |_| io::Result::<()>::Err(io::ErrorKind::WouldBlock.into()));
    }
}

/// An operation was not worth trying after all.
#[derive(Debug)]
pub struct WouldBlock(());

impl fmt::Display for WouldBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would have had to wait")
    }
}

impl Error for WouldBlock {}
