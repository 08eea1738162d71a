#![forbid(unsafe_code)]

use std::io;

use super::UnixDatagram;
use crate::reactor::{Interest, Ready};

/// Waiting without an operation, and operations of one's own.
impl UnixDatagram {
    /// Waits until it is ready for something of the interest, and says what. See [`Stream::ready`](crate::net::Stream::ready).
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

    /// Tries an operation of one's own on the socket now. See [`Stream::try_io`](crate::net::Stream::try_io).
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<R>(&self, interest: Interest, operation: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.source.try_io_for(interest, |_| operation())
    }

    /// Waits until it is ready for something of the interest and tries an operation of one's own. See
    /// [`Stream::async_io`](crate::net::Stream::async_io).
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
