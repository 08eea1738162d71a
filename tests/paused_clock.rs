//! A clock that is paused, and what is seen of it.

#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::thread;

use epore::time::{
    Duration, Instant, MissedTickBehavior, Sleep, advance, interval, interval_at, is_paused, now, pause, resume, sleep,
    sleep_until, timeout,
};
use epore::{Runtime, block_on, spawn, yield_now};
use futures::future::{Either, join, join3, select};
use support::clock::paused;
use support::in_time;
use support::panics::panic_of;
use support::polls::poll_once;
use support::tcp::pair;

const MILLISECOND: Duration = Duration::from_millis(1);

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);

/// R20: all that the clock counts to.
const DURATIONS: [Duration; 11] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_micros(999),
    MILLISECOND,
    Duration::from_millis(24 * 86_400_000 + 69_120_000 - 1),
    Duration::from_millis(24 * 86_400_000 + 69_120_000 + 1),
    Duration::from_millis((1 << 31) - 1),
    Duration::from_millis(1 << 31),
    Duration::from_millis(1 << 32),
    Duration::from_secs(30 * 365 * 86_400),
    Duration::from_secs(500 * 365 * 86_400),
];

/// R20: what it does not count to.
const BEYOND: [Duration; 5] = [
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(u64::MAX / 10),
    Duration::from_secs(i64::MAX as u64 - 1),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];

/// As far as the clock counts.
const END: Duration = Duration::from_nanos(u64::MAX - 1);

/// Sleeps of a task of its own, and where they stand.
fn spawn_sleep(duration: Duration) -> epore::JoinHandle<Instant> {
    spawn(async move {
        sleep(duration).await;
        now()
    })
}

#[test]
fn time_stands_still_until_it_is_advanced_and_moves_by_that_much() {
    paused(async || {
        let start = now();
        thread::sleep(MILLISECOND);
        yield_now().await;
        assert_eq!(now(), start);
        let mut passed = Duration::ZERO;
        for step in [1, 999, 1_000_000, 1, 86_400_000_000_000, 7].map(Duration::from_nanos) {
            advance(step).await;
            passed += step;
            assert_eq!(now() - start, passed);
        }
    });
}

#[test]
fn a_timer_fires_at_its_deadline_and_not_a_nanosecond_before() {
    paused(async || {
        let start = now();
        let task = spawn_sleep(HOUR);
        advance(HOUR - Duration::from_nanos(1)).await;
        assert!(!task.is_finished());
        advance(Duration::from_nanos(1)).await;
        assert!(task.is_finished());
        assert_eq!(task.await.unwrap() - start, HOUR);
    });
}

#[test]
fn timers_in_one_advance_fire_in_order_each_at_its_own_time() {
    paused(async || {
        let start = now();
        let fired = Rc::new(RefCell::new(Vec::new()));
        let mut expected = BTreeMap::new();
        let mut random = 1_u64;
        for id in 0..2000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let after = Duration::from_nanos((random >> 33) * 2000 + id);
            let fired = Rc::clone(&fired);
            let task = spawn(async move {
                sleep(after).await;
                fired.borrow_mut().push((now() - start, id));
            });
            if id % 3 == 0 { task.abort() } else { drop(expected.insert((after, id), task)) }
        }
        advance(END).await;
        assert!(fired.borrow().iter().eq(expected.keys()));
    });
}

/// The example of the documentation of `MissedTickBehavior`.
#[test]
fn missed_ticks_come_exactly_as_each_behavior_has_it() {
    let taken = |behavior| {
        paused(async move || {
            let start = now();
            let ticking = spawn(async move {
                let mut interval = interval(10 * MILLISECOND);
                interval.set_missed_tick_behavior(behavior);
                let mut taken = Vec::new();
                for nth in 0..6 {
                    let tick = interval.tick().await;
                    taken.push(((tick - start).as_millis(), (now() - start).as_millis()));
                    if nth == 1 {
                        sleep(25 * MILLISECOND).await;
                    }
                }
                taken
            });
            advance(SECOND).await;
            ticking.await.unwrap()
        })
    };
    let burst = [(0, 0), (10, 10), (20, 35), (30, 35), (40, 40), (50, 50)];
    let delay = [(0, 0), (10, 10), (20, 35), (45, 45), (55, 55), (65, 65)];
    let skip = [(0, 0), (10, 10), (20, 35), (40, 40), (50, 50), (60, 60)];
    assert_eq!(taken(MissedTickBehavior::Burst), burst);
    assert_eq!(taken(MissedTickBehavior::Delay), delay);
    assert_eq!(taken(MissedTickBehavior::Skip), skip);
}

