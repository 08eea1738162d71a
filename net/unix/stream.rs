#![forbid(unsafe_code)]

use std::os::unix::net;

use crate::net::stream;

/// A connection of Unix sockets.
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
