//! R8: no wake-up from another thread is lost. No timer runs in these runtimes, which would hide one that was.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::thread;

use epore::{Handle, block_on, spawn, spawn_blocking};
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use support::in_time;

const THREADS: u32 = 8;

#[test]
fn none_of_eight_threads_loses_a_wake() {
    in_time("wakes by raw wakers", || {
        block_on(async {
            for _ in 0..THREADS {
                drop(spawn_blocking(|| ())); // Warm threads begin at once, and so at the same time.
            }
            for _ in 0..2000 {
                let seen = Arc::new(AtomicU32::new(0));
                let mut begun = false;
                poll_fn(|cx| {
                    if !begun {
                        begun = true;
                        (0..THREADS).for_each(|_| wake_elsewhere(&seen, cx.waker()));
                    }
                    if seen.load(SeqCst) == THREADS { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        });
    });
}

fn wake_elsewhere(seen: &Arc<AtomicU32>, waker: &Waker) {
    let (seen, waker) = (seen.clone(), waker.clone());
    drop(spawn_blocking(move || {
        seen.fetch_add(1, SeqCst);
        waker.wake();
    }));
}

#[test]
fn each_of_eight_tasks_hears_its_thread() {
    in_time("oneshots from threads", || {
        block_on(async {
            for round in 0..500 {
                let tasks: Vec<_> = (0..THREADS)
                    .map(|i| {
                        let (sender, receiver) = oneshot::channel();
                        drop(spawn_blocking(move || sender.send(round * i).unwrap()));
                        spawn(receiver)
                    })
                    .collect();
                for (i, task) in (0..).zip(tasks) {
                    assert_eq!(task.await.unwrap(), Ok(round * i));
                }
            }
        });
    });
}

#[test]
fn a_thread_and_the_runtime_answer_each_other() {
    in_time("ping and pong", || {
        let (to_thread, from_runtime) = std::sync::mpsc::channel();
        let (to_runtime, mut from_thread) = mpsc::unbounded();
        let thread = thread::spawn(move || {
            for ping in from_runtime {
                to_runtime.unbounded_send(ping).unwrap();
            }
        });
        block_on(async {
            for round in 0..20_000 {
                to_thread.send(round).unwrap();
                assert_eq!(from_thread.next().await, Some(round));
            }
        });
        drop(to_thread);
        thread.join().unwrap();
    });
}

#[test]
fn all_messages_of_eight_threads_arrive() {
    const MESSAGES: u32 = 10_000;
    in_time("messages from threads", || {
        let (sender, mut receiver) = mpsc::channel(4);
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let mut sender = sender.clone();
                thread::spawn(move || {
                    block_on(async {
                        for i in 0..MESSAGES {
                            poll_fn(|cx| sender.poll_ready(cx)).await.unwrap();
                            sender.start_send(i).unwrap();
                        }
                    });
                })
            })
            .collect();
        drop(sender);
        let sum = block_on(async {
            let mut sum = 0;
            while let Some(i) = receiver.next().await {
                sum += u64::from(i);
            }
            sum
        });
        let each = u64::from(MESSAGES) * u64::from(MESSAGES - 1) / 2;
        assert_eq!(sum, u64::from(THREADS) * each);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn every_task_that_eight_threads_spawn_runs() {
    const TASKS: u32 = 2000;
    in_time("tasks from threads", || {
        block_on(async {
            let handle = Handle::current();
            let ran = Arc::new(AtomicU32::new(0));
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let (handle, ran) = (handle.clone(), ran.clone());
                    let (done, all_done) = oneshot::channel();
                    let thread = thread::spawn(move || {
                        let spawned = (0..TASKS).map(|_| {
                            let ran = ran.clone();
                            handle.spawn(async move { ran.fetch_add(1, SeqCst) })
                        });
                        assert!(done.send(spawned.collect::<Vec<_>>()).is_ok());
                    });
                    (thread, all_done)
                })
                .collect();
            for (thread, all_done) in threads {
                for task in all_done.await.unwrap() {
                    task.await.unwrap();
                }
                thread.join().unwrap();
            }
            assert_eq!(ran.load(SeqCst), THREADS * TASKS);
        });
    });
}

#[test]
fn wakes_without_end_from_other_threads_do_not_keep_tasks_waiting() {
    in_time("a task beside a storm of wakes", || {
        block_on(async {
            let stop = Arc::new(AtomicU32::new(0));
            let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let (stop, waker) = (stop.clone(), waker.clone());
                    thread::spawn(move || {
                        while stop.load(SeqCst) == 0 {
                            waker.wake_by_ref();
                        }
                    })
                })
                .collect();
            let turns = Rc::new(Cell::new(0));
            let counter = turns.clone();
            let task = spawn(async move {
                for _ in 0..10_000 {
                    counter.set(counter.get() + 1);
                    epore::yield_now().await;
                }
            });
            task.await.unwrap();
            assert_eq!(turns.get(), 10_000);
            stop.store(1, SeqCst);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    });
}
