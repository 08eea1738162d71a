//! `advance`: a paused clock that the test moves by hand.

#![forbid(unsafe_code)]

mod support;

use std::cell::RefCell;
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;

use epore::time::{Duration, Instant, Sleep, advance, interval, now, pause, resume, sleep, sleep_until};
use epore::{Handle, block_on, spawn, spawn_blocking, yield_now};
use futures::future::{Either, join_all, select};
use support::clock::paused;
use support::polls::poll_once;
use support::reactor::{this_thread, wait_until_asleep};

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);

/// Sleeps of a task of its own, and where they stand.
fn spawn_sleep(duration: Duration) -> epore::JoinHandle<Instant> {
    spawn(async move {
        sleep(duration).await;
        now()
    })
}

#[test]
fn one_advance_is_as_good_as_many() {
    let history = |steps: u32| {
        paused(async move || {
            let start = now();
            let log = Rc::new(RefCell::new(Vec::new()));
            for id in 1..=5 {
                let log = Rc::clone(&log);
                drop(spawn(async move {
                    loop {
                        sleep(SECOND * id).await;
                        log.borrow_mut().push((now() - start, id));
                        sleep(SECOND).await;
                    }
                }));
            }
            for _ in 0..steps {
                advance(HOUR / steps).await;
            }
            assert_eq!(now() - start, HOUR);
            let mut log = log.take();
            // Which of those goes first that are due at the same instant is not said.
            log.sort();
            log
        })
    };
    let whole = history(1);
    assert_eq!(whole.len(), [2, 3, 4, 5, 6].map(|period| (3600 - period + 1) / period + 1).iter().sum::<usize>());
    assert_eq!(history(7200), whole);
}

#[test]
fn what_a_timer_has_woken_is_done_when_the_advance_is_over() {
    paused(async || {
        let (sender, receiver) = futures::channel::oneshot::channel();
        let _first = spawn(async move {
            sleep(SECOND).await;
            for _ in 0..10 {
                yield_now().await;
            }
            sender.send(()).unwrap();
        });
        let last = spawn(async move {
            receiver.await.unwrap();
            sleep(Duration::ZERO).await;
        });
        advance(SECOND).await;
        assert!(last.is_finished());
    });
}

#[test]
fn advancing_by_nothing_lets_the_tasks_do_what_they_can() {
    paused(async || {
        let start = now();
        let busy = spawn(async {
            for _ in 0..1000 {
                yield_now().await;
            }
            sleep(Duration::ZERO).await;
        });
        let waiting = spawn_sleep(Duration::from_nanos(1));
        advance(Duration::ZERO).await;
        assert!(busy.is_finished() && !waiting.is_finished());
        assert_eq!(now(), start);
    });
}

#[test]
fn several_that_advance_share_the_way_and_each_ends_at_its_own_target() {
    paused(async || {
        let start = now();
        let advance_to = async |seconds| {
            advance(SECOND * seconds).await;
            assert_eq!(now() - start, SECOND * seconds);
        };
        join_all([5, 1, 3, 3].map(advance_to)).await;
        assert_eq!(now() - start, 5 * SECOND);
    });
}

#[test]
fn tasks_advance_too_also_one_after_another() {
    paused(async || {
        let start = now();
        let tasks = [1, 2].map(|seconds| {
            spawn(async move {
                for _ in 0..3 {
                    advance(SECOND * seconds).await;
                }
                now() - start
            })
        });
        let [short, long] = tasks;
        assert_eq!((short.await.unwrap(), long.await.unwrap()), (3 * SECOND, 6 * SECOND));
    });
}

#[test]
fn an_advance_that_is_dropped_leaves_the_clock_where_it_is() {
    paused(async || {
        let start = now();
        let Either::Right(_) = select(pin!(advance(HOUR)), sleep(3 * SECOND)).await else { panic!("it went on") };
        let task = spawn_sleep(Duration::from_nanos(1));
        advance(Duration::ZERO).await;
        spawn_blocking(|| ()).await.unwrap();
        assert!(!task.is_finished());
        assert_eq!(now() - start, 3 * SECOND);
    });
}

