#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll, ready};

use super::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard};
use crate::executor::Readiness;
use crate::reactor::Interest;

/// Waiting.
impl<T: AsFd> AsyncFd<T> {
    /// Waits until a read is worth trying.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// epore::spawn(async move { writer.write_all(b"hello") });
    /// let mut guard = reader.readable().await?;
    /// let count = guard.try_io(|reader| reader.get_ref().read(&mut [0; 16])).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if its kind has no readiness, as a regular file,
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the descriptor is waited for elsewhere in this runtime,
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if [`with_interest`](AsyncFd::with_interest) has left it out; otherwise
    /// those of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::READABLE).await
    }

    /// Waits until a write is worth trying. Otherwise as [`readable`](AsyncFd::readable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (_reader, writer) = std::io::pipe()?;
    /// let writer = AsyncFd::new(writer)?;
    /// let mut guard = writer.writable().await?;
    /// let count = guard.try_io(|writer| writer.get_ref().write(b"hello")).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    pub async fn writable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// Waits until it is ready for something of the interest. The guard says for what.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::AsyncFd;
    /// use epore::reactor::Interest;
    ///
    /// let (socket, _peer) = std::os::unix::net::UnixStream::pair()?;
    /// let socket = AsyncFd::new(socket)?;
    /// let guard = socket.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(guard.ready().is_writable() && !guard.ready().is_readable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        let readiness = self.source().ready_for(interest).await?;
        Ok(AsyncFdReadyGuard::new(self, readiness))
    }

    /// As [`readable`](AsyncFd::readable), for operations that need `&mut T`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let mut reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// let mut guard = reader.readable_mut().await?;
    /// let count = guard.try_io(|reader| reader.get_mut().read(&mut [0; 16])).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    pub async fn readable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// As [`writable`](AsyncFd::writable), for operations that need `&mut T`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (_reader, writer) = std::io::pipe()?;
    /// let mut writer = AsyncFd::new(writer)?;
    /// let mut guard = writer.writable_mut().await?;
    /// let count = guard.try_io(|writer| writer.get_mut().write(b"hello")).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    pub async fn writable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// As [`ready`](AsyncFd::ready), for operations that need `&mut T`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::io::Read;
    /// use epore::net::AsyncFd;
    /// use epore::reactor::Interest;
    ///
    /// let (socket, peer) = std::os::unix::net::UnixStream::pair()?;
    /// let mut socket = AsyncFd::new(socket)?;
    /// drop(peer);
    /// let mut guard = socket.ready_mut(Interest::READABLE).await?;
    /// assert!(guard.ready().is_read_closed());
    /// assert_eq!(guard.get_inner_mut().read(&mut [0; 16])?, 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    pub async fn ready_mut(&mut self, interest: Interest) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        let readiness = self.source().ready_for(interest).await?;
        Ok(AsyncFdReadyMutGuard::new(self, readiness))
    }

    /// The poll form of [`readable`](AsyncFd::readable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// let mut guard = poll_fn(|cx| reader.poll_read_ready(cx)).await?;
    /// let count = guard.try_io(|reader| reader.get_ref().read(&mut [0; 16])).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    /// To stop polling clears nothing. The waker of the latest call that polls to read stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'_, T>>> {
        self.poll_ready(cx, Interest::READABLE).map_ok(|readiness| AsyncFdReadyGuard::new(self, readiness))
    }

    /// The poll form of [`writable`](AsyncFd::writable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::AsyncFd;
    /// let (_reader, writer) = std::io::pipe()?;
    /// let writer = AsyncFd::new(writer)?;
    /// let guard = poll_fn(|cx| writer.poll_write_ready(cx)).await?;
    /// assert!(guard.ready().is_writable());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    /// To stop polling clears nothing. The waker of the latest call that polls to write stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'_, T>>> {
        self.poll_ready(cx, Interest::WRITABLE).map_ok(|readiness| AsyncFdReadyGuard::new(self, readiness))
    }

    /// The poll form of [`readable_mut`](AsyncFd::readable_mut).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use std::io::Write;
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let mut reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// let is_ready = poll_fn(|cx| reader.poll_read_ready_mut(cx).map_ok(|guard| guard.ready().is_readable()));
    /// assert!(is_ready.await?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    /// To stop polling clears nothing. The waker of the latest call that polls to read stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_read_ready_mut(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyMutGuard<'_, T>>> {
        let readiness = ready!(self.poll_ready(cx, Interest::READABLE))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, readiness)))
    }

    /// The poll form of [`writable_mut`](AsyncFd::writable_mut).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::AsyncFd;
    /// let (_reader, writer) = std::io::pipe()?;
    /// let mut writer = AsyncFd::new(writer)?;
    /// let is_ready = poll_fn(|cx| writer.poll_write_ready_mut(cx).map_ok(|guard| guard.ready().is_writable()));
    /// assert!(is_ready.await?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
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
    /// To stop polling clears nothing. The waker of the latest call that polls to write stays behind, and is woken by
    /// the next event; those of earlier calls are not.
    pub fn poll_write_ready_mut(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyMutGuard<'_, T>>> {
        let readiness = ready!(self.poll_ready(cx, Interest::WRITABLE))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, readiness)))
    }

    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<Readiness>> {
        self.source().poll_ready_for(cx, interest)
    }
}
