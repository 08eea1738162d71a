#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use libc::c_int;

use super::TcpSocket;
use super::options::{KEEPALIVE, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, USER_TIMEOUT};

/// Options that tell how a peer which has gone silent is noticed. A [`TcpStream`](super::TcpStream) has them too.
impl TcpSocket {
    /// Whether an idle connection is probed now and then (`SO_KEEPALIVE`). Otherwise as
    /// [`TcpStream::keepalive`](super::TcpStream::keepalive).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.keepalive()?);   // by default a peer that has vanished is never noticed
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive(&self) -> io::Result<bool> {
        KEEPALIVE.is_set(self.as_fd())
    }

    /// Has the connection probed when it is idle (`SO_KEEPALIVE`). Otherwise as
    /// [`TcpStream::set_keepalive`](super::TcpStream::set_keepalive).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// # use std::time::Duration;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive(true)?;
    /// socket.set_keepalive_idle(Duration::from_secs(30))?;
    /// assert!(socket.keepalive()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added.
    pub fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
        KEEPALIVE.set(self.as_fd(), i32::from(keepalive))
    }

    /// For how long a connection is idle before it is probed, in whole seconds (`TCP_KEEPIDLE`). Otherwise as
    /// [`TcpStream::keepalive_idle`](super::TcpStream::keepalive_idle).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// # use std::time::Duration;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_idle(Duration::from_secs(30))?;
    /// assert_eq!(socket.keepalive_idle()?, Duration::from_secs(30));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_idle(&self) -> io::Result<Duration> {
        KEEPALIVE_IDLE.seconds(self.as_fd())
    }

    /// Sets for how long a connection is idle before it is probed, in whole seconds, rounded up (`TCP_KEEPIDLE`).
    /// Otherwise as [`TcpStream::set_keepalive_idle`](super::TcpStream::set_keepalive_idle).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpSocket};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_idle(Duration::from_secs(30))?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.keepalive_idle()?, Duration::from_secs(30));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added: Linux takes 1 to 32,767 seconds.
    pub fn set_keepalive_idle(&self, idle: Duration) -> io::Result<()> {
        KEEPALIVE_IDLE.set_seconds(self.as_fd(), idle)
    }

    /// How long after a probe the next one follows, in whole seconds (`TCP_KEEPINTVL`). Otherwise as
    /// [`TcpStream::keepalive_interval`](super::TcpStream::keepalive_interval).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// # use std::time::Duration;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_interval(Duration::from_secs(5))?;
    /// assert_eq!(socket.keepalive_interval()?, Duration::from_secs(5));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_interval(&self) -> io::Result<Duration> {
        KEEPALIVE_INTERVAL.seconds(self.as_fd())
    }

    /// Sets how long after a probe the next one follows, in whole seconds, rounded up (`TCP_KEEPINTVL`). Otherwise as
    /// [`TcpStream::set_keepalive_interval`](super::TcpStream::set_keepalive_interval).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpSocket};
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_interval(Duration::from_secs(5))?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.keepalive_interval()?, Duration::from_secs(5));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added: Linux takes 1 to 32,767 seconds.
    pub fn set_keepalive_interval(&self, interval: Duration) -> io::Result<()> {
        KEEPALIVE_INTERVAL.set_seconds(self.as_fd(), interval)
    }

    /// After how many probes without an answer the connection is given up (`TCP_KEEPCNT`). Otherwise as
    /// [`TcpStream::keepalive_probes`](super::TcpStream::keepalive_probes).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_probes(3)?;
    /// assert_eq!(socket.keepalive_probes()?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn keepalive_probes(&self) -> io::Result<u32> {
        KEEPALIVE_PROBES.get(self.as_fd()).map(c_int::unsigned_abs)
    }

    /// Sets after how many probes without an answer the connection is given up (`TCP_KEEPCNT`). Otherwise as
    /// [`TcpStream::set_keepalive_probes`](super::TcpStream::set_keepalive_probes).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpSocket};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive_probes(3)?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.keepalive_probes()?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added: Linux takes 1 to 127.
    pub fn set_keepalive_probes(&self, probes: u32) -> io::Result<()> {
        KEEPALIVE_PROBES.set(self.as_fd(), probes)
    }

    /// For how long sent data may go without an acknowledgement before the connection is given up, in whole
    /// milliseconds (`TCP_USER_TIMEOUT`). Otherwise as [`TcpStream::user_timeout`](super::TcpStream::user_timeout).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// let socket = TcpSocket::new_v4()?;
    /// assert_eq!(socket.user_timeout()?, None);   // some fifteen minutes
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn user_timeout(&self) -> io::Result<Option<Duration>> {
        USER_TIMEOUT.millis(self.as_fd())
    }

    /// Sets for how long sent data may go without an acknowledgement before the connection is given up, in whole
    /// milliseconds, rounded up (`TCP_USER_TIMEOUT`). Otherwise as
    /// [`TcpStream::set_user_timeout`](super::TcpStream::set_user_timeout).
    ///
    /// ```
    /// # use epore::net::TcpSocket;
    /// # use std::time::Duration;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_user_timeout(Some(Duration::from_secs(30)))?;
    /// assert_eq!(socket.user_timeout()?, Some(Duration::from_secs(30)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2), with the option and the value added: Linux takes at most 2,147,483,647 milliseconds.
    pub fn set_user_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        USER_TIMEOUT.set_millis(self.as_fd(), timeout)
    }
}
