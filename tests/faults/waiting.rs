//! Waiting for events, and waking who waits.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use epore::net::UnixStream;
use epore::time::sleep;

use super::cell::{Cell, Expect::*, Fault::*, *};

const ROUNDS: u32 = 40;

/// A round is two waits at most, or two reads and two writes besides.
const CALLS: usize = 8 * ROUNDS as usize + 100;

/// Two tasks that answer each other over a socket, and each time must wait for the other.
fn answer(_: &mut Vec<io::Error>) {
    epore::block_on(async {
        let (stream, peer) = UnixStream::pair().unwrap();
        let echo = epore::spawn(async move {
            let mut buffer = [0; 4];
            while peer.read_exact(&mut buffer).await.is_ok() {
                peer.write_all(&buffer).await.unwrap();
            }
        });
        for number in 0..ROUNDS {
            stream.write_all(&number.to_ne_bytes()).await.unwrap();
            let mut echo = [0; 4];
            stream.read_exact(&mut echo).await.unwrap();
            assert_eq!(echo, number.to_ne_bytes());
        }
        drop(stream);
        echo.await.unwrap();
    });
}

#[test]
fn an_endless_wait() {
    let words = "the runtime cannot wait for events, epoll_wait failed: ";
    let cells: [Cell; 9] = [
        ("epoll_wait", EINTR, "1", Nothing),
        ("epoll_wait", EINTR, "1+2", Nothing),
        ("epoll_wait", EINTR, "3+3", Nothing),
        ("epoll_wait", LateEnter(2000), "1+3", Nothing),
        ("epoll_wait", LateExit(2000), "1+3", Nothing),
        // Every other error, of a mistake or of the system, ends the runtime, and not in silence.
        ("epoll_wait", EBADF, "3", Panics(words)),
        ("epoll_wait", EINVAL, "3", Panics(words)),
        ("epoll_wait", EFAULT, "3", Panics(words)),
        ("epoll_wait", EIO, "3", Panics(words)),
    ];
    check("waiting::an_endless_wait", answer, CALLS, &cells);
}

/// Sleeps again and again, never too short, and in all not much longer than told.
fn sleep_often(_: &mut Vec<io::Error>) {
    epore::block_on(async {
        for micros in [1, 999, 1000, 2500].into_iter().cycle().take(ROUNDS as usize) {
            let (time, before) = (Duration::from_micros(micros), Instant::now());
            sleep(time).await;
            assert!(before.elapsed() >= time, "a sleep of {time:?} ended after {:?}", before.elapsed());
        }
    });
}

#[test]
fn a_wait_for_a_deadline() {
    let words = "the runtime cannot wait for events, epoll_wait failed: ";
    let cells: [Cell; 12] = [
        ("epoll_pwait2", EINTR, "1", Nothing),
        ("epoll_pwait2", EINTR, "1+2", Nothing),
        ("epoll_pwait2", EINTR, "3+3", Nothing),
        ("epoll_pwait2", LateEnter(2000), "1+3", Nothing),
        ("epoll_pwait2", LateExit(2000), "1+3", Nothing),
        // Kernels, and sandboxes, that do not have it: epoll_wait(2) is as good.
        ("epoll_pwait2", ENOSYS, "1", Nothing),
        ("epoll_pwait2", EPERM, "1", Nothing),
        ("epoll_pwait2", ENOSYS, "5", Nothing),
        // As with epoll_wait(2), every other error ends the runtime.
        ("epoll_pwait2", EBADF, "3", Panics(words)),
        ("epoll_pwait2", EINVAL, "3", Panics(words)),
        ("epoll_pwait2", EFAULT, "3", Panics(words)),
        ("epoll_pwait2", ENOMEM, "3", Panics(words)),
    ];
    check("waiting::a_wait_for_a_deadline", sleep_often, CALLS, &cells);
}

/// Wakes a runtime on another thread again and again, each time when it sleeps.
fn wake(_: &mut Vec<io::Error>) {
    let (tell, told) = mpsc::channel();
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let runtime = thread::spawn(move || {
        epore::block_on(async {
            let mut sum = 0;
            while let Some(number) = receive.recv().await {
                sum += number;
                tell.send(()).unwrap();
            }
            sum
        })
    });
    for number in 0..ROUNDS {
        send.send(number).unwrap();
        told.recv().unwrap();
    }
    drop(send);
    assert_eq!(runtime.join().unwrap(), (0..ROUNDS).sum());
}

/// The eventfd: it is full once in 2^64 wakes, when it is emptied and written again.
#[test]
fn a_wake_from_another_thread() {
    let words = "the runtime's eventfd takes a write, unless somebody has closed it";
    let cells: [Cell; 8] = [
        ("write", EINTR, "1", Nothing),
        ("write", EINTR, "1+2", Nothing),
        ("write", EINTR, "3+3", Nothing),
        ("write", EAGAIN, "1", Nothing),
        ("write", EAGAIN, "1+3", Nothing),
        ("write", LateEnter(2000), "1+3", Nothing),
        ("write", LateExit(2000), "1+3", Nothing),
        ("write", EBADF, "3", Panics(words)),
    ];
    check("waiting::a_wake_from_another_thread", wake, CALLS, &cells);
}