#[test]
fn the_resets_of_an_interval_count_from_the_time_of_the_clock() {
    paused(async || {
        let start = now();
        let mut interval = interval_at(start + HOUR, SECOND);
        advance(SECOND).await;
        interval.reset_immediately();
        assert_eq!(interval.tick().await, start + SECOND);
        advance(SECOND).await;
        interval.reset();
        assert_eq!(join(interval.tick(), advance(SECOND)).await.0, start + 3 * SECOND);
        interval.reset_after(MILLISECOND);
        assert_eq!(join(interval.tick(), advance(SECOND)).await.0, start + 3 * SECOND + MILLISECOND);
    });
}

#[test]
fn a_tasks_timers_count_from_when_it_was_spawned_and_not_from_where_the_advance_ends() {
    paused(async || {
        let task = spawn_sleep(2 * SECOND);
        advance(SECOND).await;
        advance(SECOND).await;
        assert!(task.is_finished());
    });
}

#[test]
fn timers_that_are_due_need_no_advance() {
    paused(async || {
        let start = now();
        sleep(Duration::ZERO).await;
        sleep_until(start).await;
        sleep_until(start.checked_sub(SECOND).unwrap_or(start)).await;
        interval(HOUR).tick().await;
        timeout(Duration::ZERO, pending::<()>()).await.unwrap_err();
        let mut moved = sleep(HOUR);
        assert!(poll_once(pin!(&mut moved)).await.is_pending());
        moved.reset(start);
        moved.await;
        assert_eq!(now(), start);
    });
}

#[test]
fn joined_timers_end_with_the_last_and_selected_ones_with_the_first() {
    paused(async || {
        let start = now();
        let timed = spawn(async move {
            join3(sleep(SECOND), sleep(3 * SECOND), sleep(2 * SECOND)).await;
            let joined = now() - start;
            let Either::Right(_) = select(sleep(2 * SECOND), sleep(SECOND)).await else { panic!("not the first") };
            (joined, now() - start)
        });
        advance(HOUR).await;
        assert_eq!(timed.await.unwrap(), (3 * SECOND, 4 * SECOND));
        assert_eq!(now() - start, HOUR);
    });
}

#[test]
fn a_timeout_ends_at_its_limit_and_what_is_ready_then_still_wins() {
    paused(async || {
        let start = now();
        let late = spawn(async move {
            timeout(SECOND, sleep(SECOND + Duration::from_nanos(1))).await.unwrap_err();
            now() - start
        });
        let just_in_time = spawn(timeout(SECOND, sleep(SECOND)));
        advance(2 * SECOND).await;
        assert_eq!(late.await.unwrap(), SECOND);
        just_in_time.await.unwrap().unwrap();
    });
}

#[test]
fn the_clock_stays_paused_from_one_block_on_to_the_next() {
    in_time("two calls of block_on", || {
        let runtime = Runtime::new().unwrap();
        let (start, task) = runtime.block_on(async {
            pause();
            let task = spawn_sleep(HOUR);
            advance(SECOND).await;
            // Dropped with the main future, it moves the clock no further.
            assert!(poll_once(pin!(advance(HOUR))).await.is_pending());
            (now(), task)
        });
        thread::sleep(MILLISECOND);
        runtime.block_on(async {
            assert!(is_paused());
            assert_eq!(now(), start);
            advance(HOUR - SECOND).await;
            assert_eq!(task.await.unwrap(), start + HOUR - SECOND);
            resume();
        });
        runtime.block_on(sleep(MILLISECOND));
    });
}

