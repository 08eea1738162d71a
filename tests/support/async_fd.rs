//! Descriptors that are waited for through an `AsyncFd`.

use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::pin::pin;

use epore::net::AsyncFd;
use epore::reactor::Interest;

use super::polls::{poll_once, turns};

pub fn both() -> Interest {
    Interest::READABLE | Interest::WRITABLE
}

/// A pair of sockets, the first of which can be waited for.
pub fn socket() -> io::Result<(AsyncFd<UnixStream>, UnixStream)> {
    let (socket, peer) = UnixStream::pair()?;
    Ok((AsyncFd::new(socket)?, peer))
}

pub fn would_block<R>() -> io::Result<R> {
    Err(ErrorKind::WouldBlock.into())
}

/// Writes until there is no more room, and says how many bytes that were.
pub fn fill(mut socket: &UnixStream) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match socket.write(&[b'.'; 4096]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// A socket that is registered and full, its peer, and how many bytes there are to read.
pub async fn full_socket() -> io::Result<(AsyncFd<UnixStream>, UnixStream, usize)> {
    let (socket, peer) = socket()?;
    let mut guard = socket.writable().await?;
    let filled = fill(guard.get_inner())?;
    guard.clear_ready();
    Ok((socket, peer, filled))
}

/// Waits for something that only comes with `event`.
pub async fn waits_for<F: Future>(future: F, event: impl FnOnce() -> io::Result<()>) -> io::Result<F::Output> {
    let mut future = pin!(future);
    for _ in 0..5 {
        assert!(poll_once(future.as_mut()).await.is_pending());
        turns(1).await;
    }
    event()?;
    Ok(future.await)
}
