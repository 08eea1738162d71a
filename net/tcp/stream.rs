#![forbid(unsafe_code)]

use std::net;

use crate::net::stream;

/// A TCP connection. Its methods are those of [`Stream`](stream::Stream).
///
/// A program that takes urgent data itself, by recv(2) with `MSG_OOB`, should first wait for
/// [`Interest::PRIORITY`](crate::reactor::Interest::PRIORITY): if it takes the byte before the runtime has seen that there is
/// one, a read which stops at its mark waits for what comes next, though there is more behind the mark.
///
/// ```
/// # epore::block_on(async {
/// use epore::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let stream = TcpStream::connect(listener.local_addr()?).await?;
/// let (peer, _) = listener.accept().await?;
/// stream.write_all(b"hello").await?;
/// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub type TcpStream = stream::Stream<net::TcpStream>;

/// The borrowed half of [`TcpStream::split`] that reads.
pub type ReadHalf<'a> = stream::ReadHalf<'a, net::TcpStream>;

/// The borrowed half of [`TcpStream::split`] that writes.
pub type WriteHalf<'a> = stream::WriteHalf<'a, net::TcpStream>;

/// The owned half of [`TcpStream::into_split`] that reads.
pub type OwnedReadHalf = stream::OwnedReadHalf<net::TcpStream>;

/// The owned half of [`TcpStream::into_split`] that writes. Dropping it ends the stream that the peer reads.
pub type OwnedWriteHalf = stream::OwnedWriteHalf<net::TcpStream>;

/// Two halves are not of one TCP stream. They are in the error.
pub type ReuniteError = stream::ReuniteError<net::TcpStream>;