#[test]
fn resumed_it_goes_on_from_where_it_stood() {
    paused(async || {
        let start = now();
        let mut armed = sleep(HOUR + 5 * MILLISECOND);
        assert!(poll_once(pin!(&mut armed)).await.is_pending());
        advance(HOUR).await;
        resume();
        assert!(!is_paused());
        assert!(now() - start >= HOUR && now() - start < HOUR + support::PATIENCE);
        let real = Instant::now();
        armed.await;
        assert!(now() - start >= HOUR + 5 * MILLISECOND);
        sleep(MILLISECOND).await;
        // Neither clock has moved since without the other: a millisecond at the least.
        assert!(real.elapsed() >= MILLISECOND);

        pause();
        let again = now();
        thread::sleep(MILLISECOND);
        assert_eq!(now(), again);
        advance(SECOND).await;
        assert_eq!(now() - again, SECOND);
    });
}

#[test]
fn it_never_goes_backwards() {
    paused(async || {
        resume();
        let mut last = now();
        for nth in 0..1000 {
            pause();
            let stands = now();
            assert!(stands >= last);
            if nth % 3 == 0 {
                advance(Duration::from_nanos(nth)).await;
            }
            assert!(now() >= stands);
            last = now();
            resume();
            assert!(now() >= last);
            last = now();
        }
    });
}

#[test]
fn timers_that_are_armed_when_it_is_paused_keep_their_deadlines() {
    in_time("a pause", || {
        block_on(async {
            let deadline = now() + 20 * MILLISECOND;
            let task = spawn(sleep_until(deadline));
            yield_now().await;
            pause();
            // On a very slow machine it has passed already.
            let left = deadline.saturating_duration_since(now());
            thread::sleep(30 * MILLISECOND);
            advance(left.saturating_sub(Duration::from_nanos(1))).await;
            assert_eq!(task.is_finished(), left.is_zero());
            advance(Duration::from_nanos(1)).await;
            assert!(task.is_finished());
        });
    });
}

#[test]
fn each_runtime_has_a_clock_of_its_own() {
    in_time("three clocks", || {
        let [first, second, real] = [(); 3].map(|()| Runtime::new().unwrap());
        let start = first.block_on(async {
            pause();
            now()
        });
        second.block_on(async {
            pause();
            advance(HOUR).await;
        });
        real.block_on(async {
            assert!(!is_paused());
            sleep(MILLISECOND).await;
        });
        first.block_on(async {
            assert_eq!(now(), start);
            advance(SECOND).await;
            assert_eq!(now() - start, SECOND);
        });
        assert!(second.block_on(async { now() }) >= start + HOUR);
    });
}

#[test]
fn sockets_go_on_as_ever() {
    paused(async || {
        let start = now();
        let (stream, mut peer) = pair().unwrap();
        let thread = thread::spawn(move || peer.write_all(b"hello").unwrap());
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"hello");
        assert_eq!(now(), start);
        thread.join().unwrap();
    });
}

/// R20
#[test]
fn any_duration_that_the_clock_counts_to_passes_exactly() {
    for duration in DURATIONS {
        paused(async move || {
            let start = now();
            let before = duration.saturating_sub(Duration::from_nanos(1));
            let tasks = [
                spawn_sleep(duration),
                spawn(async move {
                    sleep_until(start + duration).await;
                    now()
                }),
                spawn(async move {
                    timeout(duration, pending::<()>()).await.unwrap_err();
                    now()
                }),
                spawn(async move { interval_at(start + duration, HOUR).tick().await }),
                spawn(async move {
                    let mut sleep = sleep(END);
                    assert!(poll_once(pin!(&mut sleep)).await.is_pending());
                    sleep.reset(start + duration);
                    sleep.await;
                    now()
                }),
            ];
            advance(before).await;
            assert!(duration.is_zero() || !tasks.iter().any(epore::JoinHandle::is_finished), "{duration:?}");
            advance(duration - before).await;
            assert_eq!(now() - start, duration);
            for task in tasks {
                assert!(task.is_finished(), "{duration:?}");
                assert_eq!(task.await.unwrap() - start, duration);
            }
        });
    }
}

