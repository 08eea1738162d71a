//! R18: what a runtime takes it gives back, to the byte, the descriptor and the thread.
//!
//! One test alone, since another would count in its figures.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::net::{AsyncFd, TcpListener, TcpStream};
use epore::time::{sleep, timeout};
use epore::{AbortHandle, Builder, Handle, JoinHandle, JoinSet, Runtime, scope, spawn, spawn_blocking, yield_now};
use support::{open_descriptors, threads, wait_until};

struct Counting;

static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Whether this is the main thread, where the test harness allocates at its own times.
fn is_harness() -> bool {
    // SAFETY: the calls take nothing and cannot fail.
    unsafe { libc::gettid() == libc::getpid() }
}

// SAFETY: all calls go to the system's allocator as they are; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_harness() {
            LIVE_BYTES.fetch_add(layout.size(), SeqCst);
        }
        // SAFETY: the caller keeps the contract, which is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if !is_harness() {
            LIVE_BYTES.fetch_sub(layout.size(), SeqCst);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What the process holds, beside threads.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    bytes: usize,
    descriptors: usize,
}

/// What is held when no thread is left but those that there were at first: one that was joined counts for a moment more.
fn held(at_first: usize) -> Held {
    wait_until("all threads have ended", || threads() == at_first);
    Held { descriptors: open_descriptors().len(), bytes: LIVE_BYTES.load(SeqCst) }
}

#[test]
fn nothing_is_left_of_what_runtimes_tasks_timers_sockets_and_threads_took() {
    nothing_is_left("runtimes", 10_000, || drop(round_of_a_runtime(false)));
    nothing_is_left("runtimes with sockets", 1000, || drop(round_of_a_runtime(true)));
    nothing_is_left("runtimes that others outlive", 1000, round_of_what_outlives);
    // Threads that go by themselves, and threads that stay until they are told to go.
    for keep_alive in [Duration::ZERO, Duration::from_secs(3600)] {
        nothing_is_left("runtimes with threads", 100, || round_of_threads(keep_alive));
    }
    let runtime = Runtime::new().unwrap();
    nothing_is_left("tasks of one runtime", 1000, || runtime.block_on(round_of_tasks()));
    nothing_is_left("scopes", 1000, || runtime.block_on(round_of_scopes()));
    nothing_is_left("sockets of one runtime", 1000, || runtime.block_on(round_of_sockets()));
    nothing_is_left("descriptors of one runtime", 1000, || runtime.block_on(round_of_descriptors()));
}

/// Runs `round` a few times to warm up, then many times, and compares.
fn nothing_is_left(what: &str, rounds: usize, round: impl Fn()) {
    let at_first = threads();
    (0..50).for_each(|_| round());
    let before = held(at_first);
    (0..rounds).for_each(|_| round());
    assert_eq!(held(at_first), before, "after {rounds} {what}");
}

/// A runtime that is dropped while its tasks wait for timers, for each other, for a socket and in its mail.
fn round_of_a_runtime(with_sockets: bool) -> Vec<JoinHandle<()>> {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let tasks = runtime.block_on(async {
        sleep(Duration::from_nanos(1)).await;
        let sleeper = spawn(sleep(Duration::MAX));
        let waiter = spawn(async { sleeper.await.unwrap() });
        let limited = spawn(async { timeout(Duration::from_secs(60), pending()).await.unwrap() });
        let mut tasks = vec![waiter, limited, spawn(async {})];
        if with_sockets {
            let (client, server) = pair().await;
            tasks.push(spawn(async move {
                client.read(&mut [0]).await.unwrap();
                drop(server);
            }));
        }
        yield_now().await;
        tasks
    });
    drop(handle.spawn(pending::<()>()));
    drop(runtime);
    tasks
}

