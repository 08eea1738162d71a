#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::{Runtime, block_on, spawn, yield_now};
use support::panics::panic_of;
use support::{OnDrop, in_time};

#[test]
fn block_on_gives_the_output_and_takes_futures_that_borrow() {
    let mut text = String::from("hello");
    let len = block_on(async {
        text.push_str(", world");
        yield_now().await;
        text.len()
    });
    assert_eq!((len, text.as_str()), (12, "hello, world"));
}

#[test]
fn tasks_that_are_left_are_dropped_when_block_on_returns() {
    let dropped = Rc::new(Cell::new(false));
    block_on(async {
        let dropped = dropped.clone();
        drop(spawn(async move {
            let _guard = OnDrop(|| dropped.set(true));
            pending::<()>().await;
        }));
        yield_now().await;
    });
    assert!(dropped.get());
}

#[test]
fn the_main_future_is_polled_only_when_it_was_woken() {
    let mut polls = 0;
    block_on(async {
        let mut task = spawn(async {
            for _ in 0..1000 {
                yield_now().await;
            }
        });
        poll_fn(|cx| {
            polls += 1;
            std::pin::Pin::new(&mut task).poll(cx)
        })
        .await
        .unwrap();
    });
    assert_eq!(polls, 2);
}

#[test]
fn each_thread_has_a_runtime_of_its_own() {
    let threads: Vec<_> =
        (0..8).map(|i| thread::spawn(move || block_on(async move { spawn(async move { i }).await }))).collect();
    let outputs: Vec<i32> = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
    assert_eq!(outputs, (0..8).collect::<Vec<_>>());
}

/// What the main future waits for in the tests of R9, and who wakes it.
#[derive(Clone, Default)]
struct Bell {
    rung: Rc<Cell<bool>>,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Bell {
    fn ring(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn heard(self) {
        poll_fn(|cx| {
            self.waker.replace(Some(cx.waker().clone()));
            if self.rung.get() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// R9: the last thing that happens before the runtime would sleep is a wake of the main future.
#[test]
fn the_main_future_is_woken_by_the_last_task_of_a_turn() {
    in_time("a wake by the last task", || {
        for others in [0, 1, 126, 127, 128, 129, 300] {
            block_on(async {
                let bell = Bell::default();
                for _ in 0..others {
                    drop(spawn(async {}));
                }
                let ringer = bell.clone();
                drop(spawn(async move { ringer.ring() }));
                bell.heard().await;
            });
        }
    });
}

/// R9
#[test]
fn the_main_future_is_woken_by_the_drop_of_a_task() {
    in_time("a wake by a drop", || {
        block_on(async {
            let bell = Bell::default();
            let ringer = bell.clone();
            let task = spawn(async move {
                let _guard = OnDrop(|| ringer.ring());
                pending::<()>().await;
            });
            yield_now().await;
            task.abort();
            bell.heard().await;
        });
    });
}

/// R9
#[test]
fn a_task_that_was_spawned_by_the_drop_of_a_task_runs() {
    in_time("a spawn by a drop", || {
        block_on(async {
            let bell = Bell::default();
            let ringer = bell.clone();
            let task = spawn(async move {
                let _guard = OnDrop(|| {
                    let ringer = ringer.clone();
                    drop(spawn(async move { ringer.ring() }));
                });
                pending::<()>().await;
            });
            yield_now().await;
            task.abort();
            bell.heard().await;
        });
    });
}

/// R9
#[test]
fn the_main_future_is_woken_by_a_timer_of_its_own_and_of_a_task() {
    in_time("a wake by a timer", || {
        block_on(async {
            epore::time::sleep(Duration::from_millis(1)).await;
            let bell = Bell::default();
            let ringer = bell.clone();
            drop(spawn(async move {
                epore::time::sleep(Duration::from_millis(1)).await;
                ringer.ring();
            }));
            bell.heard().await;
        });
    });
}

/// R9
#[test]
fn the_main_future_is_woken_by_another_thread() {
    in_time("a wake by a thread", || {
        block_on(async {
            let (sender, receiver) = futures::channel::oneshot::channel();
            let thread = thread::spawn(move || sender.send(()).unwrap());
            receiver.await.unwrap();
            thread.join().unwrap();
        });
    });
}

#[test]
fn block_on_inside_of_block_on_says_where_and_what_to_do() {
    let (message, place) = panic_of(|| block_on(async { block_on(async {}) }));
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(message.contains("`block_on` was called inside of a runtime"), "{message}");
    assert!(message.contains("epore::spawn_blocking"), "{message}");

    let runtime = Runtime::new().unwrap();
    let (_, place) = panic_of(|| block_on(async { runtime.block_on(async {}) }));
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert_eq!(runtime.block_on(async { 42 }), 42);
}

#[test]
fn block_on_inside_of_a_task_fails_that_task_alone() {
    block_on(async {
        let error = spawn(async { block_on(async {}) }).await.unwrap_err();
        assert!(error.to_string().contains("`block_on` was called inside of a runtime"), "{error}");
    });
}

#[test]
fn block_on_works_on_the_threads_for_blocking_work() {
    let output = block_on(async { epore::spawn_blocking(|| block_on(async { 42 })).await });
    assert_eq!(output.unwrap(), 42);
}
