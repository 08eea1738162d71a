//! The example `websocket`.

#![forbid(unsafe_code)]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use async_tungstenite::client_async;
use async_tungstenite::tungstenite::{Error, Message};
use futures::StreamExt;
use support::few_descriptors::server_that_ran_out;
use support::{Server, run_future};

#[test]
fn the_example_talks_to_itself() {
    let expected = "the server answers 101 Switching Protocols\nit says: good morning\nit says: how are you?\n\
                    it says: good night\na message of a MiB came back whole\nthe server closed in turn\n";
    assert_eq!(support::run("websocket"), expected);
}

/// The socket of a client with the handshake behind it.
fn handshake(server: &Server) -> TcpStream {
    let mut stream = server.connect();
    let request = "GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    // The answer to the key of RFC 6455, section 1.3.
    assert!(String::from_utf8(answer).unwrap().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    stream
}

/// A frame of a client, whose mask changes nothing.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    [&[head, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

#[test]
fn fragments_are_joined_and_pings_between_them_are_answered() {
    let server = Server::start_with("websocket", &["--serve"]);
    let mut stream = handshake(&server);
    for byte in [frame(0x01, b"frag"), frame(0x89, b"there?"), frame(0x80, b"ments")].concat() {
        stream.write_all(&[byte]).unwrap();
    }
    let mut answer = [0; 8 + 11];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"\x8a\x06there?\x81\x09fragments");
}

#[test]
fn a_close_is_answered_with_its_code_and_then_the_connection_ends() {
    let server = Server::start_with("websocket", &["--serve"]);
    let mut stream = handshake(&server);
    stream.write_all(&frame(0x88, &1000_u16.to_be_bytes())).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"\x88\x02\x03\xe8");
}

#[test]
fn one_who_breaks_the_rules_or_leaves_ends_alone() {
    let server = Server::start_with("websocket", &["--serve"]);
    let mut rude = handshake(&server);
    let reserved_opcode = 0x8b;
    rude.write_all(&frame(reserved_opcode, b"")).unwrap();
    rude.read_to_end(&mut Vec::new()).unwrap();
    drop(handshake(&server));
    server.connect().shutdown(Shutdown::Both).unwrap();
    let addr = server.addr;
    run_future(async move {
        let stream = epore::net::TcpStream::connect(addr).await.unwrap();
        let (mut socket, _) = client_async(format!("ws://{addr}/"), stream).await.unwrap();
        socket.send(Message::text("still there?")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("still there?"));
    });
}

#[test]
fn a_server_that_leaves_without_a_word_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    run_future(async move {
        let stream = epore::net::TcpStream::connect(addr).await.unwrap();
        drop(listener.accept().unwrap());
        let error = client_async(format!("ws://{addr}/"), stream).await.unwrap_err();
        assert!(matches!(error, Error::Io(_) | Error::Protocol(_)), "{error}");
    });
}

#[test]
fn when_descriptors_run_out_it_says_so_and_goes_on() {
    let server = server_that_ran_out("websocket", &["--serve"]);
    let mut stream = handshake(&server);
    stream.write_all(&frame(0x81, b"still there?")).unwrap();
    let mut answer = [0; 2 + 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"\x81\x0cstill there?");
}
