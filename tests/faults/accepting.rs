//! Accepting: no connection is lost, and who accepts at a limit does not spin.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Instant;

use epore::net::{TcpListener, UnixListener};

use super::cell::{Cell, Expect::*, Fault::*, *};
use crate::support::unix::{abstract_path, std_addr};

const CONNECTIONS: u8 = 12;

/// Each connection is a wait, an accept, a read and a close, which the standard library checks; an error names an address.
const CALLS: usize = 8 * CONNECTIONS as usize + 100;

const fn faults(words: &'static str) -> [Cell; 17] {
    [
        ("accept4", EAGAIN, "1", Nothing),
        ("accept4", EINTR, "1", Nothing),
        ("accept4", EINTR, "1+2", Nothing),
        ("accept4", EINTR, "3+3", Nothing),
        ("accept4", ECONNABORTED, "1", Nothing),
        ("accept4", ECONNABORTED, "2+2", Nothing),
        ("accept4", EPROTO, "1+3", Nothing),
        ("accept4", ENETDOWN, "3+3", Nothing),
        ("accept4", ENETUNREACH, "4", Nothing),
        ("accept4", EMFILE, "2+8", Told(words)),
        ("accept4", ENFILE, "1", Told(words)),
        ("accept4", ENOBUFS, "3+9", Told(words)),
        ("accept4", ENOMEM, "5", Told(words)),
        ("accept4", EPERM, "2+2", Told(words)),
        ("accept4", EIO, "3+3", Told(words)),
        ("accept4", LateEnter(2000), "1+2", Nothing),
        ("accept4", LateExit(2000), "2+2", Nothing),
    ]
}

/// Connects again and again, each time with a greeting, which is answered.
fn connect<S: Read + Write>(connect: impl Fn() -> io::Result<S> + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for number in 0..CONNECTIONS {
            let mut stream = connect().unwrap();
            stream.write_all(&[number]).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert_eq!(answer, [!number]);
        }
    })
}

/// Accepts all of them in order, and goes on after errors, at once: what runs out must not make this a loop that spins.
async fn accept(errors: &mut Vec<io::Error>, mut serve: impl AsyncFnMut() -> io::Result<u8>) {
    let mut expected = 0;
    while expected < CONNECTIONS {
        let before = Instant::now();
        match serve().await {
            Ok(number) => {
                assert_eq!(number, expected, "no connection is lost, and none is served twice");
                expected += 1;
            }
            Err(error) => {
                let is_exhausted = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM, libc::ENOSPC]
                    .iter()
                    .any(|&errno| error.to_string().ends_with(&io::Error::from_raw_os_error(errno).to_string()));
                assert!(!is_exhausted || before.elapsed().as_millis() >= 100, "{error}");
                errors.push(error);
            }
        }
    }
}

fn accept_tcp(errors: &mut Vec<io::Error>) {
    let client = epore::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        // A task, so that it begins when the first accept has to wait.
        let client = epore::spawn(async move { connect(move || std::net::TcpStream::connect(addr)) });
        let serve = async || {
            let (stream, _) = listener.accept().await?;
            let mut number = [0];
            stream.read_exact(&mut number).await.unwrap();
            stream.write_all(&[!number[0]]).await.unwrap();
            Ok(number[0])
        };
        accept(errors, serve).await;
        client.await.unwrap()
    });
    client.join().unwrap();
}

fn accept_unix(errors: &mut Vec<io::Error>) {
    let client = epore::block_on(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path).unwrap();
        let client = connect(move || std::os::unix::net::UnixStream::connect_addr(&std_addr(&path)?));
        let serve = async || {
            let (stream, _) = listener.accept().await?;
            let mut number = [0];
            stream.read_exact(&mut number).await.unwrap();
            stream.write_all(&[!number[0]]).await.unwrap();
            Ok(number[0])
        };
        accept(errors, serve).await;
        client
    });
    client.join().unwrap();
}

#[test]
fn tcp_connections_that_are_accepted() {
    check("accepting::tcp_connections_that_are_accepted", accept_tcp, CALLS, &faults("cannot accept on 127.0.0.1:"));
}

#[test]
fn unix_connections_that_are_accepted() {
    check(
        "accepting::unix_connections_that_are_accepted",
        accept_unix,
        CALLS,
        &faults("cannot accept on @epore-test-"),
    );
}

/// The second descriptor that is watched is the listener.
#[test]
fn a_listener_that_cannot_be_watched() {
    let cells = [
        ("epoll_ctl", ENOMEM, "2", Told("cannot accept on 127.0.0.1:")),
        ("epoll_ctl", ENOSPC, "2", Told("fs.epoll.max_user_watches")),
        ("epoll_ctl", LateEnter(2000), "2", Nothing),
    ];
    check("accepting::a_listener_that_cannot_be_watched", accept_tcp, CALLS, &cells);
}
