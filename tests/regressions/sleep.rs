#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use epore::time::{Sleep, sleep};
use epore::{JoinHandle, spawn};

use crate::support::polls::{run, turns};

const HOUR: Duration = Duration::from_secs(3600);

/// A task that waits, and what it waits for.
fn waiting(duration: Duration) -> (Rc<RefCell<Sleep>>, JoinHandle<Instant>) {
    let shared = Rc::new(RefCell::new(sleep(duration)));
    let slept = Rc::clone(&shared);
    let task = spawn(async move {
        poll_fn(|cx| Pin::new(&mut *slept.borrow_mut()).poll(cx)).await;
        Instant::now()
    });
    (shared, task)
}

/// Moving the deadline took the waker of the task with it, and nothing woke it any more.
#[test]
fn a_task_is_woken_at_a_deadline_that_was_moved() {
    // From, by way of, to: earlier, later, and both, each while the task waits.
    let [short, long] = [10, 40].map(Duration::from_millis);
    for moves in [[HOUR, long, long], [short, long, long], [HOUR, short, long], [long, HOUR, short]] {
        run(async {
            let (sleep, task) = waiting(moves[0]);
            turns(1).await;
            for after in &moves[1..] {
                sleep.borrow_mut().reset(Instant::now() + *after);
            }
            let deadline = sleep.borrow().deadline();
            let woken = task.await.unwrap();
            assert!(woken >= deadline, "{:?} early, {moves:?}", deadline - woken);
            assert!(sleep.borrow().is_elapsed());
        });
    }
}

/// A deadline that had passed already was not noticed either.
#[test]
fn a_task_is_woken_when_its_deadline_is_moved_into_the_past() {
    run(async {
        let (sleep, task) = waiting(HOUR);
        turns(1).await;
        sleep.borrow_mut().reset(Instant::now());
        task.await.unwrap();
    });
}
