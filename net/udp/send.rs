#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::UdpSocket;
use crate::executor::{Direction, failed};
use crate::net::lookup::{Addrs, ToSocketAddrs};
use crate::net::resolve::{Resolve, Unresolved};

/// Sending.
impl UdpSocket {
    /// Sends a datagram, and says how long it was, which is all of `buffer`.
    ///
    /// A name is looked up off the loop, for each datagram anew: whoever sends often looks it up once, or
    /// [connects](UdpSocket::connect). If the target has several addresses, the datagram goes to the first that is of the
    /// socket's own family. An address as such costs neither a look-up nor an allocation.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # let receiver = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"hello", receiver.local_addr()?).await?;
    /// assert_eq!(receiver.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host). Otherwise those of sendto(2), with the target added, as
    /// `EMSGSIZE` if the datagram is too long, and [`PermissionDenied`](io::ErrorKind::PermissionDenied) if it goes to
    /// all and [`set_broadcast`](UdpSocket::set_broadcast) was not called. On a connected socket also the
    /// [errors of datagrams sent before](UdpSocket#errors-of-datagrams-sent-before). Nothing was sent then.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub async fn send_to(&self, buffer: &[u8], target: impl ToSocketAddrs) -> io::Result<usize> {
        let target = match target.target()?.at_once() {
            Ok(addr) => addr,
            // Few sends look up, and none but they have the room for it.
            Err(target) => Box::pin(self.look_up(target)).await?,
        };
        let sent = self.source.io(Direction::Write, |socket| socket.send_to(buffer, target)).await;
        sent.map_err(|error| send_error(target, error))
    }

    /// The poll form of [`send_to`](UdpSocket::send_to), for an address: how many bytes were sent, which is all of
    /// `buffer`.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let receiver = UdpSocket::bind("127.0.0.1:0").await?;
    /// use std::future::poll_fn;
    ///
    /// let target = receiver.local_addr()?;
    /// poll_fn(|cx| socket.poll_send_to(cx, b"hello", target)).await?;
    /// assert_eq!(receiver.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send_to`](UdpSocket::send_to).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling sends nothing. The waker of the latest call that polls to send stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_send_to(&self, cx: &mut Context<'_>, buffer: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        let sent = self.source.poll(cx, Direction::Write, |socket| socket.send_to(buffer, target));
        sent.map_err(|error| send_error(target, error))
    }

    /// Sends a datagram to an address if the send buffer has room now, and says how many bytes it has. Otherwise as
    /// [`send_to`](UdpSocket::send_to).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let receiver = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.try_send_to(b"hello", receiver.local_addr()?)?, 5);
    /// assert_eq!(receiver.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) alone if it has none; otherwise those of [`send_to`](UdpSocket::send_to).
    pub fn try_send_to(&self, buffer: &[u8], target: SocketAddr) -> io::Result<usize> {
        let sent = self.source.try_io(Direction::Write, |socket| socket.send_to(buffer, target));
        sent.map_err(|error| send_error(target, error))
    }

    /// Sends a datagram to the peer that the socket is connected to, and says how long it was, which is all of `buffer`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # let receiver = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(receiver.local_addr()?).await?;
    /// socket.send(b"hello").await?;
    /// assert_eq!(receiver.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of send(2) as the system gives them, as `EDESTADDRREQ` if the socket is not connected, `EMSGSIZE` if the
    /// datagram is too long, and the [errors of datagrams sent before](UdpSocket#errors-of-datagrams-sent-before).
    /// Nothing was sent then.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub fn send(&self, buffer: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.io(Direction::Write, |socket| socket.send(buffer))
    }

    /// The poll form of [`send`](UdpSocket::send): how many bytes were sent, which is all of `buffer`.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    ///
    /// poll_fn(|cx| socket.poll_send(cx, b"hello")).await?;
    /// assert_eq!(peer.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](UdpSocket::send).
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
        self.source.poll(cx, Direction::Write, |socket| socket.send(buffer))
    }

    /// Sends a datagram if the send buffer has room now, and says how many bytes it has. Otherwise as
    /// [`send`](UdpSocket::send).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// assert_eq!(socket.try_send(b"hello")?, 5);
    /// assert_eq!(peer.recv(&mut [0; 1500]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it has none; otherwise those of [`send`](UdpSocket::send).
    pub fn try_send(&self, buffer: &[u8]) -> io::Result<usize> {
        self.source.try_io(Direction::Write, |socket| socket.send(buffer))
    }

    async fn look_up(&self, target: impl Unresolved) -> io::Result<SocketAddr> {
        match target.addrs().await? {
            Addrs::One(addr) => Ok(addr),
            Addrs::List(addrs) => self.reachable(&addrs),
        }
    }

    /// The first of several addresses that is of the socket's family. If there is none, the first: the system will say
    /// what is wrong with it.
    fn reachable(&self, addrs: &[SocketAddr]) -> io::Result<SocketAddr> {
        let is_ipv4 = self.local_addr()?.is_ipv4();
        let same_family = addrs.iter().find(|addr| addr.is_ipv4() == is_ipv4);
        let no_address = || io::Error::new(io::ErrorKind::InvalidInput, "no address to send to was given");
        same_family.or(addrs.first()).copied().ok_or_else(no_address)
    }
}

/// Names the target, unless the error only says to wait, which costs nothing to say.
#[cold]
fn send_error(target: SocketAddr, error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => error,
        _ => failed(format!("cannot send to {target}"), error),
    }
}
