//! R21: a storm of signals neither ends a poll, nor shortens it, nor draws it out. It stands alone, as signal handlers
//! belong to the process.

mod support;

use std::io::Write;
use std::mem::zeroed;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Once, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use epore::reactor::{Interest, Poll, Token};
use support::reactor::poll_one;
use support::{PATIENCE, wait_until};

thread_local! {
    static SIGNALS: &'static AtomicUsize = Box::leak(Box::default());
}

extern "C" fn count(_: libc::c_int) {
    SIGNALS.with(|signals| signals.fetch_add(1, Relaxed));
}

/// A thousand signals a second.
const MILLISECOND: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// As the time of a timer, that it is not set.
const NEVER: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 0 };

/// Sends SIGALRM to the thread that made it.
struct Storm {
    timer: libc::timer_t,
}

impl Storm {
    fn new(first: libc::timespec, then_each: libc::timespec) -> Storm {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(handle_alarms);
        // The handler must find the counter made.
        SIGNALS.with(|signals| signals.store(0, Relaxed));
        Storm { timer: start_timer(libc::itimerspec { it_value: first, it_interval: then_each }) }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: the timer was created by `start_timer`, and is deleted once.
        let result = unsafe { libc::timer_delete(self.timer) };
        assert_eq!(result, 0);
    }
}

fn handle_alarms() {
    // SAFETY: all zeros are a valid `sigaction`: no flags, so no SA_RESTART, and an empty mask.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = count as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler only adds to an atomic that `Storm::new` has made before the first signal.
    let result = unsafe { libc::sigaction(libc::SIGALRM, &action, ptr::null_mut()) };
    assert_eq!(result, 0);
}

fn start_timer(times: libc::itimerspec) -> libc::timer_t {
    // SAFETY: all zeros are a valid `sigevent`.
    let mut event: libc::sigevent = unsafe { zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGALRM;
    // SAFETY: the call takes no argument and cannot fail.
    event.sigev_notify_thread_id = unsafe { libc::gettid() };
    let mut timer = ptr::null_mut();
    // SAFETY: both pointers are live, and the event is filled in.
    let result = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) };
    assert_eq!(result, 0);

    // SAFETY: the timer has just been created, and the times are live and valid.
    let result = unsafe { libc::timer_settime(timer, 0, &times, ptr::null_mut()) };
    assert_eq!(result, 0);
    timer
}

/// Runs a test in a thread under the storm. One that never ends is a failure, not a hang.
fn under_storm<T: Send + 'static>(test: impl FnOnce(&'static AtomicUsize) -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let _storm = Storm::new(MILLISECOND, MILLISECOND);
        send.send(test(SIGNALS.with(|signals| *signals)))
    });
    receive.recv_timeout(PATIENCE).expect("the poll ends, and as it should")
}

#[test]
fn interrupted_polls_wait_for_the_time_that_is_left() {
    let interruptions = under_storm(|signals| {
        let mut poll = Poll::new().unwrap();
        let mut events = Vec::with_capacity(1);
        for timeout in [500, 5_000, 50_000, 50_001].map(Duration::from_micros) {
            let start = Instant::now();
            poll.poll(&mut events, Some(timeout)).unwrap();
            let elapsed = start.elapsed();
            assert!(events.is_empty());
            assert!(elapsed >= timeout, "a poll of {timeout:?} ended after {elapsed:?}");
        }
        signals.load(Relaxed)
    });
    assert!(interruptions > 2, "the storm blew: {interruptions}");
}

/// The signal comes late in the poll, which would last nearly twice as long if it then waited anew. A busy machine may be
/// late by itself, but not each time.
#[test]
fn a_poll_that_is_interrupted_once_is_not_drawn_out() {
    let (late, never) = (libc::timespec { tv_nsec: 90_000_000, ..NEVER }, NEVER);
    let timeout = Duration::from_millis(100);
    let mut poll = Poll::new().unwrap();
    let in_time = (0..20).any(|_| {
        let _storm = Storm::new(late, never);
        let start = Instant::now();
        poll.poll(&mut Vec::with_capacity(1), Some(timeout)).unwrap();
        SIGNALS.with(|signals| signals.load(Relaxed)) == 1 && start.elapsed() < timeout.mul_f64(1.3)
    });
    assert!(in_time, "each of the polls was drawn out");
}

#[test]
fn an_event_ends_an_interrupted_poll() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let event = under_storm(move |signals| {
        let mut poll = Poll::new().unwrap();
        poll.registry().register(&ours, 4, Interest::READABLE).unwrap();
        let writer = thread::spawn(move || {
            let before = signals.load(Relaxed);
            wait_until("the poll was interrupted many times", || signals.load(Relaxed) > before + 20);
            theirs.write_all(b"x").unwrap();
            theirs
        });
        let event = poll_one(&mut poll);
        assert!(signals.load(Relaxed) > 20);
        drop(writer.join().unwrap());
        event
    });
    assert!(event.token() == Token(4) && event.is_readable());
}

#[test]
fn an_endless_poll_is_not_ended_by_signals() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let count = under_storm(move |signals| {
        let mut poll = Poll::new().unwrap();
        poll.registry().register(&ours, 4, Interest::READABLE).unwrap();
        let writer = thread::spawn(move || {
            wait_until("the poll was interrupted many times", || signals.load(Relaxed) > 20);
            theirs.write_all(b"x").unwrap();
            theirs
        });
        let mut events = Vec::with_capacity(1);
        poll.poll(&mut events, None).unwrap();
        drop(writer.join().unwrap());
        events.len()
    });
    assert_eq!(count, 1);
}
