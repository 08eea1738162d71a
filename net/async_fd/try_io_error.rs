#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

/// An operation was not worth trying after all: it would have had to wait.
///
/// ```
/// # epore::block_on(async {
/// # use epore::net::AsyncFd;
/// let (_reader, writer) = std::io::pipe()?;
/// let writer = AsyncFd::new(writer)?;
/// let mut guard = writer.writable().await?;
/// let error = guard.try_io(|_| Err::<(), _>(std::io::ErrorKind::WouldBlock.into())).unwrap_err();
/// assert_eq!(error.to_string(), "the operation would have had to wait");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct TryIoError(());

impl TryIoError {
    pub(super) fn new() -> TryIoError {
        TryIoError(())
    }
}

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would have had to wait")
    }
}

impl Error for TryIoError {}
