#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use super::TcpStream;
use crate::net::int_option::{IntOption, TTL};
use crate::net::linger::{linger, set_linger};

pub(super) const NODELAY: IntOption = IntOption::new(libc::IPPROTO_TCP, libc::TCP_NODELAY, "TCP_NODELAY");
pub(super) const KEEPALIVE: IntOption = IntOption::new(libc::SOL_SOCKET, libc::SO_KEEPALIVE, "SO_KEEPALIVE");
pub(super) const KEEPALIVE_IDLE: IntOption = IntOption::new(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, "TCP_KEEPIDLE");
pub(super) const KEEPALIVE_INTERVAL: IntOption =
    IntOption::new(libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, "TCP_KEEPINTVL");
pub(super) const KEEPALIVE_PROBES: IntOption = IntOption::new(libc::IPPROTO_TCP, libc::TCP_KEEPCNT, "TCP_KEEPCNT");
pub(super) const USER_TIMEOUT: IntOption =
    IntOption::new(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT");
const QUICKACK: IntOption = IntOption::new(libc::IPPROTO_TCP, libc::TCP_QUICKACK, "TCP_QUICKACK");

/// Options.
impl TcpStream {
    /// Whether small writes are sent at once (`TCP_NODELAY`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// assert!(!stream.nodelay()?);   // by default they are gathered
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        NODELAY.is_set(self.as_fd())
    }

    /// Sends small writes at once, or lets the system gather them (`TCP_NODELAY`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_nodelay(true)?;
    /// assert!(stream.nodelay()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        NODELAY.set(self.as_fd(), i32::from(nodelay))
    }

    /// How many routers a packet may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_ttl(1)?;   // never leaves the local network
    /// assert_eq!(stream.ttl()?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        TTL.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets how many routers a packet may pass, in hops (`IP_TTL`), see ip(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_ttl(255)?;
    /// assert_eq!(stream.ttl()?, 255);
    /// assert_eq!(stream.set_ttl(256).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if that is not from 1 to 255.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        TTL.set(self.as_fd(), ttl)
    }

    /// How long closing waits for unsent data, in whole seconds, or `None` if it does not (`SO_LINGER`), see socket(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// assert_eq!(stream.linger()?, None);   // the system goes on sending by itself
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        linger(self.as_fd())
    }

    /// Sets how long closing waits for unsent data, in whole seconds, rounded up (`SO_LINGER`), see socket(7).
    ///
    /// With a duration of zero, closing throws unsent data away and resets the connection. With any other, closing
    /// blocks the thread, and with it the runtime.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_linger(Some(std::time::Duration::ZERO))?;
    /// drop(stream);   // resets the connection
    /// let error = peer.read(&mut [0; 16]).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for more than 2,147,483,647 seconds.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        set_linger(self.as_fd(), linger)
    }

    /// Has closing reset the connection, which throws unsent data away: [`set_linger`](TcpStream::set_linger) with zero.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_zero_linger()?;
    /// drop(stream);
    /// let error = peer.read(&mut [0; 16]).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }

    /// Whether an idle connection is probed now and then (`SO_KEEPALIVE`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// assert!(!stream.keepalive()?);   // by default a peer that has vanished is never noticed
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive(&self) -> io::Result<bool> {
        KEEPALIVE.is_set(self.as_fd())
    }

    /// Has the connection probed when it is idle, so that a peer which has vanished is noticed (`SO_KEEPALIVE`), see tcp(7).
    ///
    /// By default the system begins after two hours; the methods that follow say sooner.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive(true)?;
    /// stream.set_keepalive_idle(Duration::from_secs(30))?;
    /// stream.set_keepalive_interval(Duration::from_secs(5))?;
    /// stream.set_keepalive_probes(3)?;   // given up after 30 + 3 * 5 seconds
    /// assert!(stream.keepalive()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
        KEEPALIVE.set(self.as_fd(), i32::from(keepalive))
    }

    /// For how long a connection is idle before it is probed, in whole seconds (`TCP_KEEPIDLE`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_idle(Duration::from_millis(1500))?;
    /// assert_eq!(stream.keepalive_idle()?, Duration::from_secs(2));   // rounded up
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_idle(&self) -> io::Result<Duration> {
        KEEPALIVE_IDLE.seconds(self.as_fd())
    }

    /// Sets for how long a connection is idle before it is probed, in whole seconds, rounded up (`TCP_KEEPIDLE`).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_idle(Duration::from_secs(30))?;
    /// assert_eq!(stream.keepalive_idle()?, Duration::from_secs(30));
    /// assert!(stream.set_keepalive_idle(Duration::ZERO).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2): Linux takes 1 to 32,767 seconds.
    pub fn set_keepalive_idle(&self, idle: Duration) -> io::Result<()> {
        KEEPALIVE_IDLE.set_seconds(self.as_fd(), idle)
    }

    /// How long after a probe the next one follows, in whole seconds (`TCP_KEEPINTVL`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_interval(Duration::from_millis(1500))?;
    /// assert_eq!(stream.keepalive_interval()?, Duration::from_secs(2));   // rounded up
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_interval(&self) -> io::Result<Duration> {
        KEEPALIVE_INTERVAL.seconds(self.as_fd())
    }

    /// Sets how long after a probe the next one follows, in whole seconds, rounded up (`TCP_KEEPINTVL`).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_interval(Duration::from_secs(5))?;
    /// assert_eq!(stream.keepalive_interval()?, Duration::from_secs(5));
    /// assert!(stream.set_keepalive_interval(Duration::from_secs(40_000)).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2): Linux takes 1 to 32,767 seconds.
    pub fn set_keepalive_interval(&self, interval: Duration) -> io::Result<()> {
        KEEPALIVE_INTERVAL.set_seconds(self.as_fd(), interval)
    }

    /// After how many probes without an answer the connection is given up (`TCP_KEEPCNT`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_probes(3)?;
    /// assert_eq!(stream.keepalive_probes()?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_probes(&self) -> io::Result<u32> {
        KEEPALIVE_PROBES.get(self.as_fd()).map(i32::unsigned_abs)
    }

    /// Sets after how many probes without an answer the connection is given up (`TCP_KEEPCNT`).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_keepalive_probes(127)?;
    /// assert_eq!(stream.keepalive_probes()?, 127);
    /// let error = stream.set_keepalive_probes(128).unwrap_err();
    /// assert_eq!(error.to_string(), "cannot set TCP_KEEPCNT to 128: Invalid argument (os error 22)");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2): Linux takes 1 to 127.
    pub fn set_keepalive_probes(&self, probes: u32) -> io::Result<()> {
        KEEPALIVE_PROBES.set(self.as_fd(), probes)
    }

    /// For how long sent data may go without an acknowledgement before the connection is given up (`TCP_USER_TIMEOUT`), or
    /// `None` for what the system makes of its number of retries, some fifteen minutes. See tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// assert_eq!(stream.user_timeout()?, None);
    /// stream.set_user_timeout(Some(Duration::from_micros(1500)))?;
    /// assert_eq!(stream.user_timeout()?, Some(Duration::from_millis(2)));   // rounded up
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn user_timeout(&self) -> io::Result<Option<Duration>> {
        USER_TIMEOUT.millis(self.as_fd())
    }

    /// Sets for how long sent data may go without an acknowledgement before the connection is given up, in whole
    /// milliseconds, rounded up (`TCP_USER_TIMEOUT`). Writes then fail with [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_user_timeout(Some(Duration::from_secs(30)))?;
    /// assert_eq!(stream.user_timeout()?, Some(Duration::from_secs(30)));
    /// assert!(stream.set_user_timeout(Some(Duration::MAX)).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2): Linux takes at most 2,147,483,647 milliseconds.
    pub fn set_user_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        USER_TIMEOUT.set_millis(self.as_fd(), timeout)
    }

    /// Whether what arrives is acknowledged at once (`TCP_QUICKACK`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_quickack(false)?;
    /// assert!(!stream.quickack()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn quickack(&self) -> io::Result<bool> {
        QUICKACK.is_set(self.as_fd())
    }

    /// Acknowledges what arrives at once, until the system decides otherwise (`TCP_QUICKACK`), see tcp(7).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// stream.set_quickack(true)?;
    /// assert!(stream.quickack()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        QUICKACK.set(self.as_fd(), i32::from(quickack))
    }
}