#[test]
fn an_advance_that_nobody_polls_any_more_goes_to_its_target_and_no_further() {
    paused(async || {
        let start = now();
        let mut forgotten = pin!(advance(SECOND));
        assert!(poll_once(forgotten.as_mut()).await.is_pending());
        let ticking = spawn(async {
            let mut interval = interval(SECOND / 4);
            loop {
                interval.tick().await;
            }
        });
        let runtime = this_thread();
        spawn_blocking(move || wait_until_asleep(&runtime)).await.unwrap();
        assert_eq!(now() - start, SECOND);
        assert!(!ticking.is_finished());
        assert!(poll_once(forgotten).await.is_ready());
    });
}

#[test]
fn resuming_ends_the_advances_that_are_under_way() {
    paused(async || {
        let start = now();
        let long = spawn(async {
            advance(HOUR).await;
            now()
        });
        advance(Duration::ZERO).await;
        resume();
        assert!(long.await.unwrap() < start + HOUR);
        pause();
        let stands = now();
        let task = spawn_sleep(SECOND);
        advance(Duration::ZERO).await;
        assert!(!task.is_finished());
        assert_eq!(now(), stands);
    });
}

#[test]
fn an_advance_may_be_dropped_on_another_thread() {
    paused(async || {
        let start = now();
        let mut advancing = Box::pin(advance(HOUR));
        assert!(poll_once(advancing.as_mut()).await.is_pending());
        let thread = thread::spawn(move || drop(advancing));
        thread.join().unwrap();
        let task = spawn_sleep(SECOND);
        spawn_blocking(|| ()).await.unwrap();
        advance(Duration::ZERO).await;
        assert!(!task.is_finished());
        assert_eq!(now(), start);
    });
}

/// R12: what is left of it when the runtime goes is dropped outside of all borrows.
#[test]
fn an_advance_that_is_left_over_is_dropped_with_the_runtime() {
    struct Held(mpsc::Sender<bool>);
    impl Wake for Held {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.send(Handle::try_current().is_some()).unwrap();
        }
    }
    let (send, dropped_inside) = mpsc::channel();
    block_on(async {
        pause();
        let waker = Waker::from(Arc::new(Held(send)));
        let mut leaked = Box::pin(advance(HOUR));
        assert!(leaked.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        mem::forget(leaked);
    });
    assert_eq!(dropped_inside.try_recv(), Ok(true));
}

#[test]
fn an_advance_wakes_whoever_has_polled_it_last() {
    paused(async || {
        let start = now();
        let mut advancing = Box::pin(advance(SECOND));
        assert!(advancing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        advancing.await;
        assert_eq!(now() - start, SECOND);
    });
}

/// R12: a foreign waker arms a timer that is long due, when the clock is about to move.
#[test]
fn it_does_not_go_back_to_a_deadline_that_has_passed() {
    #[derive(Default)]
    struct Arms {
        seen: Mutex<Vec<Instant>>,
        armed: Mutex<Option<Sleep>>,
    }
    impl Wake for Arms {
        fn wake(self: Arc<Self>) {
            self.seen.lock().unwrap().push(now());
            if self.armed.lock().unwrap().is_none() {
                let mut due = sleep_until(now().checked_sub(SECOND).expect("the machine is up for a second"));
                let waker = Waker::from(Arc::clone(&self));
                assert!(pin!(&mut due).poll(&mut Context::from_waker(&waker)).is_pending());
                *self.armed.lock().unwrap() = Some(due);
            }
        }
    }
    paused(async || {
        advance(HOUR).await;
        let start = now();
        let arms = Arc::new(Arms::default());
        let waker = Waker::from(Arc::clone(&arms));
        let mut due = sleep(Duration::ZERO);
        assert!(pin!(&mut due).poll(&mut Context::from_waker(&waker)).is_pending());
        advance(SECOND).await;
        assert_eq!(*arms.seen.lock().unwrap(), [start, start]);
    });
}
