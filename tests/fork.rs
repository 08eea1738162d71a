//! R27: a child that was forked from a process with a runtime is told to make its own, and leaves its parent's alone.

mod support;

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use epore::net::{AsyncFd, TcpStream, UdpSocket, UnixStream};
use epore::time::{sleep, timeout};
use epore::{Runtime, block_on, spawn_blocking};
use support::PATIENCE;
use support::child::in_own_process;
use support::panics::panic_of;
use support::polls::{poll_once, turns};
use support::tcp::{pair, registered_pair};

/// Forks. The parent gets the number of its child.
///
/// For processes of which all other threads wait: what they have locked stays locked in the child.
fn fork() -> Option<libc::pid_t> {
    // SAFETY: in a test that runs alone in its process all other threads wait, in calls that hold no lock that the child
    // needs; the C library itself takes care of the locks of its allocator.
    match unsafe { libc::fork() } {
        -1 => panic!("the process cannot be forked: {}", io::Error::last_os_error()),
        0 => None,
        child => Some(child),
    }
}

/// Does the work of a child, and ends it. One that hangs is ended by a signal.
fn end_after(work: impl FnOnce()) -> ! {
    // SAFETY: the call takes no pointer, and nothing here handles the signal.
    unsafe { libc::alarm(PATIENCE.as_secs() as libc::c_uint) };
    let result = catch_unwind(AssertUnwindSafe(work));
    // SAFETY: the call ends the process, of which nothing must be dropped: all of that is the parent's.
    unsafe { libc::_exit(i32::from(result.is_err())) }
}

/// Waits for the end of a child, which must have been content.
fn assert_well(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: `status` is live, and the kernel only writes to it.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child, "{}", io::Error::last_os_error());
    assert_eq!(status, 0, "the child has failed");
}

fn in_child(work: impl FnOnce()) {
    match fork() {
        None => end_after(work),
        Some(child) => assert_well(child),
    }
}

/// It waited on its parent's epoll instance, and took its parent's events.
#[test]
fn a_child_that_waits_in_its_parents_runtime_is_told_so() {
    in_own_process("a_child_that_waits_in_its_parents_runtime_is_told_so", || {
        let runtime = Runtime::new().unwrap();
        in_child(|| {
            assert_eq!(runtime.block_on(async { 42 }), 42);
            let (message, _) = panic_of(|| runtime.block_on(sleep(Duration::from_millis(1))));
            assert!(message.contains("fork") && message.contains("make a new one in the child"), "{message}");
        });
        runtime.block_on(sleep(Duration::from_millis(1)));
    });
}

/// What it registered was reported to its parent.
#[test]
fn a_child_registers_nothing_in_its_parents_runtime() {
    in_own_process("a_child_registers_nothing_in_its_parents_runtime", || {
        let runtime = Runtime::new().unwrap();
        let (stream, mut peer) = pair().unwrap();
        in_child(|| {
            runtime.block_on(async {
                let mut buffer = [0; 1];
                let read = poll_once(pin!(stream.read(&mut buffer))).await;
                assert!(matches!(&read, Poll::Ready(Err(error)) if error.to_string().contains("fork")), "{read:?}");
                let ready = poll_once(pin!(stream.readable())).await;
                assert!(matches!(&ready, Poll::Ready(Err(error)) if error.to_string().contains("fork")), "{ready:?}");
            });
        });
        peer.write_all(b"x").unwrap();
        assert_eq!(runtime.block_on(stream.read(&mut [0; 16])).unwrap(), 1);
    });
}

