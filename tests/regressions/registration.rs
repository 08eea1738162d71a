use std::fs;
use std::io::{self, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::pin::pin;
use std::thread;

use epore::Runtime;
use epore::net::{TcpListener, TcpStream, UnixStream};

use crate::support::open_descriptors;
use crate::support::polls::{count_polls, poll_once, run, turns};
use crate::support::tcp::registered_pair;
use crate::support::unix;

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

/// What was reported of it then, a hang-up, was believed for ever: whoever waited for it was polled without end.
#[test]
fn a_stream_that_is_connected_after_it_was_registered_is_waited_for() -> io::Result<()> {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let stream = TcpStream::from_std(unconnected()?)?;
        stream.writable().await?;
        connect(&stream, listener.local_addr()?)?;
        let (mut peer, _) = listener.accept()?;

        let (reading, polls) = count_polls(async move { stream.read(&mut [0; 16]).await });
        let reading = epore::spawn(reading);
        turns(100).await;
        assert!(polls.get() <= 4, "polled {} times while there was nothing to read", polls.get());
        peer.write_all(b"hello")?;
        assert_eq!(reading.await.unwrap()?, 5);
        Ok(())
    })
}

/// The error was taken for that of one connection, which is passed over, and the accept did not end.
#[test]
fn what_cannot_accept_says_so() {
    let datagrams = UdpSocket::bind("127.0.0.1:0").map(OwnedFd::from);
    for (socket, expected) in [(datagrams, libc::EOPNOTSUPP), (unconnected().map(OwnedFd::from), libc::EINVAL)] {
        let listener = TcpListener::from_std(socket.unwrap().into()).unwrap();
        let error = run(listener.accept()).unwrap_err();
        assert!(error.to_string().ends_with(&io::Error::from_raw_os_error(expected).to_string()), "{error}");
    }
}

fn unconnected() -> io::Result<std::net::TcpStream> {
    // SAFETY: the call takes no pointer.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { std::net::TcpStream::from_raw_fd(fd) })
}

/// Begins to connect, behind the back of the runtime.
fn connect(stream: &TcpStream, addr: SocketAddr) -> io::Result<()> {
    let name = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: addr.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets()) },
        sin_zero: [0; 8],
    };
    let len = mem::size_of_val(&name) as libc::socklen_t;
    // SAFETY: `name` is live, and as large as said.
    let result = unsafe { libc::connect(stream.as_raw_fd(), (&raw const name).cast(), len) };
    match io::Error::last_os_error() {
        error if result < 0 && error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(()),
    }
}

/// It was taken for a second socket with the number of one that was alive.
#[test]
fn a_number_that_comes_back_before_the_runtime_knows_is_registered() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = unix::registered_pair().await?;
        let number = stream.as_raw_fd();
        let duplicate = stream.as_fd().try_clone_to_owned()?;
        thread::spawn(move || drop(stream)).join().expect("no panic");
        // Another test may have taken the number meanwhile.
        let again = duplicate.try_clone()?;
        if again.as_raw_fd() != number {
            return Ok(());
        }
        let stream = UnixStream::from_std(again.into())?;
        let mut buffer = [0; 4];
        let mut read = pin!(stream.read(&mut buffer));
        assert!(poll_once(read.as_mut()).await.is_pending());
        peer.write_all(b"x")?;
        assert_eq!(read.await?, 1);
        Ok(())
    })
}
