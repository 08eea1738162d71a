#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use epore::net::UnixStream;
use epore::time::{advance, now, resume, timeout};

use crate::backlog::short_listener;
use crate::support::clock::{auto_advancing, paused};
use crate::support::polls::{count_polls, turns};
use crate::support::reactor::{this_thread, wait_until_asleep};
use crate::support::unix::abstract_path;

const HOUR: Duration = Duration::from_secs(3600);

/// R22: the pause between two tries was one of the paused clock, and never ended.
#[test]
fn connecting_to_a_full_backlog_goes_on_when_there_is_room_though_the_clock_is_paused() {
    paused(async || {
        let path = abstract_path();
        let listener = short_listener(&path).unwrap();
        let _first = UnixStream::connect(&path).await.unwrap();
        let connecting = epore::spawn(async move { UnixStream::connect(path).await });
        turns(3).await;
        assert!(!connecting.is_finished());
        let _peer = listener.accept().unwrap();
        connecting.await.unwrap().unwrap();
    });
}

/// R22: the pause was over at once, as the clock was ahead of the system's.
#[test]
fn connecting_to_a_full_backlog_does_not_spin_after_the_clock_was_advanced_and_resumed() {
    paused(async || {
        let path = abstract_path();
        let _listener = short_listener(&path).unwrap();
        let _first = UnixStream::connect(&path).await.unwrap();
        advance(HOUR).await;
        resume();
        let (connecting, polls) = count_polls(UnixStream::connect(&path));
        assert!(timeout(Duration::from_millis(150), connecting).await.is_err());
        // One poll, one for each wait of 1, 2, 4, 8, 16, 32 and 64 ms, and one for the end.
        assert!((2..=9).contains(&polls.get()), "{} polls", polls.get());
    });
}

/// R22: each pause moved the clock, until a timeout expired that the listener could not have kept.
#[test]
fn connecting_to_a_full_backlog_does_not_move_the_clock() {
    auto_advancing(async || {
        let path = abstract_path();
        let listener = short_listener(&path).unwrap();
        let _first = UnixStream::connect(&path).await.unwrap();
        let (start, runtime) = (now(), this_thread());
        let accepting = thread::spawn(move || {
            wait_until_asleep(&runtime);
            let peer = listener.accept().unwrap();
            (listener, peer)
        });
        timeout(HOUR, UnixStream::connect(&path)).await.expect("the clock has moved").unwrap();
        assert_eq!(now(), start);
        accepting.join().unwrap();
    });
}