/// R7 (d): descriptors that are waited for, and those that are refused: taken twice, and without readiness.
async fn round_of_descriptors() {
    let (reader, writer) = std::io::pipe().unwrap();
    let [first, second] = [&reader, &reader].map(|reader| AsyncFd::new(reader).unwrap());
    let mut waiting = pin!(first.readable());
    assert!(poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await.is_pending());
    assert_eq!(second.readable().await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    let file = AsyncFd::new(std::fs::File::open(".").unwrap()).unwrap();
    assert_eq!(file.readable().await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    drop(writer);
    waiting.await.unwrap().clear_ready();
    let elsewhere = AsyncFd::new(reader.try_clone().unwrap()).unwrap();
    elsewhere.readable().await.unwrap().clear_ready();
    thread::spawn(move || drop(elsewhere)).join().unwrap();
    yield_now().await;
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    // Closed by a reset, thousands of connections leave no ports in TIME_WAIT.
    client.set_linger(Some(Duration::ZERO)).unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Handles, wakers, timers and sockets that are dropped after their runtime.
fn round_of_what_outlives() {
    let runtime = Runtime::new().unwrap();
    let left = runtime.block_on(async {
        let waker: Rc<RefCell<Option<Waker>>> = Rc::default();
        let place = waker.clone();
        let task = spawn(poll_fn(move |cx| {
            place.replace(Some(cx.waker().clone()));
            Poll::<()>::Pending
        }));
        yield_now().await;
        let (client, server) = pair().await;
        let mut timer = sleep(Duration::MAX);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut timer).poll(&mut cx).is_pending());
        assert!(client.poll_read(&mut cx, &mut [0]).is_pending());
        (task, waker.take().unwrap(), client, server, timer, Handle::current())
    });
    drop(runtime);
    left.1.wake_by_ref();
    drop(left.5.spawn(async {}));
}

fn round_of_threads(keep_alive: Duration) {
    let before = threads();
    let runtime = Builder::new().blocking_keep_alive(keep_alive).build().unwrap();
    runtime.block_on(async {
        spawn_blocking(|| vec![0; 100]).await.unwrap();
        drop(spawn_blocking(|| vec![0; 100]));
        let handle = Handle::current();
        let thread = thread::spawn(move || handle.spawn(async { vec![0; 100] }));
        let task = spawn_blocking(|| thread.join().unwrap()).await.unwrap();
        task.await.unwrap();
    });
    drop(runtime);
    wait_until("the threads have ended", || threads() == before);
}

async fn round_of_tasks() {
    let endless = spawn(pending::<()>());
    drop(spawn(async { vec![0; 100] }));
    let panicking = spawn(async { std::panic::resume_unwind(Box::new("on purpose")) });
    sleep(Duration::from_nanos(1)).await;
    endless.abort();
    assert!(endless.await.unwrap_err().is_cancelled());
    assert!(panicking.await.map(|(): ()| ()).unwrap_err().is_panic());
    assert!(timeout(Duration::from_nanos(1), pending::<()>()).await.is_err());
    let mut set = JoinSet::new();
    let aborted = [set.spawn(pending()), set.spawn(pending())];
    set.spawn(async { vec![0; 100] });
    assert_eq!(set.join_next().await.unwrap().unwrap().len(), 100);
    drop(set);
    yield_now().await;
    assert!(aborted.iter().all(AbortHandle::is_finished));
    let aborted = Handle::current().spawn(pending::<()>());
    yield_now().await;
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
}

/// Scopes that end, and scopes that are dropped with tasks that hold the scope, each other's handles, and panics.
async fn round_of_scopes() {
    let text = &vec![0; 100];
    let kept = scope(async |scope| {
        drop(scope.spawn(async { text.len() }));
        let inner = scope.clone();
        (scope.clone(), scope.spawn(async move { inner.spawn(async { text.len() }).await.unwrap() }))
    })
    .await;
    drop(kept.0.spawn(async { text.len() }));
    assert_eq!(kept.1.await.unwrap(), 100);
    let endless = scope(async |scope| {
        let first = scope.clone();
        let task = scope.spawn(async move { first.spawn(async { pending::<()>().await }).await });
        let second = scope.clone();
        scope.spawn(async move {
            task.await.unwrap().unwrap();
            drop(second);
        });
        drop(scope.spawn(async { std::panic::resume_unwind(Box::new(vec![0; 100])) }));
        sleep(Duration::MAX).await;
        text.len()
    });
    assert!(timeout(Duration::from_nanos(1), endless).await.is_err());
    drop(scope(async |scope| drop(scope.spawn(async { text.len() }))));
}

async fn round_of_sockets() {
    let (client, server) = pair().await;
    let mut buffer = [0; 4];
    assert!(timeout(Duration::from_nanos(1), client.read(&mut buffer)).await.is_err());
    let echo = spawn(async move { server.write_all(b"echo").await });
    client.read_exact(&mut buffer).await.unwrap();
    echo.await.unwrap().unwrap();
}
