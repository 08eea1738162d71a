#![forbid(unsafe_code)]

mod support;

use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use epore::{Builder, Runtime, block_on, spawn_blocking};
use support::{OnDrop, in_time, threads, wait_until};

/// One at a time, since the threads of the process are counted.
static ALONE: Mutex<()> = Mutex::new(());

fn alone(what: &str, f: impl FnOnce() + Send + 'static) {
    let _guard = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    wait_until("the threads of former tests have ended", || blocking_threads() == 0);
    in_time(what, f);
}

/// How many threads for blocking work this process has.
fn blocking_threads() -> usize {
    stats().len()
}

/// Whether all of them sleep, as the state in their stat says, see proc(5). With nothing to do that is on the pool.
fn blocking_threads_sleep() -> bool {
    // Once is not enough: a lock may have held one up on the way.
    (0..100).all(|_| stats().iter().all(|stat| stat.contains(") S ")))
}

fn stats() -> Vec<String> {
    loop {
        let count = threads();
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        // A thread that ends meanwhile has no stat to read, and the listing may skip another one for it.
        let stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
        let stats: Vec<_> = stats.collect();
        if stats.len() == count {
            return stats.into_iter().filter(|stat| stat.contains("(epore-blocking)")).collect();
        }
    }
}

fn builder() -> Builder {
    Builder::new().blocking_keep_alive(Duration::ZERO)
}

#[test]
fn the_result_comes_from_another_thread() {
    alone("a blocking closure", || {
        let runtime = builder().build().unwrap();
        let id = runtime.block_on(async { spawn_blocking(|| thread::current().id()).await });
        assert_ne!(id.unwrap(), thread::current().id());
        let task = runtime.spawn_blocking(|| 42);
        assert_eq!(runtime.block_on(task).unwrap(), 42);
    });
}

#[test]
fn threads_are_started_only_when_they_are_needed() {
    alone("the start of threads", || {
        let runtime = Builder::new().build().unwrap();
        assert_eq!(blocking_threads(), 0);
        runtime.block_on(async {
            for _ in 0..100 {
                spawn_blocking(|| ()).await.unwrap();
                // The result may be there before its thread is idle, when another one would be started.
                wait_until("the thread is idle", blocking_threads_sleep);
            }
        });
        assert_eq!(blocking_threads(), 1, "for one closure at a time");
    });
}

#[test]
fn as_many_run_at_once_as_are_asked_for() {
    alone("ten closures that wait for each other", || {
        let runtime = builder().build().unwrap();
        let barrier = Arc::new(Barrier::new(10));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let barrier = barrier.clone();
                    spawn_blocking(move || barrier.wait().is_leader())
                })
                .collect();
            let mut leaders = 0;
            for task in tasks {
                leaders += u32::from(task.await.unwrap());
            }
            assert_eq!(leaders, 1);
        });
    });
}

#[test]
fn beyond_the_limit_closures_wait_their_turn() {
    alone("three closures on two threads", || {
        let runtime = builder().max_blocking_threads(2).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        let released = Arc::new(Mutex::new(released));
        let begun = Arc::new(AtomicU32::new(0));
        let task = |order: u32| {
            let (released, begun) = (released.clone(), begun.clone());
            runtime.spawn_blocking(move || {
                begun.fetch_add(1, SeqCst);
                // Two wait here at once, one for the message and one for the lock.
                released.lock().unwrap().recv().unwrap();
                order
            })
        };
        let tasks = [task(0), task(1), task(2)];
        wait_until("two have begun", || begun.load(SeqCst) == 2);
        assert_eq!(blocking_threads(), 2);
        assert!(tasks.iter().all(|task| !task.is_finished()));
        assert_eq!(begun.load(SeqCst), 2, "the third waits");
        for _ in 0..3 {
            release.send(()).unwrap();
        }
        runtime.block_on(async {
            for (order, task) in (0..).zip(tasks) {
                assert_eq!(task.await.unwrap(), order);
            }
        });
    });
}

#[test]
fn idle_threads_end() {
    alone("the end of idle threads", || {
        let runtime = Builder::new().blocking_keep_alive(Duration::from_millis(1)).build().unwrap();
        let barrier = Arc::new(Barrier::new(5));
        for _ in 0..4 {
            let barrier = barrier.clone();
            drop(runtime.spawn_blocking(move || barrier.wait()));
        }
        wait_until("four threads run", || blocking_threads() == 4);
        barrier.wait();
        wait_until("all have ended", || blocking_threads() == 0);
        let task = runtime.spawn_blocking(|| 42);
        assert_eq!(runtime.block_on(task).unwrap(), 42);
    });
}

