#![forbid(unsafe_code)]

use std::io;

use super::UnixDatagram;
use crate::reactor::{Interest, Ready};

/// Waiting without an operation, and operations of one's own.
impl UnixDatagram {
    /// Waits until it is ready for something of the interest, and says what. It is a hint, as
    /// [`Stream::ready`](crate::net::Stream::ready) is.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixDatagram;
    /// use epore::reactor::Interest;
    ///
    /// let (one, _other) = UnixDatagram::pair()?;
    /// let ready = one.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable() && !ready.is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.source.ready_for(interest).await?.ready)
    }

    /// Tries an operation of one's own on the socket now. Otherwise as [`Stream::try_io`](crate::net::Stream::try_io).
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # epore::block_on(async {
    /// # let (one, other) = UnixDatagram::pair()?;
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// let duplicate = std::os::unix::net::UnixDatagram::from(one.as_fd().try_clone_to_owned()?);
    /// let error = one.try_io(Interest::READABLE, || duplicate.recv(&mut [0; 16])).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<R>(&self, interest: Interest, operation: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.source.try_io_for(interest, |_| operation())
    }

    /// Waits until it is ready for something of the interest and tries an operation of one's own, until that does not
    /// say [`WouldBlock`](io::ErrorKind::WouldBlock). Otherwise as [`Stream::async_io`](crate::net::Stream::async_io).
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # epore::block_on(async {
    /// # let (one, other) = UnixDatagram::pair()?;
    /// use std::os::fd::AsFd;
    /// use epore::reactor::Interest;
    ///
    /// epore::spawn(async move { other.send(b"hello").await });
    /// let duplicate = std::os::unix::net::UnixDatagram::from(one.as_fd().try_clone_to_owned()?);
    /// let count = one.async_io(Interest::READABLE, || duplicate.recv(&mut [0; 16])).await?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation and of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; then the operation has not succeeded.
    pub async fn async_io<R>(&self, interest: Interest, mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
        self.source.async_io_for(interest, |_| operation()).await
    }
}
