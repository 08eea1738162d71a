#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net;
use std::path::Path;
use std::time::Duration;

use super::{SocketAddr, UnixStream};
use crate::executor::{Delay, failed};
use crate::net::source::Source;
use crate::net::sys;

/// How long the first wait for room in a full backlog is: about as long as a busy server needs to accept what it has.
const FIRST_DELAY: Duration = Duration::from_millis(1);

/// How long a wait for room in a full backlog can grow: ten tries a second cost next to nothing, and no human notices.
const LONGEST_DELAY: Duration = Duration::from_millis(100);

/// Connecting.
impl UnixStream {
    /// Connects to the socket that listens at a path, or at an abstract name given with a zero byte before it.
    ///
    /// When the backlog of the listener is full, it waits until there is room. The system reports no event of that, so it
    /// tries again after 1 millisecond, then after twice as long each time, up to 100 milliseconds. It never gives up; a
    /// [`timeout`](crate::time::timeout) can.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::{UnixListener, UnixStream};
    ///
    /// let error = UnixStream::connect("/no/where").await.unwrap_err();
    /// assert_eq!(error.to_string(), "cannot connect to /no/where: No such file or directory (os error 2)");
    ///
    /// # let name = format!("\0epore-doc-connect-{}", std::process::id());
    /// # let path = &name;
    /// let listener = UnixListener::bind(path)?;
    /// let stream = UnixStream::connect(path).await?;
    /// stream.write_all(b"hello").await?;
    /// # drop(listener);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`SocketAddr::from_pathname`]; those of socket(2) and connect(2) but `EAGAIN`, with the path added.
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nobody was connected to then.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::from_path(path.as_ref())?).await
    }

    /// Connects to an address. Otherwise as [`connect`](UnixStream::connect).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let name = format!("epore-doc-connect-addr-{}", std::process::id());
    /// use epore::net::{UnixListener, UnixStream};
    /// use epore::net::unix::SocketAddr;
    ///
    /// let addr = SocketAddr::from_abstract_name(name)?;
    /// let listener = UnixListener::bind_addr(&addr)?;
    /// let stream = UnixStream::connect_addr(&addr).await?;
    /// assert_eq!(stream.peer_addr()?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socket(2) and connect(2) but `EAGAIN`, with the address added.
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nobody was connected to then.
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        connect(addr).await.map_err(|error| addr.failed("connect to", error))
    }

    /// Two sockets that are connected to each other.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let (stream, peer) = epore::net::UnixStream::pair()?;
    /// peer.write_all(b"hello").await?;
    /// assert_eq!(stream.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of socketpair(2).
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, other) = net::UnixStream::pair().map_err(pair_error)?;
        Ok((UnixStream::from_std(one)?, UnixStream::from_std(other)?))
    }
}

pub(super) fn pair_error(error: io::Error) -> io::Error {
    failed("cannot open a pair of Unix sockets", error)
}

async fn connect(addr: &SocketAddr) -> io::Result<UnixStream> {
    let socket = sys::open(libc::AF_UNIX, libc::SOCK_STREAM)?;
    let mut delay = FIRST_DELAY;
    // A Unix socket is connected at once or not at all: what has not failed has begun nothing, see connect(2).
    while !is_connected(sys::connect(socket.as_fd(), &addr.into()))? {
        let mut pause = Delay::new(delay);
        poll_fn(|cx| pause.poll(cx)).await;
        delay = LONGEST_DELAY.min(2 * delay);
    }
    Ok(UnixStream::new(Source::new(socket.into())))
}

fn is_connected(result: io::Result<bool>) -> io::Result<bool> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        result => result,
    }
}