#[test]
fn threads_that_idle_are_used_again() {
    alone("the reuse of a thread", || {
        let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
        let ids: Vec<_> = (0..10)
            .map(|_| {
                let task = runtime.spawn_blocking(|| thread::current().id());
                runtime.block_on(task).unwrap()
            })
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
    });
}

/// A runtime whose only thread is busy until the sender is used or dropped.
fn busy() -> (Runtime, mpsc::Sender<()>) {
    let runtime = builder().max_blocking_threads(1).build().unwrap();
    let (release, released) = mpsc::channel();
    let (begun, has_begun) = mpsc::channel();
    drop(runtime.spawn_blocking(move || {
        begun.send(()).unwrap();
        released.recv()
    }));
    has_begun.recv().unwrap();
    (runtime, release)
}

#[test]
fn an_abort_before_the_start_drops_the_closure_unrun() {
    alone("an abort before the start", || {
        let (runtime, release) = busy();
        let (dropped, is_dropped) = mpsc::channel();
        let guard = OnDrop(move || dropped.send(()).unwrap());
        let task = runtime.spawn_blocking(move || {
            let _guard = guard;
            unreachable!("it was aborted")
        });
        task.abort();
        assert!(task.is_finished());
        assert!(runtime.block_on(task).map(|(): ()| ()).unwrap_err().is_cancelled());
        release.send(()).unwrap();
        is_dropped.recv().unwrap();
    });
}

#[test]
fn an_abort_after_the_start_changes_nothing() {
    alone("an abort after the start", || {
        let runtime = builder().build().unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let task = runtime.spawn_blocking(move || {
            begun.send(()).unwrap();
            released.recv().unwrap()
        });
        has_begun.recv().unwrap();
        task.abort();
        assert!(!task.is_finished());
        release.send(42).unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), 42);
    });
}

/// R16
#[test]
fn a_panic_is_delivered_and_costs_no_thread() {
    alone("panics on the only thread", || {
        let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
        for _ in 0..10 {
            let task = runtime.spawn_blocking(|| panic_any(7_u32));
            let error = runtime.block_on(task).map(|(): ()| ()).unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&7_u32));
        }
        assert_eq!(blocking_threads(), 1);
    });
}

/// R19: a look-up that is stuck must not keep the program from ending.
#[test]
fn a_stuck_closure_delays_neither_the_drop_of_the_runtime_nor_block_on() {
    alone("the end of runtimes with stuck closures", || {
        let (release, released) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        block_on(async move {
            drop(spawn_blocking(move || {
                begun.send(()).unwrap();
                released.recv()
            }));
            has_begun.recv().unwrap();
        });
        assert_eq!(blocking_threads(), 1, "it is stuck still");
        drop(release);

        let (runtime, release) = busy();
        let queued = runtime.spawn_blocking(|| unreachable!("it had not begun"));
        drop(runtime);
        assert!(block_on(queued).map(|(): ()| ()).unwrap_err().is_cancelled());
        drop(release);
        wait_until("the threads have ended", || blocking_threads() == 0);
    });
}

#[test]
fn a_handle_that_outlives_the_runtime_gets_the_result_of_what_had_begun() {
    alone("a result after the end of the runtime", || {
        let runtime = builder().build().unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let task = runtime.spawn_blocking(move || {
            begun.send(()).unwrap();
            released.recv().unwrap()
        });
        has_begun.recv().unwrap();
        drop(runtime);
        release.send(42).unwrap();
        assert_eq!(block_on(task).unwrap(), 42);
    });
}

#[test]
fn ten_thousand_closures_all_run_and_no_more_at_once_than_are_allowed() {
    alone("many closures", || {
        let runtime = builder().max_blocking_threads(8).build().unwrap();
        let (running, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..10_000)
                .map(|i| {
                    let (running, most) = (running.clone(), most.clone());
                    spawn_blocking(move || {
                        most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        running.fetch_sub(1, SeqCst);
                        i
                    })
                })
                .collect();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), i);
            }
        });
        assert!(most.load(SeqCst) <= 8, "{most:?} at once");
    });
}
