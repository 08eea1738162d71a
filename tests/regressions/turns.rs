use std::future::poll_fn;
use std::io;
use std::task::Poll::{Pending, Ready};
use std::thread;

use epore::reactor::{Interest, Poll};
use epore::{JoinHandle, Runtime, yield_now};

use crate::support::PATIENCE;

/// What came while the tasks ran was announced to nobody: the descriptor did not become readable.
#[test]
fn mail_that_comes_during_a_turn_makes_the_descriptor_readable() -> io::Result<()> {
    let mut polls = 0;
    let woken = poll_fn(move |cx| {
        polls += 1;
        if polls == 2 {
            return Ready(());
        }
        let waker = cx.waker().clone();
        thread::spawn(move || waker.wake()).join().expect("no panic");
        Pending
    });
    let runtime = Runtime::new()?;
    let task = runtime.spawn(woken);
    turn_when_readable(&runtime, &task)
}

/// So were the tasks that are left after as many polls as one turn has.
#[test]
fn tasks_that_are_left_after_a_turn_make_the_descriptor_readable() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let task = runtime.spawn(async {
        for _ in 0..1000 {
            yield_now().await;
        }
    });
    turn_when_readable(&runtime, &task)
}

/// A loop that watches the descriptor alone.
fn turn_when_readable(runtime: &Runtime, task: &JoinHandle<()>) -> io::Result<()> {
    let (mut outer, mut events) = (Poll::new()?, Vec::with_capacity(8));
    outer.registry().register(runtime, 0, Interest::READABLE.level())?;
    runtime.turn();
    while !task.is_finished() {
        outer.poll(&mut events, Some(PATIENCE))?;
        assert!(!events.is_empty(), "the outer loop has waited in vain");
        runtime.turn();
    }
    Ok(())
}
