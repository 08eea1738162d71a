//! Many timers, against a model.

#![forbid(unsafe_code)]

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use epore::time::{Sleep, sleep_until};
use support::PATIENCE;
use support::polls::{count_polls, poll_once, run, run_within};

/// A small generator of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// R20
#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    const TIMERS: u64 = 5000;
    run(async {
        let mut random = Random(1);
        // Far enough away that all are armed before the first fires, which is asserted below.
        let first = Instant::now() + Duration::from_secs(2);
        let fired = Rc::new(RefCell::new(Vec::new()));
        let mut model = BTreeMap::new();
        let mut cancelled = Vec::new();
        for id in 0..TIMERS {
            // No two are the same: of those, any may come first.
            let deadline = first + Duration::from_nanos(random.below(4000) * TIMERS + id);
            let fired = Rc::clone(&fired);
            let task = epore::spawn(async move {
                sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
                fired.borrow_mut().push(id);
            });
            if random.below(3) == 0 { cancelled.push(task) } else { drop(model.insert((deadline, id), task)) }
        }
        epore::yield_now().await;
        cancelled.iter().for_each(|task| task.abort());
        epore::yield_now().await;
        assert!(Instant::now() < first, "the machine was too slow to arm all timers in time");
        let expected: Vec<_> = model.keys().map(|&(_, id)| id).collect();
        for task in model.into_values() {
            task.await.unwrap();
        }
        assert!(*fired.borrow() == expected);
    });
}

/// Timers whose owner polls them all, and what must be true of them.
struct Model {
    armed: BTreeMap<(Instant, usize), Pin<Box<Sleep>>>,
}

impl Model {
    /// Polls from the earliest on, up to a few that are pending: those that have fired are a beginning of the order.
    fn poll(&mut self, cx: &mut std::task::Context<'_>) {
        let mut pending = 0;
        let mut fired = Vec::new();
        for (&(deadline, id), timer) in &mut self.armed {
            match timer.as_mut().poll(cx) {
                Poll::Ready(()) => {
                    assert!(Instant::now() >= deadline, "it fired early");
                    assert_eq!(pending, 0, "an earlier one has not fired");
                    fired.push((deadline, id));
                }
                Poll::Pending => pending += 1,
            }
            if pending == 8 {
                break;
            }
        }
        for key in fired {
            self.armed.remove(&key);
        }
    }
}

/// R20
#[test]
fn a_million_timers_are_cancelled_moved_and_fired() {
    const TIMERS: usize = 1_000_000;
    // It is work for seconds, and for more than a minute where others have the processors.
    run_within(10 * PATIENCE, async {
        let mut random = Random(2);
        let begin = Instant::now();
        let mut after = |limit: u64| begin + Duration::from_nanos(random.below(limit));
        let mut timers: Vec<_> = (0..TIMERS).map(|_| Box::pin(sleep_until(after(3_600_000_000_000)))).collect();
        for timer in &mut timers {
            assert!(poll_once(timer.as_mut()).await.is_pending());
        }
        let mut random = Random(3);
        timers.retain(|_| random.below(2) == 0);
        let mut armed = BTreeMap::new();
        for (id, mut timer) in timers.into_iter().enumerate() {
            let deadline = begin + Duration::from_nanos(random.below(2_000_000_000));
            timer.reset(deadline);
            let _past_or_pending = poll_once(timer.as_mut()).await;
            armed.insert((deadline, id), timer);
        }
        let mut model = Model { armed };
        let wait = poll_fn(|cx| {
            model.poll(cx);
            if model.armed.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        });
        let (wait, polls) = count_polls(wait);
        wait.await;
        assert!(polls.get() > 1);
    });
}
