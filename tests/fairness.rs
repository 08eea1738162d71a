//! R10: whoever is always ready leaves their turn to the timers, the sockets and the other threads.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use epore::{Handle, block_on, spawn, yield_now};
use support::in_time;

const TICKS: u32 = 20;
const CLIENTS: u32 = 20;

/// All that must go on beside a greedy task: a ticker, a listener with clients on another thread, and wake-ups by one.
async fn the_others() {
    let ticker = spawn(async {
        for _ in 0..TICKS {
            sleep(Duration::from_millis(1)).await;
        }
    });

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let clients = thread::spawn(move || {
        for _ in 0..CLIENTS {
            let mut client = std::net::TcpStream::connect(addr).unwrap();
            assert_eq!(std::io::Read::read(&mut client, &mut [0; 8]).unwrap(), 5);
        }
    });
    let server = spawn(async move {
        for _ in 0..CLIENTS {
            listener.accept().await.unwrap().0.write_all(b"hello").await.unwrap();
        }
    });

    let handle = Handle::current();
    let (done, spawned) = futures::channel::oneshot::channel();
    let spawner = thread::spawn(move || {
        let tasks: Vec<_> = (0..TICKS).map(|i| handle.spawn(async move { i })).collect();
        done.send(tasks).unwrap();
    });
    for task in spawned.await.unwrap() {
        task.await.unwrap();
    }
    ticker.await.unwrap();
    server.await.unwrap();
    clients.join().unwrap();
    spawner.join().unwrap();
}

#[test]
fn a_task_that_wakes_itself_for_ever() {
    in_time("work beside a task that wakes itself", || {
        block_on(async {
            let polls = Rc::new(Cell::new(0_u64));
            let counter = polls.clone();
            let (tell, told) = futures::channel::oneshot::channel();
            let mut tell = Some(tell);
            let neighbour = spawn(told);
            let greedy = spawn(poll_fn(move |cx| -> Poll<()> {
                counter.set(counter.get() + 1);
                // Whoever it wakes before itself comes before it.
                if let Some(tell) = tell.take() {
                    tell.send(()).unwrap();
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            }));
            the_others().await;
            neighbour.await.unwrap().unwrap();
            assert!(polls.get() > 0 && !greedy.is_finished());
        });
    });
}

#[test]
fn a_main_future_that_wakes_itself_for_ever() {
    in_time("work beside a main future that wakes itself", || {
        block_on(async {
            let others = spawn(the_others());
            while !others.is_finished() {
                yield_now().await;
            }
            others.await.unwrap();
        });
    });
}

#[test]
fn two_tasks_that_wake_each_other_for_ever() {
    in_time("work beside a ping-pong pair", || {
        block_on(async {
            let (mut to_left, left) = futures::channel::mpsc::channel::<()>(1);
            let (to_right, right) = futures::channel::mpsc::channel::<()>(1);
            to_left.try_send(()).unwrap();
            let left = spawn(pass_on(left, to_right));
            let right = spawn(pass_on(right, to_left));
            the_others().await;
            assert!(!left.is_finished() && !right.is_finished());
        });
    });
}

async fn pass_on(from: futures::channel::mpsc::Receiver<()>, to: futures::channel::mpsc::Sender<()>) {
    let messages = futures::StreamExt::map(from, Ok);
    futures::StreamExt::forward(messages, to).await.unwrap();
}

#[test]
fn a_thousand_tasks_that_spawn_their_successors_for_ever() {
    fn relay() {
        drop(spawn(async { relay() }));
    }
    in_time("work beside tasks that never run out", || {
        block_on(async {
            (0..1000).for_each(|_| relay());
            the_others().await;
        });
    });
}

/// A socket from which there is always something to read, until the flag is set.
async fn flood(stop: &Arc<AtomicBool>) -> (TcpStream, thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let stop = stop.clone();
    let flooder =
        thread::spawn(
            move || {
                while !stop.load(SeqCst) && std::io::Write::write_all(&mut peer, &[7; 1 << 16]).is_ok() {}
            },
        );
    (TcpStream::from_std(client).unwrap(), flooder)
}

/// Reads a byte at a time, so that the peer is always ahead, and never awaits anything else.
async fn read_all(stream: TcpStream, stop: Arc<AtomicBool>) {
    while !stop.load(SeqCst) {
        stream.read(&mut [0]).await.unwrap();
    }
}

#[test]
fn a_task_whose_socket_is_always_ready() {
    in_time("work beside a flooded task", || {
        block_on(async {
            let stop = Arc::default();
            let (stream, flooder) = flood(&stop).await;
            let reader = spawn(read_all(stream, stop.clone()));
            the_others().await;
            assert!(!reader.is_finished());
            stop.store(true, SeqCst);
            reader.await.unwrap();
            flooder.join().unwrap();
        });
    });
}

#[test]
fn a_main_future_whose_socket_is_always_ready() {
    in_time("work beside a flooded main future", || {
        block_on(async {
            let stop: Arc<AtomicBool> = Arc::default();
            let (stream, flooder) = flood(&stop).await;
            let end = stop.clone();
            let others = spawn(async move {
                the_others().await;
                end.store(true, SeqCst);
            });
            read_all(stream, stop).await;
            others.await.unwrap();
            flooder.join().unwrap();
        });
    });
}

#[test]
fn a_task_that_is_always_ready_to_write() {
    in_time("work beside a flooding task", || {
        block_on(async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut peer, _) = listener.accept().unwrap();
            let drain = thread::spawn(move || std::io::copy(&mut peer, &mut std::io::sink()).unwrap());
            let stream = TcpStream::from_std(client).unwrap();
            let writer = spawn(async move {
                loop {
                    stream.write(&[7]).await.unwrap();
                }
            });
            the_others().await;
            writer.abort();
            writer.await.map(|(): ()| ()).unwrap_err();
            assert!(drain.join().unwrap() > 0);
        });
    });
}

