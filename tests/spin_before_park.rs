#![forbid(unsafe_code)]

mod support;

use std::future::poll_fn;
use std::io::{Read, Write};
use std::process::{self, Command};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use epore::signal::unix::{SignalKind, signal};
use epore::time::{advance, pause, sleep, timeout};
use epore::{Builder, Runtime};
use support::in_time;
use support::strace::{ADDRESS, logs};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MICROSECOND: Duration = Duration::from_micros(1);

/// From hardly ever to always: the runtime parks at the end of most waits, of some, of none.
const SPINS: [Duration; 4] = [Duration::from_nanos(1), Duration::from_micros(20), Duration::from_millis(1), DAY];

fn spinning(duration: Duration) -> Runtime {
    Builder::new().spin_before_park(duration).build().unwrap()
}

/// Runs `test` with each of the durations, and fails if it takes too long with one.
fn with_each(test: fn(Runtime)) {
    SPINS.into_iter().for_each(|duration| in_time("a runtime that spins", move || test(spinning(duration))));
}

#[test]
fn no_wake_of_another_thread_is_lost() {
    with_each(|runtime| {
        let (asked, asking) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || {
            for (number, waker) in asking.into_iter().enumerate() {
                if number % 3 == 0 {
                    // About as long as the spin of one of the runtimes.
                    let begin = Instant::now();
                    while begin.elapsed() < 20 * MICROSECOND {}
                }
                waker.wake();
            }
        });
        runtime.block_on(async {
            for _ in 0..2000 {
                let mut has_asked = false;
                let woken = poll_fn(|cx| {
                    if has_asked {
                        return Poll::Ready(());
                    }
                    has_asked = true;
                    asked.send(cx.waker().clone()).unwrap();
                    Poll::Pending
                });
                woken.await;
            }
        });
        drop(asked);
        waking.join().unwrap();
    });
}

#[test]
fn sleeps_end_and_never_early() {
    with_each(|runtime| {
        runtime.block_on(async {
            for micros in [0, 1, 30, 300, 3000] {
                for _ in 0..5 {
                    let (before, duration) = (Instant::now(), Duration::from_micros(micros));
                    sleep(duration).await;
                    assert!(before.elapsed() >= duration, "{:?} instead of {duration:?}", before.elapsed());
                }
            }
            assert!(timeout(MICROSECOND, sleep(DAY)).await.is_err());
        });
    });
}

#[test]
fn what_other_threads_finish_and_spawn_is_seen() {
    with_each(|runtime| {
        let handle = runtime.handle();
        runtime.block_on(async {
            for number in 0..50 {
                assert_eq!(epore::spawn_blocking(move || number).await.unwrap(), number);
            }
            let (told, telling) = mpsc::channel();
            let spawning = thread::spawn(move || drop(handle.spawn(async move { told.send(()).unwrap() })));
            while telling.try_recv().is_err() {
                sleep(10 * MICROSECOND).await;
            }
            spawning.join().unwrap();
        });
    });
}

#[test]
fn a_signal_is_seen() {
    with_each(|runtime| {
        runtime.block_on(async {
            let mut signals = signal(SignalKind::user_defined1()).unwrap();
            for _ in 0..3 {
                let kill = Command::new("kill").args(["-USR1", &process::id().to_string()]).spawn();
                assert!(signals.recv().await.is_some());
                kill.unwrap().wait().unwrap();
            }
        });
    });
}

#[test]
fn a_paused_clock_moves_without_a_spin() {
    in_time("a runtime that spins", || {
        let builder = Builder::new().spin_before_park(DAY).start_paused(true);
        builder.clone().auto_advance(true).build().unwrap().block_on(sleep(DAY));
        builder.build().unwrap().block_on(async {
            let task = epore::spawn(sleep(DAY));
            advance(DAY).await;
            assert!(task.is_finished());
        });
        spinning(DAY).block_on(async {
            sleep(MICROSECOND).await;
            pause();
            advance(DAY).await;
        });
    });
}

#[test]
fn a_turn_does_not_spin() {
    in_time("a runtime that spins", || {
        let runtime = spinning(DAY);
        let task = runtime.spawn(sleep(DAY));
        // The first one has a task to run, the others have nothing to do.
        for _ in 0..3 {
            runtime.turn();
        }
        assert!(!task.is_finished());
    });
}

/// How often a runtime that was traced has waited and was allowed to sleep.
fn sleeping_waits(log: &str) -> usize {
    let sleeps = |line: &&str| line.contains("epoll_pwait2(") || line.contains("epoll_wait") && line.contains(", -1) ");
    log.lines().filter(sleeps).count()
}

/// Whether a traced call has looked for events, and there were none.
fn is_look(line: &str) -> bool {
    line.contains("epoll_wait") && line.contains("[], ") && line.contains(", 0) ")
}

#[test]
fn what_comes_within_the_spin_is_waited_for_without_sleeping() {
    let test = "what_comes_within_the_spin_is_waited_for_without_sleeping";
    let echo = |times| {
        spinning(DAY).block_on(async {
            let listener = epore::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("{ADDRESS}{}", listener.local_addr().unwrap());
            let (stream, _) = listener.accept().await.unwrap();
            for _ in 0..times {
                stream.read_exact(&mut [0; 4]).await.unwrap();
                stream.write_all(b"pong").await.unwrap();
            }
            // Nothing is written by the other thread to wake the runtime.
            epore::spawn_blocking(|| ()).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        });
    };
    let client = |times, server: &mut support::strace::Server| {
        let mut stream = server.connect()?;
        for _ in 0..times {
            stream.write_all(b"ping")?;
            stream.read_exact(&mut [0; 4])?;
        }
        Ok(())
    };
    for log in logs(test, [1, 20], echo, client).into_iter().flatten() {
        assert_eq!(sleeping_waits(&log), 0, "{log}");
        assert_eq!(log.matches(r#""\1\0\0\0\0\0\0\0", 8)"#).count(), 0, "{log}");
    }
}

#[test]
fn a_spin_in_which_nothing_comes_ends_in_one_sleep() {
    let test = "a_spin_in_which_nothing_comes_ends_in_one_sleep";
    let sleeps = |times| {
        spinning(Duration::from_millis(1)).block_on(async {
            for _ in 0..times {
                sleep(Duration::from_millis(500)).await;
            }
        });
    };
    if let Some(logs) = logs(test, [1, 4], sleeps, |_, _| Ok(())) {
        let looks = logs.each_ref().map(|log| log.lines().filter(|line| is_look(line)).count());
        assert!(looks[0] >= 1 && looks[1] >= 4, "{looks:?} looks in 1 and 4 spins");
        assert_eq!(logs.map(|log| sleeping_waits(&log)), [1, 4]);
    }
}
