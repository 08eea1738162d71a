//! What the tests of the reactor share.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, iter};

use epore::reactor::{Event, Events, Poll};

use super::{PATIENCE, wait_until};

/// The events that are there now.
pub fn poll_now(poll: &mut Poll) -> Events {
    let mut events = Vec::with_capacity(8);
    poll.poll(&mut events, Some(Duration::ZERO)).expect("a poll that only looks");
    events
}

/// Waits for one event, which must be the only one.
pub fn poll_one(poll: &mut Poll) -> Event {
    let mut events = Vec::with_capacity(8);
    poll.poll(&mut events, Some(PATIENCE)).expect("a poll that waits");
    assert_eq!(events.len(), 1, "one event is expected, not {events:?}");
    events[0]
}

/// Waits for all events up to the first that satisfies a condition, and gives that one.
pub fn poll_until(poll: &mut Poll, condition: impl Fn(&Event) -> bool) -> Event {
    iter::repeat_with(|| poll_one(poll)).find(condition).expect("an endless iterator")
}

/// Polls on another thread. When this returns, that thread is asleep in the call.
pub fn poll_asleep(mut poll: Poll, timeout: Option<Duration>) -> JoinHandle<(Poll, Events)> {
    let (announce, announced) = mpsc::channel();
    let thread = thread::spawn(move || {
        announce.send(this_thread()).expect("somebody waits for the name");
        let mut events = Vec::with_capacity(8);
        poll.poll(&mut events, timeout).expect("a poll that waits");
        (poll, events)
    });
    let name = announced.recv().expect("the thread tells its name");
    wait_until_asleep(&name);
    thread
}

/// Names this thread to others.
pub fn this_thread() -> PathBuf {
    Path::new("/proc").join(fs::read_link("/proc/thread-self").expect("/proc is mounted"))
}

/// Waits until a thread has nothing to do but to wait.
pub fn wait_until_asleep(thread: &Path) {
    // Once is not enough: a lock may have held it up on the way.
    wait_until("the thread sleeps", || (0..100).all(|_| is_asleep(thread)));
}

fn is_asleep(thread: &Path) -> bool {
    // The state stands behind the name, which is in parentheses and may itself hold some, see proc_pid_stat(5).
    let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('S'))
}

/// How often this thread has slept so far.
pub fn times_slept() -> usize {
    let status = fs::read_to_string("/proc/thread-self/status").expect("/proc is mounted");
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).expect("the kernel counts them")
}