/// R11: a branch that is always ready does not keep the clock of the other from being looked at.
#[test]
fn a_timer_beside_an_always_ready_branch_fires() {
    in_time("a timer beside a greedy branch", || {
        block_on(async {
            let millisecond = Duration::from_millis(1);
            let endless = || async {
                loop {
                    yield_now().await;
                }
            };
            let outcome = epore::time::timeout(millisecond, endless()).await;
            assert!(outcome.map(|(): ()| ()).is_err());

            futures::select_biased! {
                () = futures::FutureExt::fuse(Box::pin(endless())) => unreachable!("it has no end"),
                () = futures::FutureExt::fuse(sleep(millisecond)) => {}
            }

            let ticked = Cell::new(false);
            futures::join!(
                async {
                    while !ticked.get() {
                        yield_now().await;
                    }
                },
                async {
                    sleep(millisecond).await;
                    ticked.set(true);
                }
            );
        });
    });
}

/// R11: the same with a socket, whose budget the branches share.
#[test]
fn a_timer_beside_an_always_ready_socket_fires() {
    in_time("a timer beside a greedy socket", || {
        block_on(async {
            let stop: Arc<AtomicBool> = Arc::default();
            let (stream, flooder) = flood(&stop).await;
            let reading = || async {
                loop {
                    stream.read(&mut [0]).await.unwrap();
                }
            };
            let millisecond = Duration::from_millis(1);
            assert!(epore::time::timeout(millisecond, reading()).await.map(|(): ()| ()).is_err());
            futures::select_biased! {
                () = futures::FutureExt::fuse(Box::pin(reading())) => unreachable!("it has no end"),
                () = futures::FutureExt::fuse(sleep(millisecond)) => {}
            }
            stop.store(true, SeqCst);
            drop(stream);
            flooder.join().unwrap();
        });
    });
}

/// R11: what one branch has spent comes back with the next poll, and the other gets its share.
#[test]
fn two_sockets_that_are_always_ready_both_get_on_in_a_join() {
    in_time("two greedy sockets in a join", || {
        block_on(async {
            let stop: Arc<AtomicBool> = Arc::default();
            let (first, first_flooder) = flood(&stop).await;
            let (second, second_flooder) = flood(&stop).await;
            let second_done = Cell::new(false);
            futures::join!(
                async {
                    while !second_done.get() {
                        first.read(&mut [0]).await.unwrap();
                    }
                },
                async {
                    for _ in 0..10 {
                        second.read(&mut [0]).await.unwrap();
                    }
                    second_done.set(true);
                }
            );
            stop.store(true, SeqCst);
            drop((first, second));
            first_flooder.join().unwrap();
            second_flooder.join().unwrap();
        });
    });
}
