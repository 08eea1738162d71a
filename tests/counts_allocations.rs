//! How often memory is allocated, exactly. Each count is of one thread, so tests do not disturb each other.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use epore::Runtime;
use epore::net::TcpStream;
use epore::net::udp::{Outgoing, RecvBatch};
use epore::time::timeout;
use support::polls::{poll_once, run};
use support::tcp::{pair, registered_pair};

/// How often each thing is done, both before it is counted, to warm up, and while it is.
const TIMES: usize = 1000;

/// What as many small tasks take, one after another: each has the block of the one before. The sanitizers see each block
/// allocated.
const TASKS: usize = if cfg!(no_spare_blocks) { TIMES } else { 0 };

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn note(allocations: usize, live: isize) {
        ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
        LIVE.set(LIVE.get() + live);
    }
}

// SAFETY: all is passed on to the system's allocator; counting touches two cells and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::note(1, 1);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Counting::note(0, -1);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::note(1, 0);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Does something `TIMES` times to warm up, then as often again, and says how many allocations that second half made
/// and how many of them are live at its end.
async fn count(mut step: impl AsyncFnMut()) -> (usize, isize) {
    for _ in 0..TIMES {
        step().await;
    }
    let (allocations, live) = (ALLOCATIONS.get(), LIVE.get());
    for _ in 0..TIMES {
        step().await;
    }
    (ALLOCATIONS.get() - allocations, LIVE.get() - live)
}

#[test]
fn the_counter_counts() {
    assert_eq!(run(count(async || drop(Box::new(1)))), (TIMES, 0));
    let kept = RefCell::new(Vec::with_capacity(2 * TIMES));
    assert_eq!(run(count(async || kept.borrow_mut().push(Box::new(1)))), (TIMES, TIMES as isize));
}

#[test]
fn a_small_task_takes_the_block_of_one_that_is_gone() {
    let spawn_and_join = async || assert_eq!(epore::spawn(async { 42 }).await.unwrap(), 42);
    assert_eq!(run(count(spawn_and_join)), (TASKS, 0));
}

#[test]
fn a_large_task_is_one_allocation() {
    let large = async || {
        let content = [1_u8; 4096];
        let task = epore::spawn(async move {
            epore::yield_now().await;
            content.len()
        });
        assert_eq!(task.await.unwrap(), 4096);
    };
    assert_eq!(run(count(large)), (TIMES, 0));
}

/// Spawns tasks that are all live at the same time, and ends them.
async fn burst(number: usize) {
    let tasks: Vec<_> = (0..number).map(|_| epore::spawn(async {})).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// R18
#[test]
fn what_is_kept_of_tasks_has_a_bound_and_goes_with_the_runtime() {
    // The smallest task takes 40 bytes, and some blocks were those of the test itself.
    const BOUND: isize = (1 << 20) / 40 + 100;
    let live = LIVE.get();
    let runtime = epore::Runtime::new().unwrap();
    runtime.block_on(burst(100_000));
    assert!(LIVE.get() - live < BOUND, "{} blocks are kept", LIVE.get() - live);
    drop(runtime);
    assert_eq!(LIVE.get(), live);
}

#[test]
fn a_task_that_is_freed_elsewhere_gives_its_memory_back() {
    let live = LIVE.get();
    let handles = [(); 2].map(|()| {
        let runtime = epore::Runtime::new().unwrap();
        let task = runtime.spawn(async { 42 });
        runtime.block_on(epore::yield_now());
        task
    });
    let [outside, in_another] = handles;
    drop(outside);
    let runtime = epore::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(in_another).unwrap(), 42);
    drop(runtime);
    assert_eq!(LIVE.get(), live);
}

/// What the task shares with those who may abort it, however many they are.
#[test]
fn an_abort_handle_is_one_allocation_more() {
    let handles = async || {
        let task = epore::spawn(async { 42 });
        let handle = task.abort_handle();
        let _others = (handle.clone(), task.abort_handle());
        assert_eq!(task.await.unwrap(), 42);
        assert!(handle.is_finished());
    };
    assert_eq!(run(count(handles)), (TASKS + TIMES, 0));
}

#[test]
fn a_task_of_a_set_is_two_allocations_more() {
    let mut set = epore::JoinSet::new();
    let spawn_and_join = async || {
        set.spawn(async { 42 });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
    };
    assert_eq!(run(count(spawn_and_join)), (TASKS + 2 * TIMES, 0));
}

/// What it shares with its group's handle to abort it. Waiting takes none.
#[test]
fn a_task_of_a_group_is_one_allocation_more() {
    let group = epore::TaskGroup::new();
    let spawn_and_join = async || {
        let task = group.spawn(group.run_until_cancelled(epore::yield_now()));
        assert_eq!(task.await.unwrap(), Some(()));
    };
    assert_eq!(run(count(spawn_and_join)), (TASKS + TIMES, 0));
}

#[test]
fn a_value_that_belongs_to_a_task_is_no_allocation() {
    epore::task_local! { static NUMBER: usize; }
    let scope = async || {
        let future = async {
            epore::yield_now().await;
            NUMBER.get()
        };
        assert_eq!(NUMBER.scope(42, future).await, 42);
    };
    assert_eq!(run(count(scope)), (0, 0));
}

