#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use crate::net::source::Source;
use crate::net::sys;
use crate::reactor::Interest;

/// Any descriptor that epoll can watch, as something that can be waited for: a pipe, a terminal, a pidfd, a timerfd, an
/// inotify instance, a device, the socket of a C library.
///
/// The operations are those of `T`. [`readable`](AsyncFd::readable) and its like give a guard through which one is tried;
/// [`async_io`](AsyncFd::async_io) does both.
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
///     let mut guard = reader.readable().await?;
///     match guard.try_io(|reader| reader.get_ref().read(&mut buffer)) {
///         Ok(result) => break result?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&buffer[..count], b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Readiness
///
/// The reactor tells of changes, and the `AsyncFd` remembers them: once it is ready it stays so until an operation says
/// [`WouldBlock`](io::ErrorKind::WouldBlock). One that takes a part of what is there clears nothing, and the next wait
/// returns at once. So wait again only when you are ready to try again. A wait may also end for nothing, as that for a
/// pidfd does when its process is traced; then the operation says so, and the next wait is a real one.
///
/// # Registration
///
/// It is registered when it is first waited for, with the runtime that it waits in, and only one `AsyncFd` or socket of a
/// runtime can be for one descriptor. Dropping it ends the registration, also when the descriptor lives on because `T`
/// only borrows or shares it. What [`as_fd`](AsFd::as_fd) gives when it is first waited for is what it waits for.
///
/// It is `Send` and `Sync` as `T` is.
#[derive(Debug)]
pub struct AsyncFd<T: AsFd> {
    /// Taken by `into_inner` and by the drop.
    source: Option<Source<T>>,
}

impl<T: AsFd> AsyncFd<T> {
    /// Takes over a descriptor, and makes it non-blocking.
    ///
    /// That flag, `O_NONBLOCK`, is not one of the descriptor but of what was opened: a terminal or a pipe that other
    /// processes have inherited becomes non-blocking for them too, and they may fail. Open it anew, as `/dev/tty`, or see
    /// [`keeping_flags`](AsyncFd::keeping_flags).
    ///
    /// ```
    /// use epore::net::AsyncFd;
    ///
    /// let (reader, _writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// let error = std::io::Read::read(&mut reader.get_ref(), &mut [0; 16]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) with `F_SETFL`.
    pub fn new(io: T) -> io::Result<AsyncFd<T>> {
        AsyncFd::with_interest(io, Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY)
    }

    /// As [`new`](AsyncFd::new), to be waited for in some ways only. Others cost the runtime no events then.
    ///
    /// The trigger of the interest is of no account. Errors and hang-ups come in any case.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::AsyncFd;
    /// use epore::reactor::Interest;
    ///
    /// let (reader, _writer) = std::io::pipe()?;
    /// let reader = AsyncFd::with_interest(reader, Interest::READABLE)?;
    /// assert_eq!(reader.writable().await.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](AsyncFd::new).
    pub fn with_interest(io: T, interest: Interest) -> io::Result<AsyncFd<T>> {
        sys::set_nonblocking(io.as_fd())?;
        Ok(AsyncFd::keeping_flags(io, interest))
    }

    /// Takes over a descriptor as it is.
    ///
    /// Each operation that is tried must be one that does not block: because the descriptor is non-blocking already, or by
    /// itself, as `recv` with `MSG_DONTWAIT`, `preadv2` with `RWF_NOWAIT` or `waitid` with `WNOHANG`. One that blocks keeps
    /// the whole runtime waiting. That a wait has ended is no promise: somebody else may take what came.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::os::unix::net::UnixDatagram;
    /// use epore::net::AsyncFd;
    /// use epore::reactor::Interest;
    ///
    /// let (socket, peer) = UnixDatagram::pair()?;
    /// let socket = AsyncFd::keeping_flags(socket, Interest::READABLE);
    /// peer.send(b"hello")?;
    /// let mut guard = socket.readable().await?;
    /// // Nobody else reads this one, and it is asked once for each message.
    /// let count = guard.try_io(|socket| socket.get_ref().recv(&mut [0; 16])).unwrap()?;
    /// assert_eq!(count, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn keeping_flags(io: T, interest: Interest) -> AsyncFd<T> {
        AsyncFd { source: Some(Source::lent(io, interest.edge())) }
    }

    /// What was taken over.
    ///
    /// ```
    /// # use epore::net::AsyncFd;
    /// let (socket, peer) = std::os::unix::net::UnixDatagram::pair()?;
    /// let socket = AsyncFd::new(socket)?;
    /// peer.send(b"hello")?;
    /// assert_eq!(socket.get_ref().recv(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn get_ref(&self) -> &T {
        self.source().get()
    }

    /// What was taken over, to be changed. To put another descriptor in its place is no way to wait for that one.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let mut reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// assert_eq!(reader.get_mut().read(&mut [0; 16])?, 5);   // `Read` needs `&mut`
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.source.as_mut().expect(TAKEN).get_mut()
    }

    /// Ends the registration and gives back what was taken over, still non-blocking.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::io::{Read, Write};
    /// # use epore::net::AsyncFd;
    /// let (reader, mut writer) = std::io::pipe()?;
    /// let reader = AsyncFd::new(reader)?;
    /// writer.write_all(b"hello")?;
    /// reader.readable().await?;
    /// assert_eq!(reader.into_inner().read(&mut [0; 16])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_inner(mut self) -> T {
        self.source.take().expect(TAKEN).into_lent()
    }

    pub(crate) fn source(&self) -> &Source<T> {
        self.source.as_ref().expect(TAKEN)
    }

    pub(super) fn source_mut(&mut self) -> &mut Source<T> {
        self.source.as_mut().expect(TAKEN)
    }
}

const TAKEN: &str = "only the drop comes after what takes the source";

impl<T: AsFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        // What was lent is dropped last, with nothing of it left in the runtime.
        drop(self.source.take().map(Source::into_lent));
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
