#![forbid(unsafe_code)]

use std::fmt::{Debug, Display};
use std::io;
use std::net::{self, Shutdown};
use std::os::fd::AsFd;
use std::os::unix;

/// A socket of the standard library that a [`Stream`](super::Stream) is made of. The trait is sealed.
///
/// ```
/// use epore::net::stream::{Stream, StreamSocket};
///
/// /// Works over TCP as over Unix sockets.
/// async fn greet<S: StreamSocket>(stream: &Stream<S>) -> std::io::Result<()> {
///     println!("{} has connected", stream.peer_addr()?);
///     stream.write_all(b"hello").await
/// }
/// # epore::block_on(async {
/// # let (stream, peer) = epore::net::UnixStream::pair()?;
///
/// greet(&stream).await?;
/// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub trait StreamSocket: AsFd + Debug + sealed::Sealed + 'static {
    /// What names an end of the connection.
    type Addr: Clone + Debug + Display;

    /// Whether control data may come with what is received.
    #[doc(hidden)]
    const HAS_CONTROL: bool;

    #[doc(hidden)]
    fn local_addr(&self) -> io::Result<Self::Addr>;
    #[doc(hidden)]
    fn peer_addr(&self) -> io::Result<Self::Addr>;
    #[doc(hidden)]
    fn take_error(&self) -> io::Result<Option<io::Error>>;
    #[doc(hidden)]
    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()>;
    #[doc(hidden)]
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
}

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
}

/// Forwards to the methods of the same name.
macro_rules! stream_socket {
    ($socket:ty, $addr:ty, has_control: $has_control:expr) => {
        impl sealed::Sealed for $socket {}

        impl StreamSocket for $socket {
            type Addr = $addr;
            const HAS_CONTROL: bool = $has_control;

            fn local_addr(&self) -> io::Result<$addr> {
                <$socket>::local_addr(self).map(Into::into)
            }

            fn peer_addr(&self) -> io::Result<$addr> {
                <$socket>::peer_addr(self).map(Into::into)
            }

            fn take_error(&self) -> io::Result<Option<io::Error>> {
                <$socket>::take_error(self)
            }

            fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
                <$socket>::set_nonblocking(self, nonblocking)
            }

            fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                <$socket>::shutdown(self, how)
            }
        }
    };
}

stream_socket!(net::TcpStream, net::SocketAddr, has_control: false);
stream_socket!(unix::net::UnixStream, crate::net::unix::SocketAddr, has_control: true);
