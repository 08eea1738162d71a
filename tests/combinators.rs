//! The combinators of the `futures` crate, on the main future and in tasks: they bring wakers of their own.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::{sleep, timeout};
use epore::{block_on, spawn, spawn_blocking, yield_now};
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, FutureExt, Shared, join_all, select};
use futures::lock::Mutex;
use futures::stream::{self, FuturesOrdered, FuturesUnordered, StreamExt};
use futures::{SinkExt, select, select_biased};
use support::in_time;

/// Runs a scenario as the main future, and as a task.
fn everywhere<F: Future<Output = ()> + 'static>(what: &str, scenario: fn() -> F) {
    in_time(what, move || {
        block_on(scenario());
        block_on(async move { spawn(scenario()).await.unwrap() });
    });
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn join_all_of_tasks_timers_and_threads() {
    everywhere("join_all", || async {
        let tasks = join_all((0..100).map(|i| spawn(async move { i }))).await;
        assert!(tasks.into_iter().map(Result::unwrap).eq(0..100));
        join_all((0..100).map(|i| sleep(MILLISECOND * i / 50))).await;
        let results = join_all((0..10).map(|i| spawn_blocking(move || i))).await;
        assert!(results.into_iter().map(Result::unwrap).eq(0..10));
    });
}

#[test]
fn futures_unordered_gives_what_is_ready_first() {
    everywhere("FuturesUnordered", || async {
        let mut timers: FuturesUnordered<_> = [3, 1, 2]
            .map(|i| async move {
                sleep(MILLISECOND * 5 * i).await;
                i
            })
            .into_iter()
            .collect();
        let mut order = Vec::new();
        while let Some(i) = timers.next().await {
            order.push(i);
        }
        assert_eq!(order, [1, 2, 3]);
    });
}

#[test]
fn futures_unordered_polls_only_what_was_woken() {
    everywhere("the polls of FuturesUnordered", || async {
        let polls = Cell::new(0);
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..100).map(|_| oneshot::channel()).unzip();
        let waiting = receivers.into_iter().map(|mut receiver| {
            let polls = &polls;
            std::future::poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                receiver.poll_unpin(cx)
            })
        });
        let mut waiting: FuturesUnordered<_> = waiting.collect();
        let task = spawn(async move {
            for sender in senders {
                sender.send(()).unwrap();
                yield_now().await;
            }
        });
        while let Some(heard) = waiting.next().await {
            heard.unwrap();
        }
        task.await.unwrap();
        assert!(polls.get() <= 200, "100 futures were polled {} times", polls.get());
    });
}

#[test]
fn futures_ordered_and_buffered_streams() {
    everywhere("streams", || async {
        let ordered: FuturesOrdered<_> = (0..50).map(|i| spawn(async move { i })).collect();
        assert!(ordered.map(Result::unwrap).collect::<Vec<_>>().await.into_iter().eq(0..50));
        let squares = stream::iter(0..50).map(|i| spawn_blocking(move || i * i)).buffer_unordered(8);
        assert_eq!(squares.fold(0, async |sum, square| sum + square.unwrap()).await, (0..50).map(|i| i * i).sum());
    });
}

#[test]
fn select_takes_the_first_and_drops_or_keeps_the_other() {
    everywhere("select", || async {
        match select(sleep(Duration::MAX), spawn(async { 42 })).await {
            Either::Left(_) => unreachable!("it never ends"),
            Either::Right((output, _)) => assert_eq!(output.unwrap(), 42),
        }
        select! {
            () = sleep(Duration::MAX).fuse() => unreachable!("it never ends"),
            () = sleep(MILLISECOND).fuse() => {}
        }
        let mut slow = sleep(MILLISECOND * 3).fuse();
        let mut fast = sleep(MILLISECOND).fuse();
        let mut order = Vec::new();
        loop {
            // On a busy machine both may be ready at once: of these the first one is taken.
            select_biased! {
                () = fast => order.push("fast"),
                () = slow => order.push("slow"),
                complete => break,
            }
        }
        assert_eq!(order, ["fast", "slow"]);
    });
}

#[test]
fn a_handle_is_awaited_bit_by_bit_in_a_select_loop() {
    everywhere("a handle in a select loop", || async {
        let mut task = spawn(async {
            sleep(MILLISECOND * 3).await;
            42
        })
        .fuse();
        let mut ticks = 0;
        let output = loop {
            select_biased! {
                output = task => break output.unwrap(),
                () = sleep(MILLISECOND).fuse() => ticks += 1,
            }
        };
        assert_eq!(output, 42);
        assert!(ticks >= 1);
    });
}

#[test]
fn channels_locks_and_shared_futures_between_tasks() {
    everywhere("channels, locks and shared futures", || async {
        let (mut sender, receiver) = mpsc::channel(1);
        let producer = spawn(async move {
            for i in 0..1000 {
                sender.send(i).await.unwrap();
            }
        });
        assert_eq!(receiver.fold(0, async |sum, i| sum + i).await, 499_500);
        producer.await.unwrap();

        let counter = std::rc::Rc::new(Mutex::new(0));
        join_all((0..100).map(|_| {
            let counter = counter.clone();
            spawn(async move {
                let mut guard = counter.lock().await;
                let value = *guard;
                yield_now().await;
                *guard = value + 1;
            })
        }))
        .await;
        assert_eq!(*counter.lock().await, 100);

        let shared: Shared<_> = async {
            sleep(MILLISECOND).await;
            42
        }
        .boxed_local()
        .shared();
        assert_eq!(join_all((0..10).map(|_| shared.clone())).await, [42; 10]);
    });
}

#[test]
fn sockets_within_futures_unordered_and_timeouts() {
    everywhere("sockets in combinators", || async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(async move {
            let mut clients = FuturesUnordered::new();
            for _ in 0..20 {
                let (stream, _) = listener.accept().await.unwrap();
                clients.push(async move {
                    let mut text = [0; 4];
                    stream.read_exact(&mut text).await.unwrap();
                    stream.write_all(&text).await.unwrap();
                });
            }
            while let Some(()) = clients.next().await {}
        });
        let clients = (0..20_u32).map(|i| async move {
            let stream = TcpStream::connect(addr).await.unwrap();
            let early = timeout(Duration::ZERO, stream.read(&mut [0])).await;
            assert!(early.is_err(), "the server speaks second");
            stream.write_all(&i.to_be_bytes()).await.unwrap();
            let mut text = [0; 4];
            timeout(support::PATIENCE, stream.read_exact(&mut text)).await.unwrap().unwrap();
            u32::from_be_bytes(text)
        });
        assert!(join_all(clients).await.into_iter().eq(0..20));
        server.await.unwrap();
    });
}

/// R11: the limit of a timeout counts although what is within never stops being busy.
#[test]
fn nested_combinators_see_their_timers() {
    everywhere("nested combinators", || async {
        let busy = async {
            let mut all: FuturesUnordered<_> = (0..10)
                .map(|_| async {
                    loop {
                        yield_now().await;
                    }
                })
                .collect();
            let _never: Option<()> = all.next().await;
        };
        let joined =
            futures::future::join(timeout(MILLISECOND, busy), timeout(MILLISECOND, std::future::pending::<()>()));
        let (busy, idle) = joined.await;
        assert!(busy.is_err() && idle.is_err());
    });
}