#[test]
fn tasks_that_are_spawned_from_outside_use_what_earlier_ones_left() {
    let runtime = Runtime::new().unwrap();
    let done = Rc::new(Cell::new(0));
    let spawn = || {
        done.set(0);
        for _ in 0..TIMES {
            let done = done.clone();
            drop(runtime.spawn(async move { done.set(done.get() + 1) }));
        }
        while done.get() < TIMES {
            runtime.turn();
        }
    };
    spawn();
    let before = ALLOCATIONS.get();
    spawn();
    assert_eq!(ALLOCATIONS.get() - before, TASKS);
}

#[test]
fn a_task_of_a_scope_is_one_allocation_more() {
    let spawn_and_join = async {
        let number = 42;
        epore::scope(async |scope| {
            let join = async || assert_eq!(scope.spawn(async { number }).await.unwrap(), 42);
            assert_eq!(count(join).await, (TASKS + TIMES, 0));
            let detach = async || {
                scope.spawn(async { number });
                epore::yield_now().await;
                epore::yield_now().await;
            };
            assert_eq!(count(detach).await, (TASKS + TIMES, 0));
        })
        .await;
    };
    run(spawn_and_join);
}

#[test]
fn wakes_and_polls_within_a_scope_allocate_nothing() {
    run(epore::scope(async |scope| {
        scope.spawn(async { assert_eq!(count(epore::yield_now).await, (0, 0)) });
        for _ in 0..100 {
            scope.spawn(async { count(epore::yield_now).await });
        }
    }));
}

#[test]
fn a_detached_task_gives_its_memory_back() {
    let detach = async || {
        drop(epore::spawn(async {}));
        epore::yield_now().await;
    };
    assert_eq!(run(count(detach)), (TASKS, 0));
}

#[test]
fn an_aborted_task_gives_its_memory_back() {
    let abort = async || {
        let task = epore::spawn(std::future::pending::<()>());
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    };
    let (_, live) = run(count(abort));
    assert_eq!(live, 0);
}

/// The error of a task that goes with its runtime is made when the handle asks for it.
#[test]
fn a_runtime_that_is_dropped_allocates_nothing_for_its_tasks() {
    let runtime = Runtime::new().unwrap();
    let tasks: Vec<_> = (0..TIMES).map(|_| runtime.spawn(std::future::pending::<()>())).collect();
    runtime.block_on(epore::yield_now());
    let before = ALLOCATIONS.get();
    drop(runtime);
    assert_eq!(ALLOCATIONS.get(), before);
    for task in tasks {
        assert!(run(task).unwrap_err().is_cancelled());
    }
}

#[test]
fn wakers_and_yields_allocate_nothing() {
    let wake = async || {
        let waker = std::future::poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
        waker.wake_by_ref();
        let clone = waker.clone();
        clone.wake();
        drop(waker);
        epore::yield_now().await;
    };
    assert_eq!(run(count(wake)), (0, 0));
}

#[test]
fn waking_a_task_that_waits_allocates_nothing() {
    run(async {
        let turn = std::rc::Rc::new(Cell::new(0));
        let pong = std::rc::Rc::clone(&turn);
        let _pong = epore::spawn(async move {
            loop {
                pong.set(pong.get() + 1);
                epore::yield_now().await;
            }
        });
        assert_eq!(count(epore::yield_now).await, (0, 0));
        assert!(turn.get() >= 2 * TIMES);
    });
}

#[test]
fn reading_and_writing_allocate_nothing() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let message = [7; 64];
        let exchange = async || {
            peer.write_all(&message).unwrap();
            let mut buffer = [0; 64];
            stream.readable().await.unwrap();
            stream.read_exact(&mut buffer).await.unwrap();
            stream.write_all(&buffer).await.unwrap();
            peer.read_exact(&mut buffer).unwrap();
        };
        assert_eq!(count(exchange).await, (0, 0));
        Ok(())
    })
}

#[test]
fn two_that_wait_for_one_socket_allocate_nothing() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let step = async || {
            let both = futures::future::join(stream.readable(), stream.readable());
            let send = async { peer.write_all(b"x").unwrap() };
            let ((first, second), ()) = futures::future::join(both, send).await;
            first.and(second).unwrap();
            assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 1);
        };
        assert_eq!(count(step).await, (0, 0));
        Ok(())
    })
}

#[test]
fn datagrams_and_batches_of_them_allocate_nothing() -> io::Result<()> {
    run(async {
        let (one, other) = support::udp::pair().await?;
        let to = other.local_addr()?;
        let mut buffer = [0; 64];
        let exchange = async || {
            // The receiver waits first.
            let (sent, received) = futures::future::join(one.send_to(b"hello", to), other.recv_from(&mut buffer)).await;
            assert_eq!((sent.unwrap(), received.unwrap().0), (5, 5));
        };
        assert_eq!(count(exchange).await, (0, 0));

        let mut batch = RecvBatch::new(64, 64);
        let exchange = async || {
            let datagrams = [Outgoing::new(b"hello").to(to).segment_size(3); 32];
            assert_eq!(one.send_batch(&datagrams).await.unwrap(), 32);
            assert_eq!(other.recv_batch(&mut batch).await.unwrap(), 64);
            assert!(batch.iter().flat_map(|each| each.segments()).all(|data| data == b"hel" || data == b"lo"));
        };
        assert_eq!(count(exchange).await, (0, 0));
        Ok(())
    })
}

