//! Connecting: what fails says so and leaves nothing behind, and the next try is as good as the first.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::thread;

use epore::net::{TcpStream, UnixStream, lookup_host};

use super::cell::{Cell, Expect::*, Fault::*, *};
use crate::support::open_descriptors;
use crate::support::unix::{abstract_path, std_addr};

const CONNECTIONS: u8 = 6;

/// Each connection is a socket, a connect, a registration, a wait and its outcome; a send, two receives and a close.
const CALLS: usize = 14 * CONNECTIONS as usize + 100;

/// Echoes a byte to each client that sends one. Some were told that they are not connected, and are gone.
fn serve<S: Read + Write>(accept: impl Fn() -> io::Result<S> + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut served = 0;
        while served < CONNECTIONS {
            let mut stream = accept().unwrap();
            let mut byte = [0];
            if stream.read_exact(&mut byte).is_ok() {
                stream.write_all(&byte).unwrap();
                served += 1;
            }
        }
    })
}

/// Makes all connections, one after another, and begins again after errors.
async fn connect(errors: &mut Vec<io::Error>, mut exchange: impl AsyncFnMut(u8) -> io::Result<()>) {
    for number in 0..CONNECTIONS {
        while let Err(error) = exchange(number).await {
            errors.push(error);
        }
    }
}

async fn exchange(stream: TcpStream, number: u8) -> io::Result<()> {
    stream.write_all(&[number]).await?;
    let mut echo = [0];
    stream.read_exact(&mut echo).await?;
    assert_eq!(echo, [number]);
    Ok(())
}

fn connect_tcp(errors: &mut Vec<io::Error>) {
    let before = open_descriptors().len();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = serve(move || listener.accept().map(|(stream, _)| stream));
    epore::block_on(connect(errors, async |number| exchange(TcpStream::connect(addr).await?, number).await));
    server.join().unwrap();
    assert_eq!(open_descriptors().len(), before, "nothing is left open");
}

#[test]
fn tcp_connections() {
    let words = "cannot connect to 127.0.0.1:";
    let cells = [
        ("connect", ECONNREFUSED, "1+2", Told(words)),
        ("connect", EHOSTUNREACH, "2+2", Told(words)),
        ("connect", ENETUNREACH, "1", Told(words)),
        ("connect", ETIMEDOUT, "3+3", Told(words)),
        ("connect", EADDRNOTAVAIL, "2", Told(words)),
        ("connect", EADDRINUSE, "1", Told(words)),
        ("connect", EACCES, "1", Told(words)),
        ("connect", EPERM, "4", Told(words)),
        ("connect", EAGAIN, "1", Told(words)),
        ("connect", ENOMEM, "1+2", Told(words)),
        ("connect", ENOBUFS, "1+3", Told(words)),
        ("connect", EIO, "2", Told(words)),
        ("connect", LateEnter(2000), "1+2", Nothing),
        ("connect", LateExit(2000), "2+2", Nothing),
        ("socket", EMFILE, "2+2", Told(words)),
        ("socket", ENFILE, "2", Told(words)),
        ("socket", ENOMEM, "3", Told(words)),
        ("socket", ENOBUFS, "2+3", Told(words)),
        ("socket", EACCES, "5", Told(words)),
        ("socket", LateExit(2000), "1+2", Nothing),
        ("epoll_ctl", ENOMEM, "2+3", Told(words)),
        ("epoll_ctl", ENOSPC, "3", Told(words)),
        ("epoll_ctl", LateExit(2000), "1+2", Nothing),
    ];
    check("connecting::tcp_connections", connect_tcp, CALLS, &cells);
}

/// A full backlog is `EAGAIN`, which is tried again.
#[test]
fn unix_connections() {
    let run = |errors: &mut Vec<io::Error>| {
        let path = abstract_path();
        let before = open_descriptors().len();
        let listener = std::os::unix::net::UnixListener::bind_addr(&std_addr(&path).unwrap()).unwrap();
        let server = serve(move || listener.accept().map(|(stream, _)| stream));
        let exchange = async |number| {
            let stream = UnixStream::connect(&path).await?;
            stream.write_all(&[number]).await?;
            let mut echo = [0];
            stream.read_exact(&mut echo).await?;
            assert_eq!(echo, [number]);
            Ok(())
        };
        epore::block_on(connect(errors, exchange));
        server.join().unwrap();
        assert_eq!(open_descriptors().len(), before, "nothing is left open");
    };
    let words = "cannot connect to @epore-test-";
    let cells = [
        ("connect", EAGAIN, "1", Nothing),
        ("connect", EAGAIN, "1+2", Nothing),
        ("connect", ECONNREFUSED, "1+2", Told(words)),
        ("connect", EPERM, "2", Told(words)),
        ("connect", ENOMEM, "3+3", Told(words)),
        ("connect", EIO, "1", Told(words)),
        ("connect", LateExit(2000), "2+2", Nothing),
        ("socket", EMFILE, "2+2", Told(words)),
        ("socket", ENFILE, "2", Told(words)),
        ("socket", ENOMEM, "3", Told(words)),
        ("socket", ENOBUFS, "2+3", Told(words)),
    ];
    check("connecting::unix_connections", run, CALLS, &cells);
}

/// When one address fails the other is tried, so there is no error.
#[test]
fn a_race_of_two_addresses() {
    let run = |errors: &mut Vec<io::Error>| {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let addrs: [SocketAddr; 2] = [([127, 0, 0, 1], port).into(), ([127, 0, 0, 2], port).into()];
        let server = serve(move || listener.accept().map(|(stream, _)| stream));
        epore::block_on(connect(errors, async |number| exchange(TcpStream::connect(&addrs[..]).await?, number).await));
        server.join().unwrap();
    };
    let cells: [Cell; 6] = [
        ("socket", EMFILE, "2", Nothing),
        ("socket", ENOBUFS, "3+3", Nothing),
        ("connect", ECONNREFUSED, "1+2", Nothing),
        ("connect", ENETUNREACH, "2+3", Nothing),
        ("socket", LateEnter(2000), "1+2", Nothing),
        ("connect", LateEnter(2000), "1+2", Nothing),
    ];
    check("connecting::a_race_of_two_addresses", run, CALLS, &cells);
}

/// The system may refuse the first thread of the pool, which looks names up; the next look-up asks again.
#[test]
fn names_that_are_looked_up() {
    let run = |errors: &mut Vec<io::Error>| {
        epore::block_on(async {
            for _ in 0..CONNECTIONS {
                match lookup_host("localhost:80").await {
                    Ok(mut addrs) => assert!(addrs.all(|addr| addr.ip().is_loopback())),
                    Err(error) => errors.push(error),
                }
            }
        });
    };
    let words = "cannot look up the host `localhost`";
    let cells = [("clone3", EAGAIN, "1", Told(words)), ("clone3", LateExit(2000), "1", Nothing)];
    check("connecting::names_that_are_looked_up", run, CALLS, &cells);
}
