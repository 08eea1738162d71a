//! Tasks that borrow, and belong to the future of their scope.

#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use epore::time::{sleep, timeout};
use epore::{block_on, scope, spawn, yield_now};
use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use support::OnDrop;
use support::panics::panic_of;
use support::polls::{after_yields, count_polls, drop_at, poll_once, run};

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// An executor that is none of Epore's.
fn park_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(support::PATIENCE),
        }
    }
}

/// A future that waits until it is woken from outside, and counts its polls.
#[derive(Default)]
struct Gate {
    open: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    polls: Cell<usize>,
}

impl Gate {
    async fn pass(&self) {
        poll_fn(|cx| {
            self.polls.set(self.polls.get() + 1);
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            if self.open.get() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn wake(&self) {
        let waker = self.waker.borrow().clone();
        waker.unwrap().wake();
    }

    fn open(&self) {
        self.open.set(true);
        self.wake();
    }
}

#[test]
fn tasks_borrow_locals_shared_and_mutably() {
    run(async {
        let (count, list) = (Cell::new(0), RefCell::new(Vec::new()));
        let (mut left, mut right) = (0, String::new());
        let mut slots = [0; 100];
        let sum = scope(async |scope| {
            scope.spawn(async { left += 1 });
            scope.spawn(async { right.push('r') });
            for (i, slot) in slots.iter_mut().enumerate() {
                let (count, list) = (&count, &list);
                scope.spawn(async move {
                    *slot = after_yields(i % 3, i).await;
                    count.set(count.get() + 1);
                    list.borrow_mut().push(i);
                });
            }
            scope.spawn(async { 42 }).await.unwrap()
        });
        assert_eq!(sum.await, 42);
        assert_eq!((left, right.as_str(), count.get()), (1, "r", 100));
        assert!(slots.into_iter().eq(0..100));
        assert_eq!(list.borrow().len(), 100);
    });
}

#[test]
fn the_scope_waits_for_all_with_the_output_of_its_body() {
    run(async {
        let ended = Cell::new(false);
        let output = scope(async |scope| {
            scope.spawn(async {
                sleep(Duration::from_millis(1)).await;
                ended.set(true);
            });
            "output"
        });
        assert_eq!(output.await, "output");
        assert!(ended.get());
    });
}

#[test]
fn a_scope_without_tasks_is_ready_at_once() {
    run(async {
        assert_eq!(poll_once(pin!(scope(|_| ready(1)))).await, Poll::Ready(1));
        assert_eq!(scope(async |_| after_yields(3, 2).await).await, 2);
    });
}

#[test]
fn nothing_runs_before_the_first_poll() {
    run(async {
        let log = RefCell::new(Vec::new());
        let scope = scope(|scope| {
            scope.spawn(async { log.borrow_mut().push("task") });
            async { log.borrow_mut().push("body") }
        });
        yield_now().await;
        assert!(log.borrow().is_empty());
        scope.await;
        assert_eq!(*log.borrow(), ["task", "body"]);
    });
}

#[test]
fn ten_thousand_tasks_finish_and_none_is_polled_in_vain() {
    run(async {
        let polls = Cell::new(0);
        let polls = &polls;
        let handles = scope(async |scope| {
            let task = |i| async move {
                for _ in 0..i % 7 {
                    polls.set(polls.get() + 1);
                    yield_now().await;
                }
                polls.set(polls.get() + 1);
                i
            };
            (0..10_000).map(|i| scope.spawn(task(i))).collect::<Vec<_>>()
        })
        .await;
        assert_eq!(polls.get(), (0..10_000).map(|i| i % 7 + 1).sum::<usize>());
        for (i, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.await.unwrap(), i);
        }
    });
}

#[test]
fn tasks_spawn_tasks() {
    fn tree<'env>(scope: epore::Scope<'env>, depth: usize, leaves: &'env Cell<usize>) {
        let inner = scope.clone();
        scope.spawn(async move {
            if depth == 0 {
                return leaves.set(leaves.get() + 1);
            }
            for _ in 0..2 {
                yield_now().await;
                tree(inner.clone(), depth - 1, leaves);
            }
        });
    }
    run(async {
        let leaves = Cell::new(0);
        scope(async |scope| tree(scope, 10, &leaves)).await;
        assert_eq!(leaves.get(), 1024);
    });
}

#[test]
fn scopes_nest_and_borrow_from_the_task_around() {
    run(async {
        let (outer_local, total) = (10, Cell::new(0));
        scope(async |outer| {
            let clone = outer.clone();
            outer.spawn(async {
                let (inner_local, outer) = (20, clone);
                scope(async |inner| {
                    inner.spawn(async { total.set(total.get() + outer_local + inner_local) });
                    inner.spawn(async { total.set(total.get() + inner_local) });
                    // A task of the outer scope cannot borrow what is the inner one's, but all that is the outer's.
                    outer.spawn(async { total.set(total.get() + 1) });
                })
                .await;
                assert!(total.get() >= 50);
            });
        })
        .await;
        assert_eq!(total.get(), 51);
    });
}

#[test]
fn a_woken_task_alone_is_polled() {
    let gates: Vec<Gate> = (0..1000).map(|_| Gate::default()).collect();
    let (body, body_polls) = count_polls(pending::<()>());
    let mut scope = pin!(scope(|scope| {
        gates.iter().for_each(|gate| drop(scope.spawn(gate.pass())));
        body
    }));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut poll = || {
        let mut polls = 0;
        loop {
            let before = woken.0.load(SeqCst);
            assert!(scope.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            polls += 1;
            if woken.0.load(SeqCst) == before {
                return polls;
            }
        }
    };
    let first = poll();
    assert_eq!(first, 1001_usize.div_ceil(32), "it yields after 32 polls");
    let polled = || gates.iter().map(|gate| gate.polls.get()).sum::<usize>();
    assert_eq!((polled(), body_polls.get()), (1000, 1));

    // Polled without need, it polls nobody.
    assert_eq!((poll(), polled()), (1, 1000));

    // Woken several times, a task is polled once, and the surrounding one is woken once.
    let before = woken.0.load(SeqCst);
    for _ in 0..5 {
        gates[7].wake();
        gates[900].wake();
    }
    assert_eq!(woken.0.load(SeqCst) - before, 1);
    assert_eq!((poll(), polled(), gates[7].polls.get(), gates[900].polls.get()), (1, 1002, 2, 2));

    // The waker of a task that has finished polls nobody.
    gates[7].open();
    assert_eq!((poll(), polled()), (1, 1003));
    gates[7].wake();
    assert_eq!((poll(), polled(), body_polls.get()), (1, 1003, 1));
}

#[test]
fn a_task_that_wakes_itself_is_polled_once_in_a_poll_of_the_scope() {
    run(async {
        let polls = Cell::new(0);
        let mut scope = pin!(scope(async |scope| {
            scope.spawn(poll_fn(|cx| {
                polls.set(polls.get() + 1);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            }));
        }));
        assert!(poll_once(scope.as_mut()).await.is_pending());
        for expected in 1..=10 {
            assert!(poll_once(scope.as_mut()).await.is_pending());
            assert_eq!(polls.get(), expected);
        }
    });
}

/// R10, R11: neither the tasks outside nor the timers starve beside tasks that are always ready.
#[test]
fn busy_tasks_starve_nobody() {
    run(async {
        let outside = Rc::new(Cell::new(0));
        let counter = outside.clone();
        let ticker = spawn(async move {
            loop {
                counter.set(counter.get() + 1);
                yield_now().await;
            }
        });
        let (last, busy) = (Cell::new(0), Cell::new(0));
        let (last, busy) = (&last, &busy);
        let endless = scope(async |scope| {
            for i in 0..1000 {
                scope.spawn(async move {
                    loop {
                        last.set(i);
                        busy.set(busy.get() + 1);
                        yield_now().await;
                    }
                });
            }
        });
        assert!(timeout(Duration::from_millis(20), endless).await.is_err());
        assert!(busy.get() > 0 && outside.get() + 1 >= busy.get() / 32, "{} beside {}", outside.get(), busy.get());
        ticker.abort();
    });
}

/// R8: the scope sleeps in the reactor while a thread wakes its task.
#[test]
fn a_task_is_woken_from_another_thread() {
    run(async {
        let (send, receive) = mpsc::channel::<futures::channel::oneshot::Sender<usize>>();
        let thread =
            thread::spawn(move || receive.into_iter().enumerate().for_each(|(i, reply)| reply.send(i).unwrap()));
        let sum = Cell::new(0);
        let sum = &sum;
        scope(async |scope| {
            for _ in 0..1000 {
                let (reply, answer) = futures::channel::oneshot::channel();
                send.send(reply).unwrap();
                scope.spawn(async move {
                    let number = answer.await.unwrap();
                    sum.set(sum.get() + number);
                });
            }
            drop(send);
        })
        .await;
        thread.join().unwrap();
        assert_eq!(sum.get(), (0..1000).sum::<usize>());
    });
}

#[test]
fn a_scope_works_in_any_executor() {
    let numbers: Vec<usize> = (0..10).collect();
    let numbers = &numbers;
    let sum_of = |from: usize| {
        scope(async move |scope| {
            let tasks: Vec<_> = numbers[from..].iter().map(|n| scope.spawn(after_yields(*n, n))).collect();
            let mut sum = 0;
            for task in tasks {
                sum += *task.await.unwrap();
            }
            sum
        })
    };
    let several = async {
        let scopes: FuturesUnordered<_> = (0..10).map(sum_of).collect();
        scopes.fold(0, async |sum, scope| sum + scope).await
    };
    let expected = (0..10).map(|from| (from..10).sum::<usize>()).sum::<usize>();
    assert_eq!(park_on(several), expected);
    assert_eq!(run(async { futures::join!(sum_of(0), sum_of(9)) }), (45, 9));
    run(async {
        let Either::Left((sum, _)) = select(sum_of(0), pending::<()>()).await else { unreachable!("one never ends") };
        assert_eq!(sum, 45);
        let Either::Right(((), rest)) = select(sum_of(0), ready(())).await else { unreachable!("one is ready") };
        assert_eq!(rest.await, 45);
    });
}

/// R24: wherever the scope is dropped, all that its tasks own is dropped once.
#[test]
fn a_scope_is_dropped_at_each_of_its_awaits() {
    let (live, made) = (Cell::new(0_isize), Cell::new(0));
    let guard = || {
        live.set(live.get() + 1);
        made.set(made.get() + 1);
        OnDrop(|| live.set(live.get() - 1))
    };
    let mut complete = false;
    for nth in 1..100 {
        let work = scope(async |scope| {
            let _own = guard();
            for i in 0..40 {
                let (kept, inner, guard) = (guard(), scope.clone(), &guard);
                let task = scope.spawn(async move {
                    let _kept = kept;
                    after_yields(i % 4, ()).await;
                    let late = guard();
                    inner.spawn(async move {
                        yield_now().await;
                        drop(late);
                    });
                });
                if i % 10 == 0 {
                    task.await.unwrap();
                }
            }
            yield_now().await;
        });
        let ended = run(drop_at(nth, work));
        assert_eq!(live.get(), 0, "dropped at {nth}");
        if ended.is_some() {
            complete = true;
            break;
        }
    }
    assert!(complete && made.get() > 81);
}

#[test]
fn what_is_spawned_while_the_scope_is_dropped_is_dropped_too() {
    let (refused, never) = (&Cell::new(0), &Cell::new(0));
    let mut work = Box::pin(scope(async |scope| {
        for _ in 0..3 {
            let inner = scope.clone();
            let spawns = OnDrop(move || {
                let late = inner.spawn(async { never.set(1) });
                assert!(late.is_finished());
                refused.set(refused.get() + 1);
            });
            scope.spawn(async move {
                let _spawns = spawns;
                pending::<()>().await;
            });
        }
    }));
    assert!(work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(work);
    assert_eq!((refused.get(), never.get()), (3, 0));
}

#[test]
fn polled_after_it_was_ready_it_says_so() {
    let mut work = pin!(scope(|_| ready(())));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut cx).is_ready());
    let (message, _) = panic_of(|| work.as_mut().poll(&mut cx));
    assert!(message.contains("await it once"), "{message}");
}

#[test]
fn the_io_of_tasks_borrows_too() {
    run(async {
        let listener = epore::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let echoed = Cell::new(0);
        scope(async |scope| {
            let inner = scope.clone();
            scope.spawn(async {
                let inner = inner;
                for _ in 0..10 {
                    let (stream, _) = listener.accept().await.unwrap();
                    let echoed = &echoed;
                    inner.spawn(async move {
                        let mut byte = [0];
                        stream.read_exact(&mut byte).await.unwrap();
                        stream.write_all(&byte).await.unwrap();
                        echoed.set(echoed.get() + 1);
                    });
                }
            });
            for i in 0..10 {
                scope.spawn(async move {
                    let stream = epore::net::TcpStream::connect(addr).await.unwrap();
                    stream.write_all(&[i]).await.unwrap();
                    let mut byte = [0];
                    stream.read_exact(&mut byte).await.unwrap();
                    assert_eq!(byte, [i]);
                });
            }
        })
        .await;
        assert_eq!(echoed.get(), 10);
    });
}

#[test]
fn block_on_takes_a_scope_by_itself() {
    let mut words = Vec::new();
    block_on(scope(async |scope| drop(scope.spawn(async { words.push("word") }))));
    assert_eq!(words, ["word"]);
}
