//! A test for each bug that was found in use: it fails without the fix.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::thread;

use epore::Runtime;
use epore::net::TcpStream;
use support::open_descriptors;
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

/// Given away outside of its runtime, a stream stayed registered, and its traffic woke the runtime for nothing.
#[test]
fn a_stream_given_away_outside_of_its_runtime_is_not_watched_any_more() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (stream, _peer) = runtime.block_on(registered_pair())?;
    assert_eq!(watchers(&stream)?, 1);
    let stream = thread::spawn(|| stream.into_std()).join().expect("no panic")?;
    assert_eq!(watchers(&stream)?, 0);
    Ok(())
}

/// How many epoll instances of this process watch a socket, by its inode, as proc(5) says of `fdinfo`.
fn watchers(socket: &impl AsRawFd) -> io::Result<usize> {
    let link = |fd: i32| fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default().display().to_string();
    let inode = link(socket.as_raw_fd()).trim_matches(|char: char| !char.is_ascii_digit()).to_owned();
    let inode = format!("ino:{:x} ", inode.parse::<u64>().map_err(io::Error::other)?);
    let epolls = open_descriptors().into_iter().filter(|&fd| link(fd) == "anon_inode:[eventpoll]");
    let infos = epolls.map(|fd| fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap_or_default());
    Ok(infos.map(|info| info.lines().filter(|line| line.contains(&inode)).count()).sum())
}
