//! A paused clock that moves by itself, but never while something real is under way.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::pending;
use std::io::{Read, Write};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use epore::net::{TcpListener, TcpStream, lookup_host};
use epore::time::{Duration, advance, auto_advance, interval, now, resume, sleep, timeout};
use epore::{Builder, Handle, spawn, spawn_blocking, yield_now};
use futures::channel::oneshot;
use futures::future::{Either, join, select};
use support::clock::{auto_advancing, paused};
use support::panics::panic_of;
use support::polls::poll_once;
use support::reactor::{this_thread, wait_until_asleep};
use support::tcp::{fill, pair};
use support::{in_time, wait_until};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn it_moves_to_the_next_deadline_and_no_further() {
    auto_advancing(async || {
        let start = now();
        sleep(HOUR).await;
        assert_eq!(now() - start, HOUR);
        timeout(SECOND, pending::<()>()).await.unwrap_err();
        assert_eq!(now() - start, HOUR + SECOND);
        let mut interval = interval(SECOND);
        let first = interval.tick().await;
        for nth in 1..100 {
            assert_eq!(interval.tick().await, first + SECOND * nth);
            assert_eq!(now(), first + SECOND * nth);
        }
    });
}

#[test]
fn it_does_so_only_if_asked() {
    paused(async || {
        let start = now();
        let runtime = this_thread();
        let asked = Rc::new(Cell::new(false));
        let task = spawn({
            let asked = Rc::clone(&asked);
            async move {
                sleep(SECOND).await;
                assert!(asked.get());
            }
        });
        spawn_blocking(move || wait_until_asleep(&runtime)).await.unwrap();
        assert_eq!(now(), start);
        auto_advance(true);
        asked.set(true);
        task.await.unwrap();
        assert_eq!(now() - start, SECOND);

        auto_advance(false);
        let task = spawn(sleep(SECOND));
        let runtime = this_thread();
        spawn_blocking(move || wait_until_asleep(&runtime)).await.unwrap();
        assert!(!task.is_finished());
    });
}

#[test]
fn a_running_clock_is_not_touched() {
    in_time("a real millisecond", || {
        Builder::new().auto_advance(true).build().unwrap().block_on(async {
            let before = std::time::Instant::now();
            sleep(MILLISECOND).await;
            assert!(before.elapsed() >= MILLISECOND);
        });
    });
    auto_advancing(async || {
        resume();
        let before = std::time::Instant::now();
        sleep(MILLISECOND).await;
        assert!(before.elapsed() >= MILLISECOND);
    });
}

#[test]
fn a_peer_that_answers_late_is_waited_for() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        let (stream, mut peer) = pair().unwrap();
        let thread = thread::spawn(move || {
            let mut request = [0; 3];
            for _ in 0..20 {
                peer.read_exact(&mut request).unwrap();
                wait_until_asleep(&runtime);
                peer.write_all(b"pong").unwrap();
            }
        });
        for _ in 0..20 {
            stream.write_all(b"hey").await.unwrap();
            let mut reply = [0; 4];
            timeout(HOUR, stream.read_exact(&mut reply)).await.expect("the clock overtook the peer").unwrap();
            assert_eq!(&reply, b"pong");
        }
        assert_eq!(now(), start);
        thread.join().unwrap();
        // With nobody waiting for the socket, it moves again.
        sleep(HOUR).await;
        assert_eq!(now() - start, HOUR);
    });
}

#[test]
fn a_peer_that_connects_late_is_waited_for() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            wait_until_asleep(&runtime);
            std::net::TcpStream::connect(addr).unwrap()
        });
        timeout(HOUR, listener.accept()).await.expect("the clock overtook the client").unwrap();
        assert_eq!(now(), start);
        drop(thread.join().unwrap());
    });
}

#[test]
fn a_peer_that_makes_room_late_is_waited_for() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        let (stream, mut peer) = pair().unwrap();
        fill(&stream).unwrap();
        let thread = thread::spawn(move || {
            wait_until_asleep(&runtime);
            peer.read_to_end(&mut Vec::new()).unwrap();
        });
        timeout(HOUR, stream.write_all(&[0; 1 << 16])).await.expect("the clock overtook the peer").unwrap();
        assert_eq!(now(), start);
        drop(stream);
        thread.join().unwrap();
    });
}

#[test]
fn a_conversation_within_the_runtime_takes_no_time() {
    auto_advancing(async || {
        let start = now();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4];
            for _ in 0..1000 {
                timeout(MILLISECOND, stream.read_exact(&mut buffer)).await.unwrap().unwrap();
                stream.write_all(&buffer).await.unwrap();
            }
        });
        let stream = timeout(MILLISECOND, TcpStream::connect(addr)).await.unwrap().unwrap();
        let mut buffer = [0; 4];
        for _ in 0..1000 {
            stream.write_all(b"ping").await.unwrap();
            timeout(MILLISECOND, stream.read_exact(&mut buffer)).await.unwrap().unwrap();
        }
        server.await.unwrap();
        assert_eq!(now(), start);
    });
}

#[test]
fn a_wait_that_is_given_up_holds_it_up_no_longer() {
    auto_advancing(async || {
        let start = now();
        let (stream, _peer) = pair().unwrap();
        let runtime = this_thread();
        let sleeping = spawn(sleep(SECOND));
        let reading = spawn(async move {
            let mut buffer = [0; 1];
            let waited = join(stream.read(&mut buffer), stream.readable());
            drop(waited.await);
        });
        let handle = Handle::current();
        let (aborting, reader) = (AtomicBool::new(false), reading.abort_handle());
        let thread = thread::spawn(move || {
            wait_until_asleep(&runtime);
            let check = handle.spawn(async move { (now(), aborting.swap(true, SeqCst)) });
            wait_until("the time was asked for", || check.is_finished());
            wait_until_asleep(&runtime);
            reader.abort();
            check
        });
        sleeping.await.unwrap();
        assert!(reading.await.unwrap_err().is_cancelled());
        assert_eq!(thread.join().unwrap().await.unwrap(), (start, false));
        assert_eq!(now() - start, SECOND);
    });
}

