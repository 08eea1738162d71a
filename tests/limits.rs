//! What happens at each limit: see docs/LIMITS.md. Nothing grows because somebody else goes on asking.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs::File;
use std::future::{pending, poll_fn};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream, UdpSocket, UnixStream, lookup_host};
use epore::signal::{SignalKind, signal};
use epore::time::timeout;
use epore::{Builder, Runtime, block_on, spawn, spawn_blocking, yield_now};
use support::child::in_own_process;
use support::polls::poll_once;
use support::{in_time, source_errno, tcp};

/// What is allocated, by all threads.
struct Measuring;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// One test measures at a time, and none else allocates much meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

// SAFETY: all is passed on to the system's allocator; counting touches an atomic and allocates nothing.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;

/// How often something is asked for that must not pile up. At a byte each it would be seen.
const TIMES: usize = 200_000;

/// What may be allocated besides: by the test harness, and by tables that grow to their size.
const SLACK: usize = TIMES;

/// What was in use at a moment after which nothing may pile up.
struct Before(usize);

impl Before {
    fn now() -> Before {
        Before(LIVE.load(Relaxed))
    }

    fn assert_little_more(self) {
        let more = LIVE.load(Relaxed).saturating_sub(self.0);
        assert!(more < SLACK, "{TIMES} times take {more} bytes");
    }
}

fn alone() -> impl Sized {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forbids new descriptors beyond those that are open.
fn forbid_descriptors() -> io::Result<()> {
    let open = File::open("/dev/null")?;
    let limit = libc::rlimit { rlim_cur: open.as_raw_fd() as u64, rlim_max: raise_limit() };
    // SAFETY: the pointer is to a live limit, which the kernel only reads.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    Ok(())
}

/// Allows as many descriptors as the system lets us have, and says how many these are.
fn raise_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a live limit, which the kernel only writes.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the pointer is to a live limit, which the kernel only reads.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    limit.rlim_max
}

