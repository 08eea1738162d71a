//! R24, R29: whatever waits is dropped at each await at which it waits, and before its first poll, with a waker of the
//! runtime's and with a foreign one. Afterwards all bytes, connections, datagrams, values, tasks, timers, wakers, watches
//! and descriptors add up.
//!
//! One test alone, as another would open descriptors meanwhile.

mod support;

#[path = "support/backlog.rs"]
mod backlog;
#[path = "support/signals.rs"]
mod signals;

#[path = "cancel_everywhere/descriptors.rs"]
mod descriptors;
#[path = "cancel_everywhere/streams.rs"]
mod streams;
#[path = "cancel_everywhere/tasks.rs"]
mod tasks;
#[path = "cancel_everywhere/time.rs"]
mod time;

use support::child::in_own_process;

#[test]
fn whatever_waits_can_be_dropped_at_every_await() {
    in_own_process("whatever_waits_can_be_dropped_at_every_await", || {
        let injections = [streams::all(), descriptors::all(), tasks::all(), time::all()];
        println!("{} injections", injections.iter().sum::<usize>());
    });
}
