#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use epore::net::TcpStream;
use support::polls::run;
use support::tcp::closed_addr;

#[test]
fn both_sides_agree_on_their_addresses() -> io::Result<()> {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(local)?;
        run(async {
            let stream = TcpStream::connect(listener.local_addr()?).await?;
            let (accepted, peer) = listener.accept()?;
            assert_eq!(stream.local_addr()?, peer);
            assert_eq!(stream.peer_addr()?, accepted.local_addr()?);
            assert!(stream.take_error()?.is_none());
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_name_and_a_port_are_enough() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    run(async {
        let stream = TcpStream::connect(("localhost", port)).await?;
        assert_eq!(stream.peer_addr()?, listener.local_addr()?);
        Ok(())
    })
}

/// R22
#[test]
fn a_refused_connection_names_the_address_and_keeps_its_kind() -> io::Result<()> {
    let (addr, _owner) = closed_addr()?;
    let error = run(TcpStream::connect(addr)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(error.to_string(), format!("cannot connect to {addr}: Connection refused (os error 111)"));
    Ok(())
}

#[test]
fn the_next_address_is_tried() -> io::Result<()> {
    let (closed, _owner) = closed_addr()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addrs = [closed, listener.local_addr()?];
    let stream = run(TcpStream::connect(&addrs[..]))?;
    assert_eq!(stream.peer_addr()?, addrs[1]);
    Ok(())
}

#[test]
fn if_no_address_works_all_are_named() -> io::Result<()> {
    let ((first, _owner), (second, _other)) = (closed_addr()?, closed_addr()?);
    let error = run(TcpStream::connect([first, second])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    for addr in [first, second] {
        assert!(error.to_string().contains(&addr.to_string()), "{error}");
    }
    Ok(())
}

#[test]
fn no_address_is_an_error_that_says_so() {
    let error = run(TcpStream::connect(Vec::<SocketAddr>::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "no address to connect to was given");
}

#[test]
fn an_address_that_cannot_be_read_is_an_error_that_quotes_it() {
    let cases = [
        ("localhost", "`localhost` has no port: write `host:port`"),
        ("localhost:http", "`http` in `localhost:http` is not a port number from 0 to 65535"),
        ("127.0.0.1:65536", "`65536` in `127.0.0.1:65536` is not a port number from 0 to 65535"),
        (":80", "the host is empty"),
        ("", "`` has no port: write `host:port`"),
    ];
    for (text, message) in cases {
        let error = run(TcpStream::connect(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        assert_eq!(error.to_string(), message);
    }
}
