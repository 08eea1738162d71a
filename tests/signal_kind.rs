//! `SignalKind`: which signals there are, and which can be listened to.

mod support;

#[path = "support/signals.rs"]
mod signals;

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;

use epore::signal::{Signal, SignalKind, signal};
use signals::raise;
use support::child::in_own_process;
use support::polls::{poll_once, run, turns};

fn usr1() -> Signal {
    signal(SignalKind::user_defined1()).unwrap()
}

/// Whether there is news for a listener. It is told of it then.
async fn is_told(listener: &mut Signal) -> bool {
    // What may come needs the reactor to be looked at.
    turns(2).await;
    poll_once(pin!(listener.recv())).await.is_ready()
}

#[test]
fn kinds_are_told_apart() {
    in_own_process("kinds_are_told_apart", || {
        run(async {
            let (mut first, mut second) = (usr1(), signal(SignalKind::user_defined2()).unwrap());
            let mut real_time = signal(SignalKind::from_raw(libc::SIGRTMAX())).unwrap();
            raise(libc::SIGUSR2);
            assert!(!is_told(&mut first).await && is_told(&mut second).await && !is_told(&mut real_time).await);
            raise(libc::SIGRTMAX());
            assert!(!is_told(&mut first).await && !is_told(&mut second).await && is_told(&mut real_time).await);
        });
    });
}

#[test]
fn what_cannot_be_listened_to_is_an_error_that_says_why() {
    for (number, name) in [
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGSTOP, "SIGSTOP"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGBUS, "SIGBUS"),
        (0, "0 is the number of no signal"),
        (-1, "-1 is the number of no signal"),
        (65, "65 is the number of no signal"),
        (i32::MAX, "2147483647 is the number of no signal"),
        (32, "signal 32 cannot be listened to: the C library keeps it to itself"),
        (33, "signal 33 cannot be listened to: the C library keeps it to itself"),
    ] {
        let error = signal(SignalKind::from_raw(number)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(signal(SignalKind::from_raw(libc::SIGRTMIN())).is_ok());
}

#[test]
fn names_stand_for_the_numbers_of_the_system() {
    for (kind, number) in [
        (SignalKind::alarm(), libc::SIGALRM),
        (SignalKind::child(), libc::SIGCHLD),
        (SignalKind::hangup(), libc::SIGHUP),
        (SignalKind::interrupt(), libc::SIGINT),
        (SignalKind::io(), libc::SIGIO),
        (SignalKind::pipe(), libc::SIGPIPE),
        (SignalKind::quit(), libc::SIGQUIT),
        (SignalKind::terminate(), libc::SIGTERM),
        (SignalKind::user_defined1(), libc::SIGUSR1),
        (SignalKind::user_defined2(), libc::SIGUSR2),
        (SignalKind::window_change(), libc::SIGWINCH),
    ] {
        assert_eq!((kind.as_raw_value(), libc::c_int::from(kind)), (number, number));
        assert_eq!(kind, SignalKind::from(number));
    }
}

#[test]
fn the_names_for_several_systems_are_the_same() {
    let listener: io::Result<epore::signal::unix::Signal> =
        epore::signal::unix::signal(epore::signal::unix::SignalKind::window_change());
    let mut listener: Signal = listener.unwrap();
    run(async { assert!(matches!(poll_once(pin!(listener.recv())).await, Poll::Pending)) });
}
