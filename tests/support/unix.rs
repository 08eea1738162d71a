//! Unix sockets: names that nobody else uses, and connected pairs of the runtime's side and a blocking peer.

use std::fs;
use std::io;
use std::ops::Deref;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use epore::net::{UnixDatagram, UnixStream};

static COUNT: AtomicUsize = AtomicUsize::new(0);

fn unique() -> String {
    format!("epore-test-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed))
}

/// A path in a folder of its own, which is removed in the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> io::Result<Scratch> {
        let folder = std::env::temp_dir().join(unique());
        fs::create_dir(&folder)?;
        Ok(Scratch(folder.join("socket")))
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let folder = self.0.parent().expect("the path is in a folder");
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
}

/// A path that stands for an abstract name.
pub fn abstract_path() -> String {
    format!("\0{}", unique())
}

/// The address that such a path stands for.
pub fn std_addr(abstract_path: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(&abstract_path[1..])
}

/// A stream, not registered yet, and its peer.
pub fn pair() -> io::Result<(UnixStream, std::os::unix::net::UnixStream)> {
    let (stream, peer) = std::os::unix::net::UnixStream::pair()?;
    Ok((UnixStream::from_std(stream)?, peer))
}

/// A stream that has been registered with the runtime, and its peer.
pub async fn registered_pair() -> io::Result<(UnixStream, std::os::unix::net::UnixStream)> {
    let (stream, peer) = pair()?;
    stream.writable().await?;
    Ok((stream, peer))
}

/// Writes until there is no more room, and says how many bytes that were.
pub fn fill(stream: &UnixStream) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match stream.try_write(&[b'.'; 64 * 1024]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// Sends until there is no more room at the receiver, and says how many messages that were.
pub fn fill_receiver(sender: &UnixDatagram, path: &str) -> io::Result<usize> {
    until_would_block(|| sender.try_send_to(b"other", path))
}

/// Does something until it would have to wait, and says how often that was.
pub fn until_would_block(mut step: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match step() {
            Ok(_) => count += 1,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}
