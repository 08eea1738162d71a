//! The timer slack belongs to the thread, and each test has one of its own.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use epore::time::{sleep, sleep_until};
use epore::{Builder, Runtime};
use support::strace::logs;

const NANOSECOND: Duration = Duration::from_nanos(1);

/// The timer slack of this thread in nanoseconds.
fn slack() -> i64 {
    // SAFETY: the call takes no pointer.
    unsafe { libc::syscall(libc::SYS_prctl, libc::PR_GET_TIMERSLACK, 0, 0, 0, 0) }
}

fn set_slack(nanos: u64) {
    // SAFETY: the call takes no pointer.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanos, 0_u64, 0_u64, 0_u64) }, 0);
}

fn runtime(slack: Duration) -> Runtime {
    Builder::new().timer_slack(slack).build().unwrap()
}

#[test]
fn block_on_sets_the_slack_and_puts_the_former_one_back() {
    set_slack(77_000);
    let runtime = runtime(Duration::from_nanos(1234));
    for _ in 0..2 {
        assert_eq!(slack(), 77_000);
        assert_eq!(runtime.block_on(async { slack() }), 1234);
        assert_eq!(runtime.block_on(async { epore::spawn(async { slack() }).await.unwrap() }), 1234);
    }
    set_slack(88_000);
    runtime.block_on(async {});
    assert_eq!(slack(), 88_000);
}

#[test]
fn a_panic_puts_the_former_slack_back() {
    set_slack(77_000);
    let runtime = runtime(NANOSECOND);
    let panic = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic!("on purpose") })));
    assert!(panic.is_err());
    assert_eq!(slack(), 77_000);
}

#[test]
fn a_slack_of_zero_is_a_nanosecond() {
    assert_eq!(runtime(Duration::ZERO).block_on(async { slack() }), 1);
}

#[test]
fn any_duration_is_a_slack() {
    let long = Duration::from_secs(3);
    assert_eq!(runtime(long).block_on(async { slack() }), 3_000_000_000);
    assert_eq!(runtime(Duration::MAX).block_on(async { slack() }), i64::MAX);
    // The former one is put back whatever it is.
    set_slack(5_000_000_000);
    runtime(NANOSECOND).block_on(async {});
    assert_eq!(slack(), 5_000_000_000);
}

#[test]
fn the_slack_is_left_alone_by_default_and_by_turns() {
    set_slack(77_000);
    assert_eq!(Runtime::new().unwrap().block_on(async { slack() }), 77_000);
    let runtime = runtime(NANOSECOND);
    let task = runtime.spawn(async { slack() });
    runtime.turn();
    assert!(task.is_finished());
    assert_eq!(runtime.block_on(task).unwrap(), 77_000);
}

#[test]
fn sleeps_without_slack_are_never_early() {
    runtime(Duration::ZERO).block_on(async {
        for micros in [0, 1, 10, 100, 1000] {
            for _ in 0..20 {
                let (before, duration) = (Instant::now(), Duration::from_micros(micros));
                sleep(duration).await;
                assert!(before.elapsed() >= duration, "{:?} instead of {duration:?}", before.elapsed());
            }
        }
    });
}

#[test]
fn a_slack_costs_three_calls_for_each_block_on_and_none_without() {
    let test = "a_slack_costs_three_calls_for_each_block_on_and_none_without";
    let block_on = |times| {
        let (without, with) = (Runtime::new().unwrap(), runtime(NANOSECOND));
        for _ in 0..times {
            without.block_on(epore::yield_now());
            with.block_on(epore::yield_now());
        }
    };
    let prctls = |log: String| log.matches("prctl(PR_").count();
    if let Some(logs) = logs(test, [1, 11], block_on, |_, _| Ok(())) {
        let [few, many] = logs.map(prctls);
        assert_eq!(many - few, 30);
    }
}

#[test]
fn long_timers_that_come_close_together_share_a_wait() {
    let test = "long_timers_that_come_close_together_share_a_wait";
    let sleeps = |times| {
        Runtime::new().unwrap().block_on(async {
            // Armed in less than half of that time, each is for a second at least, and the first ones for less than two.
            let first = Instant::now() + Duration::from_millis(1800);
            let deadline = |number| first + number * Duration::from_micros(200);
            let tasks: Vec<_> = (0..times as u32).map(|number| epore::spawn(sleep_until(deadline(number)))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    };
    // A thousandth of a second: lengths are told apart by powers of two.
    const LEAST: u64 = 1_000_000;
    for log in logs(test, [1, 2000], sleeps, |_, _| Ok(())).into_iter().flatten() {
        let waits: Vec<u64> = log.lines().filter_map(time_limit).collect();
        assert!(!waits.is_empty(), "{log}");
        // The last of all is alone, and exact.
        assert!(waits.iter().filter(|&&nanos| nanos < LEAST).count() <= 1, "{waits:?}");
    }
}

/// The nanoseconds that a traced call was to wait at most. They are in the second of two lines if another thread came between.
fn time_limit(line: &str) -> Option<u64> {
    let (seconds, rest) = line.split_once("tv_sec=")?.1.split_once(", tv_nsec=")?;
    let nanos: String = rest.chars().take_while(char::is_ascii_digit).collect();
    line.contains("epoll_pwait2")
        .then(|| seconds.parse::<u64>().unwrap() * 1_000_000_000 + nanos.parse::<u64>().unwrap())
}
