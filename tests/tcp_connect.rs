#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use epore::net::{TcpSocket, TcpStream};
use support::polls::run;
use support::tcp::{closed_addr, reset};

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

/// R22
#[test]
fn an_address_without_a_route_names_itself_and_keeps_its_kind() {
    // Multicast and broadcast are no addresses for TCP, see RFC 9293, section 3.9.2.3.
    for (addr, kind) in
        [("255.255.255.255:1", ErrorKind::NetworkUnreachable), ("224.0.0.1:1", ErrorKind::NetworkUnreachable)]
    {
        let error = run(TcpStream::connect(addr)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(&format!("cannot connect to {addr}: ")), "{error}");
    }
}

/// R22: a reset that comes while the connection is being made, or before anybody looks, is told by the first who does.
#[test]
fn a_reset_right_after_the_handshake_is_learned() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let connecting = epore::spawn(TcpStream::connect(addr));
        epore::yield_now().await;
        reset(listener.accept()?.0)?;
        // The handshake was over when the reset came: to connect succeeds or says so, and then the stream does.
        let error = match connecting.await.unwrap() {
            Ok(stream) => stream.read(&mut [0; 1]).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
}

/// R22: two ends that are one, as a client gets whose port happens to be the one that it connects to.
#[test]
fn a_socket_that_connects_to_itself_talks_to_itself() -> io::Result<()> {
    run(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind("127.0.0.1:0".parse().unwrap())?;
        let addr = socket.local_addr()?;
        let stream = socket.connect(addr).await?;
        assert_eq!((stream.local_addr()?, stream.peer_addr()?), (addr, addr));
        stream.write_all(b"echo").await?;
        let mut buffer = [0; 4];
        stream.read_exact(&mut buffer).await?;
        assert_eq!(&buffer, b"echo");
        Ok(())
    })
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

#[test]
fn connecting_takes_no_room_for_a_look_up_or_a_race_that_does_not_come() {
    let addr = SocketAddr::from(([127, 0, 0, 1], 1));
    let [address, pair, text] = [
        size_of_val(&TcpStream::connect(addr)),
        size_of_val(&TcpStream::connect((addr.ip(), addr.port()))),
        size_of_val(&TcpStream::connect("127.0.0.1:1")),
    ];
    assert!(address.max(pair).max(text) <= 352, "{address}, {pair} and {text} bytes");
}
