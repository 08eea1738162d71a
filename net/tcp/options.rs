#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use super::TcpStream;
use crate::net::sys;

/// Options.
impl TcpStream {
    /// Whether small writes are sent at once (`TCP_NODELAY`), see tcp(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.get().nodelay()
    }

    /// Sends small writes at once, or lets the system gather them (`TCP_NODELAY`), see tcp(7).
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get().set_nodelay(nodelay)
    }

    /// How many routers a packet may pass (`IP_TTL`), see ip(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.get().ttl()
    }

    /// Sets how many routers a packet may pass (`IP_TTL`), see ip(7).
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.get().set_ttl(ttl)
    }

    /// How long closing waits for unsent data (`SO_LINGER`), see socket(7).
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        sys::linger(self.as_fd())
    }

    /// Sets how long closing waits for unsent data, in whole seconds (`SO_LINGER`), see socket(7).
    ///
    /// With a duration of zero, closing throws unsent data away and resets the connection. With any other, closing blocks
    /// the thread, and with it the runtime.
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
    /// Those of setsockopt(2).
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        sys::set_linger(self.as_fd(), linger)
    }
}
