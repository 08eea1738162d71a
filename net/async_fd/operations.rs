#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::AsyncFd;
use crate::reactor::Interest;

/// Operations.
impl<T: AsFd> AsyncFd<T> {
    /// Tries an operation now, whatever is known. If it says [`WouldBlock`](io::ErrorKind::WouldBlock), that is taken for all
    /// of the interest: the next wait for it is for the next event.
    ///
    /// ```
    /// # use std::io::Read;
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::Interest;
    /// let (reader, _writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// let read = reader.try_io(Interest::READABLE, |mut reader| reader.read(&mut [0; 16]));
    /// assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<R>(&self, interest: Interest, operation: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.source().try_io_for(interest, operation)
    }

    /// As [`try_io`](AsyncFd::try_io), for an operation that needs `&mut T`.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::Interest;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let mut reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// let count = reader.try_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 16]))?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        operation: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.source_mut().try_io_mut(interest, operation)
    }

    /// Waits until it is ready for something of the interest and tries an operation, until that does not say
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), which is taken for all of the interest, nor
    /// [`Interrupted`](io::ErrorKind::Interrupted).
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::io::{Read, Write};
    /// use epore::net::AsyncFd;
    /// use epore::reactor::Interest;
    ///
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// epore::spawn(async move { writer.write_all(b"hello") });
    /// let mut buffer = [0; 16];
    /// let count = reader.async_io(Interest::READABLE, |mut reader| reader.read(&mut buffer)).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the operation and of [`readable`](AsyncFd::readable).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; then the operation has not succeeded.
    pub async fn async_io<R>(&self, interest: Interest, operation: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.source().async_io_for(interest, operation).await
    }

    /// As [`async_io`](AsyncFd::async_io), for an operation that needs `&mut T`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// # use epore::reactor::Interest;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let mut reader = AsyncFd::new(reader)?;
    /// epore::spawn(async move { writer.write_all(b"hello") });
    /// let count = reader.async_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 16])).await?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`async_io`](AsyncFd::async_io).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; then the operation has not succeeded.
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        operation: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.source_mut().async_io_mut(interest, operation).await
    }
}
