#![forbid(unsafe_code)]

use std::os::unix::net;

use crate::net::stream;

/// A connection of Unix sockets, see unix(7). Its methods are those of [`Stream`](stream::Stream).
///
/// ```
/// # epore::block_on(async {
/// use epore::net::UnixStream;
///
/// let (stream, peer) = UnixStream::pair()?;
/// stream.write_all(b"hello").await?;
/// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub type UnixStream = stream::Stream<net::UnixStream>;

/// The borrowed half of [`UnixStream::split`] that reads.
pub type ReadHalf<'a> = stream::ReadHalf<'a, net::UnixStream>;

/// The borrowed half of [`UnixStream::split`] that writes.
pub type WriteHalf<'a> = stream::WriteHalf<'a, net::UnixStream>;

/// The owned half of [`UnixStream::into_split`] that reads.
pub type OwnedReadHalf = stream::OwnedReadHalf<net::UnixStream>;

/// The owned half of [`UnixStream::into_split`] that writes. Dropping it ends the stream that the peer reads.
pub type OwnedWriteHalf = stream::OwnedWriteHalf<net::UnixStream>;

/// Two halves are not of one Unix stream. They are in the error.
pub type ReuniteError = stream::ReuniteError<net::UnixStream>;