#[test]
fn blocking_work_is_waited_for_and_its_result_is_there_before_the_clock_moves() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        let slow = spawn_blocking(move || wait_until_asleep(&runtime));
        timeout(Duration::from_nanos(1), slow).await.expect("the clock overtook the work").unwrap();
        for nth in 0..5000 {
            let work = spawn_blocking(move || nth);
            let result = timeout(Duration::from_nanos(1), work).await.expect("the clock overtook the result");
            assert_eq!(result.unwrap(), nth);
        }
        assert_eq!(now(), start);
    });
}

#[test]
fn many_that_block_are_all_waited_for_also_those_that_queue() {
    in_time("queued work", || {
        let builder = Builder::new().start_paused(true).auto_advance(true).max_blocking_threads(2);
        builder.build().unwrap().block_on(async {
            let start = now();
            for _ in 0..50 {
                let work: Vec<_> = (0..20).map(|nth| spawn_blocking(move || nth)).collect();
                let all = async {
                    for (nth, work) in work.into_iter().enumerate() {
                        assert_eq!(work.await.unwrap(), nth);
                    }
                };
                timeout(Duration::from_nanos(1), all).await.expect("the clock overtook the results");
            }
            assert_eq!(now(), start);
        });
    });
}

#[test]
fn work_whose_result_nobody_wants_is_waited_for_and_then_the_clock_moves() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        for nth in 1..2000 {
            let done = Arc::new(AtomicBool::new(false));
            let runtime = (nth % 100 == 0).then(|| runtime.clone());
            let doing = Arc::clone(&done);
            drop(spawn_blocking(move || {
                runtime.into_iter().for_each(|runtime| wait_until_asleep(&runtime));
                doing.store(true, SeqCst);
            }));
            sleep(SECOND).await;
            assert!(done.load(SeqCst), "the clock overtook the work");
            assert_eq!(now() - start, SECOND * nth);
        }
    });
}

#[test]
fn work_that_panics_or_is_given_up_holds_it_up_no_longer() {
    auto_advancing(async || {
        let start = now();
        assert!(spawn_blocking(|| panic!("as it is meant to")).await.unwrap_err().is_panic());
        sleep(SECOND).await;
        let given_up = spawn_blocking(|| ());
        given_up.abort();
        drop(given_up.await);
        sleep(SECOND).await;
        assert_eq!(now() - start, 2 * SECOND);
    });
}

#[test]
fn a_name_look_up_is_waited_for() {
    auto_advancing(async || {
        let start = now();
        let looked_up = timeout(Duration::from_nanos(1), lookup_host("localhost:80"));
        assert!(looked_up.await.expect("the clock overtook the look-up").unwrap().count() > 0);
        assert_eq!(now(), start);
    });
}

#[test]
fn it_does_not_move_to_what_is_waited_for_without_end() {
    auto_advancing(async || {
        let start = now();
        let runtime = this_thread();
        let endless = spawn(sleep(Duration::MAX));
        let (sender, receiver) = oneshot::channel();
        // Neither work nor a descriptor: the runtime cannot know of this thread.
        let thread = thread::spawn(move || {
            wait_until_asleep(&runtime);
            sender.send(()).unwrap();
        });
        receiver.await.unwrap();
        thread.join().unwrap();
        assert_eq!(now(), start);
        assert!(!endless.is_finished());
    });
}

#[test]
fn moved_by_hand_it_waits_for_no_socket() {
    auto_advancing(async || {
        let start = now();
        let (stream, _peer) = pair().unwrap();
        let mut byte = [0];
        let reading = pin!(stream.read(&mut byte));
        let Either::Right(_) = select(reading, pin!(advance(HOUR))).await else { panic!("nothing was sent") };
        assert_eq!(now() - start, HOUR);
    });
}

#[test]
fn after_an_advance_it_goes_on_by_itself() {
    auto_advancing(async || {
        let start = now();
        let task = spawn(sleep(3 * SECOND));
        advance(SECOND).await;
        assert_eq!(now() - start, SECOND);
        task.await.unwrap();
        assert_eq!(now() - start, 3 * SECOND);
    });
}

#[test]
fn tasks_that_can_run_do_so_first() {
    auto_advancing(async || {
        let start = now();
        let busy = async {
            for _ in 0..1000 {
                yield_now().await;
                assert_eq!(now(), start);
            }
        };
        timeout(Duration::from_nanos(1), busy).await.unwrap();
        assert!(poll_once(pin!(sleep(SECOND))).await.is_pending());
    });
}

#[test]
fn a_year_passes_by_the_hour() {
    auto_advancing(async || {
        let start = now();
        for _ in 0..365 * 24 {
            sleep(HOUR).await;
        }
        assert_eq!(now() - start, Duration::from_secs(365 * 86_400));
    });
}

#[test]
fn outside_of_a_runtime_it_says_so() {
    let line = line!() + 1;
    let (message, place) = panic_of(|| auto_advance(true));
    assert!(message.contains("`time::auto_advance` was called outside of a runtime"), "{message}");
    assert!(place.ends_with(&format!("auto_advance.rs:{line}")), "{place}");
}
