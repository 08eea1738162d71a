#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;

use super::TcpStream;
use crate::executor::Direction;
use crate::net::lookup::{ToSocketAddrs, resolve};
use crate::net::source::Source;
use crate::net::sys;

impl TcpStream {
    /// Connects to a host. Its addresses are tried one after another.
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
    /// Those of [`lookup_host`](crate::net::lookup_host). If no address can be connected to, an error of the last one's
    /// kind that names each and why.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what was begun is closed.
    pub async fn connect(addr: impl ToSocketAddrs) -> io::Result<TcpStream> {
        let mut failures = Vec::new();
        for addr in resolve(&addr).await? {
            match connect_to(&addr).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failures.push((addr, error)),
            }
        }
        Err(connect_error(&failures))
    }
}

async fn connect_to(addr: &SocketAddr) -> io::Result<TcpStream> {
    let (stream, connected) = sys::connect(addr)?;
    if connected {
        return Ok(TcpStream::new(Source::new(stream)));
    }
    let source = Source::connecting(stream);
    // A socket that connects becomes writable when that is over, for better or worse, see connect(2).
    let finish = |stream: &std::net::TcpStream| stream.take_error()?.map_or(Ok(()), Err);
    source.io(Direction::Write, finish).await?;
    Ok(TcpStream::new(source))
}

fn connect_error(failures: &[(SocketAddr, io::Error)]) -> io::Error {
    let Some((_, last)) = failures.last() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to was given");
    };
    let causes: Vec<String> = failures.iter().map(|(addr, error)| format!("{addr}: {error}")).collect();
    io::Error::new(last.kind(), format!("cannot connect to {}", causes.join("; ")))
}