/// A registered stream that leaves nothing behind when it is closed. A thousand ports that wait for late packets would
/// slow down whatever looks for a free one.
async fn brief_stream() -> TcpStream {
    let (stream, _peer) = registered_pair().await.unwrap();
    stream.set_linger(Some(Duration::ZERO)).unwrap();
    stream
}

/// What the standard library allocates for a pair of sockets.
async fn bare_pair() {
    let (stream, _peer) = pair().unwrap();
    stream.set_linger(Some(Duration::ZERO)).unwrap();
}

#[test]
fn registering_a_socket_allocates_nothing() {
    let registered = async || drop(brief_stream().await);
    assert_eq!(run(count(registered)), run(count(bare_pair)));
}

#[test]
fn connecting_to_one_address_allocates_nothing() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    let connect = async || {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_linger(Some(Duration::ZERO)).unwrap();
        drop(listener.accept().unwrap());
    };
    assert_eq!(run(count(connect)), (0, 0));
    Ok(())
}

/// What a slot that is never freed would end in.
#[test]
fn a_socket_that_is_dropped_on_another_thread_frees_its_slot() {
    let (send, streams) = mpsc::sync_channel::<TcpStream>(1);
    let (done, dropped) = mpsc::sync_channel(1);
    let dropper = thread::spawn(move || {
        for stream in streams {
            drop(stream);
            done.send(()).unwrap();
        }
    });
    let elsewhere = async || {
        send.send(brief_stream().await).unwrap();
        dropped.recv().unwrap();
    };
    let (allocations, _) = run(count(elsewhere));
    assert_eq!(allocations, run(count(bare_pair)).0);
    drop(send);
    dropper.join().unwrap();
}

#[test]
fn a_timeout_allocates_nothing() {
    let ready = async || timeout(Duration::from_secs(1), async {}).await.unwrap();
    assert_eq!(run(count(ready)), (0, 0));
    let armed = async || timeout(Duration::from_secs(1), epore::yield_now()).await.unwrap();
    assert_eq!(run(count(armed)), (0, 0));
    let elapsed = async || assert!(timeout(Duration::ZERO, std::future::pending::<()>()).await.is_err());
    assert_eq!(run(count(elapsed)), (0, 0));
}

#[test]
fn a_tick_allocates_nothing() {
    let mut interval = epore::time::interval(Duration::from_nanos(1));
    let tick = async || assert!(interval.tick().await.elapsed() > Duration::ZERO);
    assert_eq!(run(count(tick)), (0, 0));
}

/// However much is copied.
#[test]
fn copying_is_one_allocation_for_each_way() -> io::Result<()> {
    run(async {
        let ((inbound, mut client), (outbound, mut server)) = (registered_pair().await?, registered_pair().await?);
        let sender = client.try_clone()?;
        let flood = thread::spawn(move || {
            io::copy(&mut io::repeat(7).take(10_000_000), &mut &sender)?;
            sender.shutdown(std::net::Shutdown::Write)
        });
        let answer = thread::spawn(move || {
            io::copy(&mut server, &mut io::sink())?;
            server.write_all(b"all has come")
        });
        let before = (ALLOCATIONS.get(), LIVE.get());
        let copied = epore::io::copy_bidirectional(&inbound, &outbound).await?;
        assert_eq!((ALLOCATIONS.get() - before.0, LIVE.get() - before.1), (2, 0));
        assert_eq!(copied, (10_000_000, 12));

        let before = ALLOCATIONS.get();
        epore::io::copy(&inbound, &outbound).await?;
        assert_eq!(ALLOCATIONS.get() - before, 1);
        client.read_exact(&mut [0; 12])?;
        flood.join().unwrap()?;
        answer.join().unwrap()
    })
}

#[test]
fn a_line_is_one_allocation() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let mut lines = epore::io::BufReader::new(stream).lines();
        let step = async || {
            peer.write_all(b"hello\r\n").unwrap();
            assert_eq!(lines.next_line().await.unwrap().unwrap(), "hello");
        };
        assert_eq!(count(step).await, (TIMES, 0));
        Ok(())
    })
}

#[test]
fn a_signal_allocates_nothing() {
    let mut listener = epore::signal::signal(epore::signal::SignalKind::user_defined1()).unwrap();
    let received = async || {
        assert!(poll_once(pin!(listener.recv())).await.is_pending());
        // SAFETY: the call takes no pointer.
        unsafe { libc::raise(libc::SIGUSR1) };
        listener.recv().await;
    };
    assert_eq!(run(count(received)), (0, 0));
}
