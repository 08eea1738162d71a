#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use super::TcpStream;
use super::socket::TcpSocket;
use crate::executor::failed;
use crate::net::lookup::ToSocketAddrs;
use crate::net::resolve::{Resolve, Unresolved};
use crate::net::source::Source;
use crate::net::sys;

impl TcpStream {
    /// Connects to a host. If it has several addresses they race, as RFC 8305 ("Happy Eyeballs") would have them.
    ///
    /// Both families take turns, the first address's first. The next address is tried when one fails, or when 250
    /// milliseconds ([or as the runtime was told](crate::Builder::connect_attempt_delay)) have brought no answer; those
    /// before it go on. The first connection wins, and all others are closed.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::net::TcpStream;
    ///
    /// let error = TcpStream::connect("127.0.0.1:1").await.unwrap_err();
    /// assert_eq!(error.to_string(), "cannot connect to 127.0.0.1:1: Connection refused (os error 111)");
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lookup_host`](crate::net::lookup_host). If no address can be connected to, an error of the kind of the
    /// last one to fail, that names each and why.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what was begun is closed.
    pub async fn connect(addr: impl ToSocketAddrs) -> io::Result<TcpStream> {
        match addr.target()?.at_once() {
            Ok(addr) => connect_to(addr).await,
            // Few connects look up or race, and none but they have the room for it.
            Err(target) => Box::pin(target.connect()).await,
        }
    }
}

/// Connects to one address.
pub(in crate::net) fn connect_to(addr: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
    connect(Attempt::begin, addr)
}

/// Connects a socket that is there already.
pub(super) fn connect_from(socket: OwnedFd, addr: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
    connect(|addr| Attempt::begin_from(socket, addr), addr)
}

async fn connect(begin: impl FnOnce(SocketAddr) -> io::Result<Attempt>, addr: SocketAddr) -> io::Result<TcpStream> {
    let failed = |error| connect_error(addr, error);
    let attempt = begin(addr).map_err(failed)?;
    poll_fn(|cx| attempt.poll(cx)).await.map_err(failed)?;
    Ok(attempt.into_stream())
}

/// A socket that connects. Dropping it closes the socket.
pub(super) struct Attempt {
    source: Source<std::net::TcpStream>,
}

impl Attempt {
    pub(super) fn begin(addr: SocketAddr) -> io::Result<Attempt> {
        Attempt::begin_from(TcpSocket::for_addr(addr)?.into(), addr)
    }

    /// Begins from a socket that may have been bound, and has its options.
    pub(super) fn begin_from(socket: OwnedFd, addr: SocketAddr) -> io::Result<Attempt> {
        let connected_at_once = sys::connect(socket.as_fd(), &addr.into())?;
        let stream = std::net::TcpStream::from(socket);
        let source = if connected_at_once { Source::new(stream) } else { Source::connecting(stream) };
        Ok(Attempt { source })
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket that connects becomes writable when that is over, for better or worse, see connect(2). If it has failed,
        // the same event tells of an error, so that success need not be asked for.
        if ready!(self.source.poll_connected(cx))? {
            self.source.take_error(std::net::TcpStream::take_error)?.map_or(Ok(()), Err)?;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn into_stream(self) -> TcpStream {
        TcpStream::new(self.source)
    }
}

fn connect_error(addr: SocketAddr, error: io::Error) -> io::Error {
    failed(format!("cannot connect to {addr}"), error)
}
