//! R24, R29: futures that wait for streams, datagrams, descriptors, names, signals, tasks, threads and time, and those of
//! channels and locks of others, are dropped at each await at which they wait, and before their first poll, with a waker of
//! the runtime's and with a foreign one. Afterwards all bytes, connections, datagrams, values, tasks, timers, wakers, watches
//! and descriptors add up.
//!
//! Poll methods, and the traits of other crates that are made of them, have no await, and tests of their own.
//!
//! One test alone, as another would open descriptors meanwhile.

mod support;

#[path = "support/backlog.rs"]
mod backlog;
#[path = "support/signals.rs"]
mod signals;

#[path = "cancel_everywhere/descriptors.rs"]
mod descriptors;
#[path = "cancel_everywhere/readiness.rs"]
mod readiness;
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
        let injections = [streams::all(), readiness::all(), descriptors::all(), tasks::all(), time::all()];
        println!("{} injections", injections.iter().sum::<usize>());
    });
}
