//! The errors of the system had become text: who wanted to know the errno had to read it.

#![forbid(unsafe_code)]

use std::future::ready;
use std::io;
use std::time::Duration;

use epore::Builder;
use epore::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixStream, lookup_host};

use crate::support::polls::run;
use crate::support::source_errno;
use crate::support::tcp::{closed_addr, pair};
use crate::support::unix::abstract_path;

/// The error has the system's as its source, and says each thing once.
fn assert_source(error: &io::Error, errno: i32) {
    assert_eq!(source_errno(error), Some(errno), "{error:?}");
    assert_eq!(error.kind(), io::Error::from_raw_os_error(errno).kind());
    assert_eq!(format!("{error:?}").matches(&error.to_string()).count(), 1, "{error:?}");
}

#[test]
fn an_address_in_use_keeps_its_errno() -> io::Result<()> {
    run(async {
        let owner = std::net::TcpListener::bind("127.0.0.1:0")?;
        let addr = owner.local_addr()?;
        assert_source(&TcpListener::bind(addr).await.unwrap_err(), libc::EADDRINUSE);
        assert_source(&TcpSocket::new_v4()?.bind(addr).unwrap_err(), libc::EADDRINUSE);
        Ok(())
    })
}

#[test]
fn an_option_that_is_refused_keeps_its_errno() -> io::Result<()> {
    let (stream, _peer) = pair()?;
    assert_source(&stream.set_keepalive_idle(Duration::ZERO).unwrap_err(), libc::EINVAL);
    assert_source(&TcpSocket::new_v4()?.set_keepalive_idle(Duration::ZERO).unwrap_err(), libc::EINVAL);
    Ok(())
}

#[test]
fn a_connection_that_is_refused_keeps_its_errno() -> io::Result<()> {
    run(async {
        assert_source(&UnixStream::connect(abstract_path()).await.unwrap_err(), libc::ECONNREFUSED);
        let ((one, _one_held), (other, _other_held)) = (closed_addr()?, closed_addr()?);
        assert_source(&TcpStream::connect(one).await.unwrap_err(), libc::ECONNREFUSED);
        assert_source(&TcpStream::connect(&[one, other][..]).await.unwrap_err(), libc::ECONNREFUSED);
        Ok(())
    })
}

#[test]
fn a_look_up_that_fails_keeps_its_errno() -> io::Result<()> {
    let unreachable = |_, _| ready(Err(io::Error::from_raw_os_error(libc::ENETUNREACH)));
    let runtime = Builder::new().resolver(unreachable).build()?;
    let error = runtime.block_on(lookup_host("nowhere:80")).map(drop).unwrap_err();
    assert_source(&error, libc::ENETUNREACH);
    Ok(())
}

#[test]
fn a_datagram_that_cannot_be_sent_keeps_its_errno() -> io::Result<()> {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        assert_source(&socket.send_to(b"x", "127.255.255.255:9").await.unwrap_err(), libc::EACCES);
        let error = UnixDatagram::unbound()?.send_to(b"x", abstract_path()).await.unwrap_err();
        assert_source(&error, libc::ECONNREFUSED);
        Ok(())
    })
}