/// As for streams of TCP, so for all that is waited for.
#[test]
fn a_child_waits_for_no_descriptor_in_its_parents_runtime() {
    in_own_process("a_child_waits_for_no_descriptor_in_its_parents_runtime", || {
        let runtime = Runtime::new().unwrap();
        let udp = runtime.block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
        let (unix, mut unix_peer) = UnixStream::pair().map(|(one, other)| (one, other.into_std().unwrap())).unwrap();
        let (fd, _fd_peer) = std::os::unix::net::UnixStream::pair().unwrap();
        let fd = AsyncFd::new(fd).unwrap();
        in_child(|| {
            runtime.block_on(async {
                assert_told(poll_once(pin!(udp.recv(&mut [0; 1]))).await);
                assert_told(poll_once(pin!(udp.readable())).await);
                assert_told(poll_once(pin!(unix.read(&mut [0; 1]))).await);
                assert_told(poll_once(pin!(unix.readable())).await);
                assert_told(poll_once(pin!(fd.readable())).await);
            });
        });
        runtime.block_on(async {
            assert!(poll_once(pin!(udp.readable())).await.is_pending());
            assert!(poll_once(pin!(unix.readable())).await.is_pending());
            assert!(poll_once(pin!(fd.readable())).await.is_pending());
        });
        in_child(|| {
            let waits = [
                panic_of(|| runtime.block_on(udp.readable())),
                panic_of(|| runtime.block_on(unix.readable())),
                panic_of(|| drop(runtime.block_on(fd.readable()))),
            ];
            assert!(waits.iter().all(|(message, _)| message.contains("fork")));
        });
        unix_peer.write_all(b"x").unwrap();
        assert_eq!(runtime.block_on(unix.read(&mut [0; 16])).unwrap(), 1);
    });
}

/// The error names the fork.
#[track_caller]
fn assert_told<T>(polled: Poll<io::Result<T>>) {
    let Poll::Ready(Err(error)) = polled else { panic!("it gave no error") };
    assert!(error.to_string().contains("fork"), "{error}");
}

/// Giving a socket away, or dropping the runtime, took the parent's registrations with it.
#[test]
fn what_a_child_gives_away_and_drops_its_parent_keeps() {
    in_own_process("what_a_child_gives_away_and_drops_its_parent_keeps", || {
        let runtime = Runtime::new().unwrap();
        let [mut inside, mut outside, mut dropped, (stream, mut peer)] =
            [(); 4].map(|()| runtime.block_on(drained_pair()).unwrap());
        let task = runtime.spawn(async move { receive(&stream).await });
        runtime.block_on(turns(2));

        let child = fork();
        if child.is_none() {
            end_after(move || {
                runtime.block_on(async { inside.0.into_std() }).unwrap();
                outside.0.into_std().unwrap();
                drop((dropped, task));
                drop(runtime);
            });
        }
        assert_well(child.unwrap());

        for peer in [&mut inside.1, &mut outside.1, &mut dropped.1, &mut peer] {
            peer.write_all(b"hello").unwrap();
        }
        runtime.block_on(async {
            for stream in [&inside.0, &outside.0, &dropped.0] {
                assert_eq!(receive(stream).await, "hello");
            }
            assert_eq!(task.await.unwrap(), "hello");
        });
    });
}

/// A new runtime in the child, with sockets that its parent has used, works as any.
#[test]
fn a_child_makes_a_runtime_of_its_own() {
    in_own_process("a_child_makes_a_runtime_of_its_own", || {
        let runtime = Runtime::new().unwrap();
        let (stream, mut peer) = runtime.block_on(drained_pair()).unwrap();
        let child = fork();
        if child.is_none() {
            end_after(move || {
                let stream = TcpStream::from_std(stream.into_std().unwrap()).unwrap();
                block_on(async {
                    sleep(Duration::from_millis(1)).await;
                    assert_eq!(spawn_blocking(|| 42).await.unwrap(), 42);
                    stream.write_all(b"from the child").await.unwrap();
                });
            });
        }
        assert_well(child.unwrap());
        let mut received = [0; 14];
        peer.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"from the child");
    });
}

/// A registered pair of which it is known that there is nothing to read, so that only an event brings a read about.
async fn drained_pair() -> io::Result<(TcpStream, std::net::TcpStream)> {
    let (stream, peer) = registered_pair().await?;
    assert!(poll_once(pin!(stream.read(&mut [0; 1]))).await.is_pending());
    Ok((stream, peer))
}

/// The five bytes of a greeting.
async fn receive(stream: &TcpStream) -> String {
    let mut buffer = [0; 5];
    timeout(PATIENCE, stream.read_exact(&mut buffer)).await.expect("the read has hung").unwrap();
    String::from_utf8_lossy(&buffer).into_owned()
}
