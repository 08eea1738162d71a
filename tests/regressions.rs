//! A test for each bug that was found in use: it fails without the fix.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::rc::Rc;

use epore::net::TcpStream;
use support::polls::run;
use support::tcp::{pair, registered_pair};

/// R3, R29: a receive of no bytes makes the system wait for some.
#[test]
fn an_empty_buffer_is_filled_at_once() -> io::Result<()> {
    run(async {
        let (stream, _peer) = pair()?;
        for registered in [false, true] {
            if registered {
                stream.writable().await?;
            }
            assert_eq!(stream.try_read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(stream.read(&mut []).await?, 0);
            assert_eq!(stream.peek(&mut []).await?, 0);
            assert_eq!(stream.read_vectored(&mut []).await?, 0);
            assert_eq!(stream.try_read(&mut [])?, 0);
            stream.read_exact(&mut []).await?;
            assert_eq!(stream.write(&[]).await?, 0);
            assert_eq!(stream.write_vectored(&[]).await?, 0);
        }
        Ok(())
    })
}

/// R10
#[test]
fn waiting_for_a_socket_that_is_always_ready_lets_other_tasks_run() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"x")?;
        stream.readable().await?;
        let others = Rc::new(Cell::new(false));
        let other = Rc::clone(&others);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            stream.readable().await?;
            if others.get() {
                return Ok(());
            }
        }
        panic!("a million waits, and no other task has run");
    })
}

/// Its last group was taken for a port, and a host named `:` was looked up.
#[test]
fn an_ipv6_address_without_a_port_is_not_taken_for_a_name() {
    for text in ["::1", "[::1]", "fe80::1"] {
        let error = run(TcpStream::connect(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}: {error}");
        assert!(error.to_string().contains(text), "{text}: {error}");
    }
}
