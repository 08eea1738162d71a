#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use super::UnixStream;
use crate::net::sys;

/// Who is at the other end of a [`UnixStream`], as the system says: nobody can pretend to be somebody else. See
/// `SO_PEERCRED` in unix(7).
///
/// ```
/// # epore::block_on(async {
/// use std::os::unix::fs::MetadataExt;
/// use epore::net::UnixStream;
///
/// let (stream, _peer) = UnixStream::pair()?;
/// let peer = stream.peer_cred()?;
/// let this = std::fs::metadata("/proc/self")?;
/// assert_eq!((peer.uid(), peer.gid()), (this.uid(), this.gid()));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UCred {
    uid: u32,
    gid: u32,
    pid: Option<i32>,
}

impl UCred {
    /// The effective user id that the process had.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::os::unix::fs::MetadataExt;
    ///
    /// let peer = stream.peer_cred()?;
    /// assert_eq!(peer.uid(), std::fs::metadata("/proc/self")?.uid());   // it is this process
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// The effective group id that the process had.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::os::unix::fs::MetadataExt;
    ///
    /// let peer = stream.peer_cred()?;
    /// assert_eq!(peer.gid(), std::fs::metadata("/proc/self")?.gid());   // it is this process
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn gid(&self) -> u32 {
        self.gid
    }

    /// The id of the process. `None` if it cannot be seen from here, because it is in another PID namespace.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let peer = stream.peer_cred()?;
    /// assert_eq!(peer.pid(), Some(std::process::id() as i32));   // it is this process
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }
}

/// Credentials.
impl UnixStream {
    /// Who the peer was when it connected, or when it began to listen, or when it made the [`pair`](UnixStream::pair).
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::UnixStream;
    ///
    /// let (stream, _peer) = UnixStream::pair()?;
    /// assert_eq!(stream.peer_cred()?.pid(), Some(std::process::id() as i32));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn peer_cred(&self) -> io::Result<UCred> {
        let libc::ucred { uid, gid, pid } = sys::peer_credentials(self.as_fd())?;
        Ok(UCred { uid, gid, pid: (pid != 0).then_some(pid) })
    }
}
