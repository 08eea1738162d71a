#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::task::{Context, Poll, ready};

use super::UnixDatagram;
use super::room::{room_at, send_to};
use crate::executor::Direction;
use crate::net::sys::{self, Address};
use crate::net::unix::SocketAddr;

/// Sending.
impl UnixDatagram {
    /// Sends a message to the peer that the socket is [connected](UnixDatagram::connect) to, and says how many bytes it
    /// has. It waits for room in the peer's queue.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// assert_eq!(one.send(b"hello").await?, 5);
    /// assert_eq!(other.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of send(2): [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if the peer is gone,
    /// [`NotConnected`](io::ErrorKind::NotConnected) if there never was one, `EMSGSIZE` if the message is too long. No signal
    /// is raised.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub fn send(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Write, |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Sends a message to the socket at a path, or at an abstract name given with a zero byte before it, and says how many
    /// bytes it has. It waits for room in the receiver's queue.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let name = format!("\0epore-doc-send-to-{}", std::process::id());
    /// # let path = &name;
    /// use epore::net::UnixDatagram;
    ///
    /// let receiver = UnixDatagram::bind(path)?;
    /// let receiving = epore::spawn(async move {
    ///     for number in 0..1000 {
    ///         let mut buffer = [0; 1024];
    ///         let count = receiver.recv(&mut buffer).await.unwrap();
    ///         assert_eq!(&buffer[..count], format!("message {number}").as_bytes());
    ///     }
    /// });
    /// let sender = UnixDatagram::unbound()?;
    /// for number in 0..1000 {
    ///     sender.send_to(format!("message {number}").as_bytes(), path).await?;
    /// }
    /// receiving.await.unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`SocketAddr::from_pathname`]; those of sendto(2), with the target added. To wait for a receiver takes a
    /// descriptor, so those of socket(2) and connect(2) also. No signal is raised.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub async fn send_to(&self, buffer: &[u8], target: impl AsRef<Path>) -> io::Result<usize> {
        self.send_to_addr(buffer, &SocketAddr::from_path(target.as_ref())?).await
    }

    /// Sends a message to an address, such as that of a message that is answered, and says how many bytes it has.
    /// Otherwise as [`send_to`](UnixDatagram::send_to).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-send-to-addr-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.send_to_addr(b"hello", &server.local_addr()?).await?;
    /// assert_eq!(server.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_to`](UnixDatagram::send_to).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub async fn send_to_addr(&self, buffer: &[u8], target: &SocketAddr) -> io::Result<usize> {
        let sent = self.send_to_address(buffer, &target.into()).await;
        sent.map_err(|error| target.failed("send to", error))
    }

    async fn send_to_address(&self, buffer: &[u8], address: &Address) -> io::Result<usize> {
        loop {
            // Tried in any case: that this socket is not writable may be the fault of the peer that it is connected to.
            poll_fn(|cx| self.source.poll_budget(cx, Direction::Write)).await;
            match self.source.try_io(Direction::Write, |socket| send_to(socket, buffer, address)) {
                Ok(Some(count)) => return Ok(count),
                Ok(None) if room_at(address).await? => {}
                Ok(None) => {
                    self.source.drained(Direction::Write);
                    self.writable().await?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable().await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until a send is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// Of a socket that is not connected it says nothing about the receivers: while the queue of one is full, a loop around
    /// this and [`try_send_to`](UnixDatagram::try_send_to) spins. [`send_to`](UnixDatagram::send_to) waits.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.writable().await?;
    /// one.try_send(b"hello")?;
    /// assert_eq!(other.recv(&mut [0; 1024]).await?, 5);
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
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Write)
    }

    /// Sends a message to the peer if there is room now, and says how many bytes it has.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// let error = std::iter::repeat_with(|| one.try_send(b"hello")).find_map(Result::err).unwrap();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);   // the queue is full
    /// # drop(other);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; otherwise those of [`send`](UnixDatagram::send).
    pub fn try_send(&self, buffer: &[u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Write, |socket| sys::send(socket.as_fd(), buffer))
    }

    /// Sends a message to the socket at a path if there is room now, and says how many bytes it has.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-try-send-to-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.try_send_to(b"hello", path)?;
    /// assert_eq!(server.try_recv(&mut [0; 1024])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) alone if there is none; otherwise those of [`send_to`](UnixDatagram::send_to).
    pub fn try_send_to(&self, buffer: &[u8], target: impl AsRef<Path>) -> io::Result<usize> {
        self.try_send_to_addr(buffer, &SocketAddr::from_path(target.as_ref())?)
    }

    /// Sends a message to the socket at an address if there is room now, and says how many bytes it has.
    ///
    /// ```
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-try-send-to-addr-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.try_send_to_addr(b"hello", &server.local_addr()?)?;
    /// assert_eq!(server.try_recv(&mut [0; 1024])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_send_to`](UnixDatagram::try_send_to).
    pub fn try_send_to_addr(&self, buffer: &[u8], target: &SocketAddr) -> io::Result<usize> {
        match self.source.try_io(Direction::Write, |socket| send_to(socket, buffer, &target.into())) {
            Ok(sent) => sent.ok_or(io::ErrorKind::WouldBlock.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            Err(error) => Err(target.failed("send to", error)),
        }
    }
}

/// Sending by polling.
impl UnixDatagram {
    /// The poll form of [`send`](UnixDatagram::send): how many bytes the message has, once it is sent.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// poll_fn(|cx| one.poll_send(cx, b"hello")).await?;
    /// assert_eq!(other.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](UnixDatagram::send).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling sends nothing. The waker of the latest call that polls to send stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_send(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.source.poll(cx, Direction::Write, |socket| sys::send(socket.as_fd(), buffer))
    }

    /// The poll form of [`send_to`](UnixDatagram::send_to): how many bytes the message has, once it is sent.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-poll-send-to-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// poll_fn(|cx| client.poll_send_to(cx, b"hello", path)).await?;
    /// assert_eq!(server.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send_to`](UnixDatagram::send_to).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling sends nothing. The waker of the latest call stays behind, and is woken by the next event of the
    /// socket, or of its receiver if that had no room. To learn of the receiver takes a descriptor, which is closed by
    /// the next call, or with the socket.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buffer: &[u8],
        target: impl AsRef<Path>,
    ) -> Poll<io::Result<usize>> {
        self.poll_send_to_addr(cx, buffer, &SocketAddr::from_path(target.as_ref())?)
    }

    /// The poll form of [`send_to_addr`](UnixDatagram::send_to_addr): how many bytes the message has, once it is sent.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// # let name = format!("\0epore-doc-poll-send-to-addr-{}", std::process::id());
    /// # let path = &name;
    /// let server = UnixDatagram::bind(path)?;
    /// let client = UnixDatagram::unbound()?;
    /// let addr = server.local_addr()?;
    /// poll_fn(|cx| client.poll_send_to_addr(cx, b"hello", &addr)).await?;
    /// assert_eq!(server.recv(&mut [0; 1024]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send_to`](UnixDatagram::send_to).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// As [`poll_send_to`](UnixDatagram::poll_send_to): to stop polling sends nothing, and the waker of the latest call is
    /// woken.
    pub fn poll_send_to_addr(
        &self,
        cx: &mut Context<'_>,
        buffer: &[u8],
        target: &SocketAddr,
    ) -> Poll<io::Result<usize>> {
        let sent = self.poll_send_to_address(cx, buffer, target);
        if sent.is_ready() {
            self.waiting.end();
        }
        sent.map_err(|error| target.failed("send to", error))
    }

    fn poll_send_to_address(
        &self,
        cx: &mut Context<'_>,
        buffer: &[u8],
        target: &SocketAddr,
    ) -> Poll<io::Result<usize>> {
        let address = Address::from(target);
        loop {
            ready!(self.source.poll_budget(cx, Direction::Write));
            match self.source.try_io(Direction::Write, |socket| send_to(socket, buffer, &address)) {
                Ok(Some(count)) => return Poll::Ready(Ok(count)),
                Ok(None) if ready!(self.waiting.poll_room_at(cx, target))? => {}
                Ok(None) => {
                    self.source.drained(Direction::Write);
                    ready!(self.poll_send_ready(cx))?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.poll_send_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// The poll form of [`writable`](UnixDatagram::writable).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # use std::future::poll_fn;
    /// # use epore::net::UnixDatagram;
    /// let (one, other) = UnixDatagram::pair()?;
    /// poll_fn(|cx| one.poll_send_ready(cx)).await?;
    /// one.try_send(b"hello")?;
    /// assert_eq!(other.recv(&mut [0; 1024]).await?, 5);
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
    /// To stop polling sends nothing. The waker of the latest call that polls to send stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.poll_ready(cx, Direction::Write)
    }
}
