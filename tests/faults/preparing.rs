//! Making runtimes, sockets and listeners to signals: each tells what it could not do, and leaves nothing behind.

use std::io;

use epore::Runtime;
use epore::net::{TcpListener, TcpSocket, UdpSocket, UnixListener, UnixStream};
use epore::signal::{SignalKind, signal};

use super::cell::{Cell, Expect::*, Fault::*, *};
use crate::support::unix::abstract_path;
use crate::support::{open_descriptors, tcp};

/// How often each thing is made.
const TIMES: usize = 4;

const CALLS: usize = 20 * TIMES + 100;

/// Makes a thing a few times, however often that fails.
fn make<T>(errors: &mut Vec<io::Error>, mut make: impl FnMut() -> io::Result<T>) {
    let before = open_descriptors().len();
    for _ in 0..TIMES {
        while let Err(error) = make().map(drop) {
            errors.push(error);
        }
    }
    assert_eq!(open_descriptors().len(), before, "what could not be made is closed");
}

#[test]
fn a_runtime() {
    let words = "cannot make a runtime: ";
    let cells: [Cell; 10] = [
        ("epoll_create1", EMFILE, "1+2", Told(words)),
        ("epoll_create1", ENFILE, "2", Told(words)),
        ("epoll_create1", ENOMEM, "3", Told(words)),
        ("eventfd2", EMFILE, "1+2", Told(words)),
        ("eventfd2", ENFILE, "2", Told(words)),
        ("eventfd2", ENOMEM, "3", Told(words)),
        ("epoll_ctl", ENOMEM, "1+2", Told(words)),
        ("epoll_ctl", ENOSPC, "2", Told(words)),
        ("epoll_create1", LateExit(2000), "1+2", Nothing),
        ("eventfd2", LateExit(2000), "1+2", Nothing),
    ];
    check("preparing::a_runtime", |errors| make(errors, Runtime::new), CALLS, &cells);
}

#[test]
fn the_runtime_of_block_on() {
    let words = "`block_on`: cannot make a runtime: ";
    let cells: [Cell; 4] = [
        ("epoll_create1", EMFILE, "1", Panics(words)),
        ("eventfd2", EMFILE, "1", Panics(words)),
        ("eventfd2", ENOMEM, "1", Panics(words)),
        ("epoll_ctl", ENOSPC, "1", Panics(words)),
    ];
    check("preparing::the_runtime_of_block_on", |_| epore::block_on(async {}), CALLS, &cells);
}

#[test]
fn a_tcp_listener() {
    let words = "cannot listen on 127.0.0.1:0: ";
    let run = |errors: &mut Vec<io::Error>| {
        let runtime = Runtime::new().unwrap();
        make(errors, || runtime.block_on(TcpListener::bind("127.0.0.1:0")));
    };
    let cells: [Cell; 8] = [
        ("socket", EMFILE, "1+2", Told(words)),
        ("socket", ENOBUFS, "2", Told(words)),
        ("setsockopt", ENOMEM, "2", Told(words)),
        ("bind", EADDRINUSE, "1+2", Told(words)),
        ("bind", EACCES, "2", Told(words)),
        ("bind", EADDRNOTAVAIL, "3", Told(words)),
        ("listen", EADDRINUSE, "1+2", Told(words)),
        ("listen", LateExit(2000), "1+2", Nothing),
    ];
    check("preparing::a_tcp_listener", run, CALLS, &cells);
}

#[test]
fn a_unix_listener() {
    let words = "cannot listen on @epore-test-";
    let run = |errors: &mut Vec<io::Error>| make(errors, || UnixListener::bind(abstract_path()));
    let cells: [Cell; 4] = [
        ("socket", EMFILE, "1+2", Told(words)),
        ("bind", EADDRINUSE, "1+2", Told(words)),
        ("bind", EACCES, "2", Told(words)),
        ("listen", ENOMEM, "2", Told(words)),
    ];
    check("preparing::a_unix_listener", run, CALLS, &cells);
}

#[test]
fn a_udp_socket() {
    let words = "cannot bind to 127.0.0.1:0: ";
    let run = |errors: &mut Vec<io::Error>| {
        let runtime = Runtime::new().unwrap();
        make(errors, || runtime.block_on(UdpSocket::bind("127.0.0.1:0")));
    };
    let cells: [Cell; 4] = [
        ("socket", EMFILE, "1+2", Told(words)),
        ("socket", ENOMEM, "2", Told(words)),
        ("bind", EADDRINUSE, "1+2", Told(words)),
        ("bind", EACCES, "2", Told(words)),
    ];
    check("preparing::a_udp_socket", run, CALLS, &cells);
}

#[test]
fn options_of_sockets() {
    let words = "cannot ";
    let run = |errors: &mut Vec<io::Error>| {
        let (stream, _peer) = tcp::pair().unwrap();
        make(errors, || stream.set_keepalive(true));
        make(errors, || stream.keepalive());
        make(errors, || TcpSocket::new_v4()?.set_send_buffer_size(4096));
    };
    let cells: [Cell; 4] = [
        ("setsockopt", ENOMEM, "2+2", Told(words)),
        ("setsockopt", EINVAL, "6", Told(words)),
        ("setsockopt", EPERM, "3", Told(words)),
        ("getsockopt", ENOBUFS, "1+2", Told(words)),
    ];
    check("preparing::options_of_sockets", run, CALLS, &cells);
}

#[test]
fn pairs_of_unix_streams() {
    let cells: [Cell; 3] = [
        ("socketpair", EMFILE, "1+2", Told("")),
        ("socketpair", ENFILE, "2", Told("")),
        ("socketpair", ENOMEM, "3", Told("")),
    ];
    check("preparing::pairs_of_unix_streams", |errors| make(errors, UnixStream::pair), CALLS, &cells);
}

/// The first listener opens the bell, each has a duplicate of it, and a handler is set again by each.
#[test]
fn a_listener_to_signals() {
    let words = "cannot listen to ";
    let run = |errors: &mut Vec<io::Error>| {
        let _opens_the_bell = loop {
            match signal(SignalKind::user_defined1()) {
                Ok(signal) => break signal,
                Err(error) => errors.push(error),
            }
        };
        make(errors, || signal(SignalKind::user_defined1()));
    };
    let cells: [Cell; 7] = [
        ("eventfd2", EMFILE, "1", Told(words)),
        ("eventfd2", ENFILE, "1", Told(words)),
        ("eventfd2", ENOMEM, "1", Told(words)),
        ("fcntl", EMFILE, "1", Told(words)),
        ("rt_sigaction", EINVAL, "1", Told(words)),
        ("rt_sigaction", EINVAL, "2..4", Told(words)),
        ("rt_sigaction", LateExit(2000), "1+2", Nothing),
    ];
    check("preparing::a_listener_to_signals", run, CALLS, &cells);
}