#[test]
fn a_task_stands_in_the_run_queue_once_however_often_it_is_woken() {
    let _alone = alone();
    block_on(async {
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut tell = Some(tell);
        let _task = spawn(poll_fn(move |cx| {
            counted.set(counted.get() + 1);
            if let Some(tell) = tell.take() {
                tell.send(cx.waker().clone()).unwrap();
            }
            Poll::<()>::Pending
        }));
        let waker = told.await.unwrap();
        let before = Before::now();
        (0..TIMES).for_each(|_| waker.wake_by_ref());
        before.assert_little_more();
        yield_now().await;
        yield_now().await;
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn wakes_from_another_thread_take_room_for_the_tasks_that_there_are() {
    let _alone = alone();
    block_on(poll_fn(|cx| {
        let waker = cx.waker().clone();
        // The runtime looks at none of them before this returns.
        let before = Before::now();
        thread::spawn(move || (0..TIMES).for_each(|_| waker.wake_by_ref())).join().unwrap();
        before.assert_little_more();
        Poll::Ready(())
    }));
}

/// A runtime whose only thread for blocking work is busy until the sender is dropped.
fn busy_runtime() -> (Runtime, mpsc::Sender<()>) {
    let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
    let (end, ended) = mpsc::channel::<()>();
    let (tell, begun) = mpsc::channel();
    drop(runtime.spawn_blocking(move || {
        tell.send(()).unwrap();
        ended.recv().unwrap_err();
    }));
    begun.recv().unwrap();
    (runtime, end)
}

/// A server that looks up what its clients name, while the name servers are down, must not grow by each that gives up.
#[test]
fn look_ups_that_were_given_up_take_no_room() {
    let _alone = alone();
    let (runtime, end) = busy_runtime();
    runtime.block_on(async {
        let before = Before::now();
        for _ in 0..TIMES {
            assert!(poll_once(pin!(lookup_host("localhost:80"))).await.map(drop).is_pending());
        }
        before.assert_little_more();
        drop(end);
        assert!(lookup_host("localhost:80").await.is_ok());
    });
}

#[test]
fn blocking_work_that_was_aborted_takes_no_room() {
    let _alone = alone();
    let (runtime, end) = busy_runtime();
    runtime.block_on(async {
        let before = Before::now();
        (0..TIMES).for_each(|_| spawn_blocking(|| ()).abort());
        before.assert_little_more();
        // Detached, it is still wanted, and has its turn.
        let (tell, told) = tokio::sync::oneshot::channel();
        drop(spawn_blocking(move || tell.send(()).unwrap()));
        drop(end);
        told.await.unwrap();
    });
}

#[test]
fn what_drops_with_aborted_blocking_work_may_ask_for_more() {
    struct AskOnDrop(epore::Handle);
    impl Drop for AskOnDrop {
        fn drop(&mut self) {
            drop(self.0.spawn(async { drop(spawn_blocking(|| ())) }));
            // On the runtime's own thread the pool is asked at once, which must not be locked.
            drop(spawn_blocking(|| ()));
        }
    }
    let _alone = alone();
    in_time("work that is dropped", || {
        let (runtime, end) = busy_runtime();
        let handle = runtime.handle();
        runtime.block_on(async {
            for _ in 0..100 {
                let ask = AskOnDrop(handle.clone());
                spawn_blocking(move || drop(ask)).abort();
            }
            drop(end);
            spawn_blocking(|| ()).await.unwrap();
        });
    });
}

#[test]
fn the_4097th_runtime_is_refused_until_another_is_dropped() {
    in_own_process("the_4097th_runtime_is_refused_until_another_is_dropped", || {
        assert!(raise_limit() > 2 * 4096 + 64, "each runtime takes two descriptors");
        let mut runtimes: Vec<Runtime> = (0..4096).map(|_| Runtime::new().unwrap()).collect();
        let error = Runtime::new().unwrap_err();
        assert_eq!(error.to_string(), "cannot make a runtime: 4096 runtimes are alive in this process, the most");
        runtimes.swap_remove(17);
        assert_eq!(Runtime::new().unwrap().block_on(async { 42 }), 42);
    });
}

#[test]
fn at_the_limit_of_descriptors_all_that_needs_one_says_so_and_works_when_there_is_room() {
    in_own_process("at_the_limit_of_descriptors_all_that_needs_one_says_so_and_works_when_there_is_room", || {
        let (listener, runtime) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), Runtime::new().unwrap());
        let addr = listener.local_addr().unwrap();
        runtime.block_on(async {
            // What is open already goes on.
            let (stream, peer) = tcp::pair().unwrap();
            let mut open: Vec<(&str, io::Error)> = Vec::new();
            forbid_descriptors().unwrap();
            let mut fails = |what, result: io::Result<()>| open.push((what, result.unwrap_err()));
            fails("connect", TcpStream::connect(addr).await.map(drop));
            fails("listen", TcpListener::bind("127.0.0.1:0").await.map(drop));
            fails("bind", UdpSocket::bind("127.0.0.1:0").await.map(drop));
            fails("connect by path", UnixStream::connect("/no/where").await.map(drop));
            fails("signal", signal(SignalKind::user_defined1()).map(drop));
            fails("runtime", Runtime::new().map(drop));
            for (what, error) in open {
                assert_eq!(source_errno(&error), Some(libc::EMFILE), "{what}: {error}");
                assert!(error.to_string().starts_with("cannot "), "{what}: {error}");
            }
            (&peer).write_all(b"still here").unwrap();
            assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 10);
            raise_limit();
            TcpStream::connect(addr).await.unwrap();
            signal(SignalKind::user_defined1()).unwrap();
        });
    });
}

/// The tables keep the size that they once had, and use it again.
#[test]
fn a_second_crowd_of_tasks_and_timers_takes_no_more_room_than_the_first() {
    let _alone = alone();
    block_on(async {
        let crowd = async || {
            let tasks: Vec<_> =
                (0..10_000).map(|_| spawn(async { timeout(Duration::from_secs(60), pending::<()>()).await })).collect();
            yield_now().await;
            tasks.iter().for_each(|task| task.abort());
            for task in tasks {
                assert!(task.await.unwrap_err().is_cancelled());
            }
        };
        crowd().await;
        let before = Before::now();
        crowd().await;
        before.assert_little_more();
    });
}