/// R20
#[test]
fn what_the_clock_does_not_count_to_is_waited_for_without_end_also_at_its_end() {
    for duration in BEYOND {
        paused(async move || {
            let start = now();
            let endless = || -> [Sleep; 2] { [sleep(duration), sleep_until(sleep(Duration::MAX).deadline())] };
            let mut sleeps = Vec::from(endless());
            let ticked = Rc::new(Cell::new(0));
            let counter = Rc::clone(&ticked);
            drop(spawn(async move {
                let mut interval = interval(duration);
                loop {
                    interval.tick().await;
                    counter.set(counter.get() + 1);
                }
            }));
            for _ in 0..3 {
                for sleep in &mut sleeps {
                    assert!(poll_once(pin!(sleep)).await.is_pending(), "{duration:?}");
                }
                advance(duration).await;
                assert_eq!(ticked.get(), 1);
                // The runtime is too old by a moment for its clock to have moved by all of it.
                assert!(now() - start <= END && now() - start > END - support::PATIENCE, "{duration:?}");
                sleeps.extend(endless());
            }
            let stands = now();
            resume();
            thread::sleep(MILLISECOND);
            assert_eq!(now(), stands);
            sleep(Duration::ZERO).await;
            for sleep in &mut sleeps {
                assert!(poll_once(pin!(sleep)).await.is_pending(), "{duration:?}");
            }
        });
    }
}

/// Time that is not the runtime's own does not pass, so that tens of thousands of steps take no more than their polls.
#[test]
fn a_month_passes_by_the_half_minute() {
    const MONTH: Duration = Duration::from_secs(30 * 86_400);
    paused(async || {
        let start = now();
        let ticks = Rc::new(Cell::new(0_u32));
        let counter = Rc::clone(&ticks);
        drop(spawn(async move {
            let mut interval = interval(SECOND * 30);
            loop {
                let tick = interval.tick().await;
                assert_eq!(tick, now());
                counter.set(counter.get() + 1);
            }
        }));
        advance(MONTH).await;
        assert_eq!(ticks.get(), 1 + 30 * 24 * 60 * 2);
        assert_eq!(now() - start, MONTH);
    });
}

#[test]
fn misuse_panics_and_says_what_to_do() {
    let poll = |future: &mut (dyn Future<Output = ()> + Unpin)| {
        let mut cx = Context::from_waker(Waker::noop());
        let _pending = std::pin::Pin::new(future).poll(&mut cx);
    };
    for (name, call) in [("pause", pause as fn()), ("resume", resume)] {
        let (message, place) = panic_of(call);
        assert!(message.contains(&format!("`time::{name}` was called outside of a runtime")), "{message}");
        assert!(!place.contains("executor/"), "{place}");
    }
    let (message, _) = panic_of(|| poll(&mut Box::pin(advance(SECOND))));
    assert!(message.contains("`time::advance` was awaited outside of a runtime"), "{message}");

    block_on(async {
        let line = line!() + 1;
        let (message, place) = panic_of(|| resume());
        assert!(message.contains("call `time::pause` first"), "{message}");
        assert!(place.ends_with(&format!("paused_clock.rs:{line}")), "{place}");
        let (message, _) = panic_of(|| poll(&mut Box::pin(advance(SECOND))));
        assert!(message.contains("`time::advance` was awaited while the clock is running"), "{message}");
        pause();
        let line = line!() + 1;
        let (message, place) = panic_of(|| pause());
        assert!(message.contains("call it once"), "{message}");
        assert!(place.ends_with(&format!("paused_clock.rs:{line}")), "{place}");
    });

    let mut strayed = Box::pin(advance(SECOND));
    let first = Runtime::new().unwrap();
    first.block_on(async {
        pause();
        poll(&mut strayed);
    });
    let (message, _) = panic_of(|| block_on(async { poll(&mut strayed) }));
    assert!(message.contains("await it where it began"), "{message}");
}

#[test]
fn outside_of_a_runtime_there_is_no_clock_but_the_systems() {
    let before = Instant::now();
    assert!(now() >= before && now() <= Instant::now());
    assert!(!is_paused());
}
