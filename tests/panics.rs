//! R16: a panic of foreign code ends what it belongs to and nothing else.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use epore::{Handle, JoinError, JoinHandle, Runtime, block_on, spawn, spawn_blocking, yield_now};
use foreign::On;
use support::{OnDrop, in_time};

/// Something whose drop panics.
fn bomb(name: &'static str) -> OnDrop<impl FnMut()> {
    OnDrop(move || panic_any(name))
}

fn foreign_bomb(on: On) -> Waker {
    foreign::waker(on, Rc::new(|| panic_any("waker")))
}

fn message(error: JoinError) -> &'static str {
    *error.into_panic().downcast::<&str>().expect("a text")
}

/// Shows that timers, tasks, sockets and threads still work.
async fn assert_usable() {
    let task = spawn(async {
        sleep(Duration::from_micros(1)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let client = spawn(async move { TcpStream::connect(addr).await.unwrap().write_all(b"ok").await });
        let mut text = Vec::new();
        listener.accept().await.unwrap().0.read_to_end(&mut text).await.unwrap();
        client.await.unwrap().unwrap();
        assert_eq!(text, b"ok");
        spawn_blocking(|| 42).await.unwrap()
    });
    assert_eq!(task.await.unwrap(), 42);
}

fn usable_after<F: Future>(future: impl FnOnce() -> F + Send + 'static) {
    in_time("a runtime in which something panicked", || {
        block_on(async {
            future().await;
            assert_usable().await;
        });
    });
}

#[test]
fn in_a_poll() {
    usable_after(|| async {
        assert_eq!(message(spawn(async { panic_any("poll") }).await.unwrap_err()), "poll");
        drop(spawn(async { panic_any("detached") }));
        yield_now().await;
    });
}

thread_local! {
    static TASK: RefCell<Option<JoinHandle<()>>> = const { RefCell::new(None) };
}

/// Asks the task for its result when it is dropped, and passes on what that has panicked with.
struct Asks(mpsc::Sender<&'static str>);

impl Drop for Asks {
    fn drop(&mut self) {
        let mut task = TASK.take().expect("the task was spawned");
        match Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) if error.is_panic() => self.0.send(message(error)).unwrap(),
            other => self.0.send(if other.is_ready() { "it was cancelled" } else { "it goes on" }).unwrap(),
        }
    }
}

/// What the drop of the future throws is dropped itself, when the panic of the poll is the result.
#[test]
fn in_a_poll_and_then_in_the_drop() {
    usable_after(async || {
        let (says, said) = mpsc::channel();
        let bomb = OnDrop(move || panic_any(Asks(says.clone())));
        let future = poll_fn(move |_| -> Poll<()> {
            let _kept = &bomb;
            panic_any("the poll")
        });
        TASK.set(Some(spawn(future)));
        yield_now().await;
        assert_eq!(said.try_recv(), Ok("the poll"));
    });
}

#[test]
fn in_the_drop_of_a_future_that_ends() {
    usable_after(|| async {
        let guard = bomb("drop");
        let task = spawn(poll_fn(move |_| {
            let _kept = &guard;
            Poll::Ready(())
        }));
        assert_eq!(message(task.await.unwrap_err()), "drop");
    });
}

#[test]
fn in_the_drop_of_a_future_that_ends_with_an_output_whose_drop_panics() {
    usable_after(|| async {
        let guard = bomb("drop");
        let task = spawn(poll_fn(move |_| {
            let _kept = &guard;
            Poll::Ready(bomb("output"))
        }));
        assert_eq!(task.await.map(std::mem::forget).map_err(message), Err("drop"));
    });
}

#[test]
fn in_the_drop_of_a_future_that_was_aborted() {
    usable_after(|| async {
        let guard = bomb("drop");
        let task = spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        yield_now().await;
        task.abort();
        assert_eq!(message(task.await.unwrap_err()), "drop");
    });
}

#[test]
fn in_a_poll_and_then_in_the_drop_of_the_future() {
    usable_after(|| async {
        let guard = bomb("drop");
        let task = spawn(poll_fn(move |_| -> Poll<()> {
            let _kept = &guard;
            panic_any("poll")
        }));
        assert_eq!(message(task.await.unwrap_err()), "poll");
    });
}

#[test]
fn in_the_drop_of_an_output_that_nobody_wants() {
    usable_after(|| async {
        drop(spawn(async { bomb("output") }));
        yield_now().await;
    });
}

#[test]
fn in_the_drop_of_an_output_by_the_drop_of_its_handle() {
    usable_after(|| async {
        let task = spawn(async { bomb("output") });
        yield_now().await;
        let holder = spawn(async move { drop(task) });
        assert_eq!(message(holder.await.unwrap_err()), "output");
    });
}

#[test]
fn in_the_drop_of_a_payload() {
    usable_after(|| async {
        drop(spawn(async { panic_any(bomb("payload")) }));
        yield_now().await;
        let task = spawn(async { panic_any(bomb("payload")) });
        yield_now().await;
        let holder = spawn(async move { drop(task) });
        assert_eq!(message(holder.await.unwrap_err()), "payload");
        detached_blocking(|| panic_any(bomb("payload")));
    });
}

/// Runs a closure that ends when its handle is gone, so that the drop of what it gives is the thread's.
fn detached_blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) {
    let (keep, kept) = mpsc::channel::<()>();
    drop(spawn_blocking(move || {
        let _gone = kept.recv();
        f()
    }));
    drop(keep);
}

/// Polls a handle once, with a waker whose call panics.
fn poll_with(on: On, task: &mut JoinHandle<impl Sized>) {
    let waker = foreign_bomb(on);
    let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(task).poll(&mut Context::from_waker(&waker)).is_pending()));
    assert_eq!(polled.is_err(), on == On::Clone);
    std::mem::forget(waker);
}

#[test]
fn in_a_waker_that_waits_for_a_task() {
    for on in [On::Clone, On::Wake, On::Drop] {
        usable_after(move || async move {
            let mut task = spawn(yield_now());
            poll_with(on, &mut task);
            // The task drops the former waker as it polls the handle.
            let result = spawn(task).await.map(Result::unwrap).map_err(message);
            assert_eq!(result, if on == On::Drop { Err("waker") } else { Ok(()) });
        });
        usable_after(move || async move {
            let mut task = spawn(yield_now());
            poll_with(on, &mut task);
            for _ in 0..4 {
                yield_now().await;
            }
            assert!(task.is_finished());
        });
    }
}

#[test]
fn in_the_waker_of_a_task_and_in_the_drop_of_its_output() {
    for on in [On::Wake, On::Drop] {
        usable_after(move || async move {
            let mut task = spawn(async { bomb("output") });
            poll_with(on, &mut task);
            drop(task);
            yield_now().await;
        });
    }
}

#[test]
fn in_a_waker_that_waits_for_a_timer() {
    for on in [On::Clone, On::Wake, On::Drop] {
        usable_after(move || async move {
            let task = spawn(async move {
                let waker = foreign_bomb(on);
                let mut first = sleep(Duration::from_micros(100));
                let polled = catch_unwind(AssertUnwindSafe(|| {
                    let _pending = Pin::new(&mut first).poll(&mut Context::from_waker(&waker));
                }));
                assert_eq!(polled.is_err(), on == On::Clone);
                std::mem::forget(waker);
                // Of two timers that fire at once, the panic of the first keeps nothing from the second.
                sleep(Duration::from_micros(100)).await;
                sleep(Duration::from_millis(1)).await;
            });
            task.await.unwrap();
        });
    }
}

#[test]
fn in_several_wakers_that_wait_for_one_socket() {
    usable_after(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut buffers = [[0]; 3];
        let mut reads: Vec<_> = buffers.iter_mut().map(|buffer| Box::pin(client.read(buffer))).collect();
        for read in &mut reads {
            let waker = foreign_bomb(On::Wake);
            assert!(read.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        server.write_all(b"abc").await.unwrap();
        for read in reads {
            assert_eq!(read.await.unwrap(), 1);
        }
    });
}

#[test]
fn in_the_drops_of_several_wakers_of_a_socket_that_is_dropped() {
    usable_after(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut waits: Vec<_> = (0..3).map(|_| Box::pin(client.readable())).collect();
        let waker = foreign_bomb(On::Drop);
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        // Leaked, the futures leave their wakers with the socket.
        std::mem::forget((waits, waker));
        let _panicked_or_not = spawn(async move { drop(client) }).await;
    });
}

/// A second panic, of a drop while the task unwinds, would end the process.
#[test]
fn in_the_drop_of_a_waker_while_the_task_that_waits_unwinds() {
    usable_after(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let task = spawn(async move {
            let waker = foreign_bomb(On::Drop);
            let mut cx = Context::from_waker(&waker);
            let mut timer = sleep(Duration::MAX);
            let mut accept = Box::pin(listener.accept());
            assert!(Pin::new(&mut timer).poll(&mut cx).is_pending() && accept.as_mut().poll(&mut cx).is_pending());
            std::mem::forget(waker);
            panic_any("task");
        });
        assert_eq!(message(task.await.unwrap_err()), "task");
    });
}

#[test]
fn in_a_blocking_closure() {
    usable_after(|| async {
        let error = spawn_blocking(|| panic_any("blocking")).await.map(|()| "none").unwrap_err();
        assert_eq!(message(error), "blocking");
        let guard = bomb("closure");
        let error = spawn_blocking(move || drop(guard)).await.unwrap_err();
        assert_eq!(message(error), "closure");
        detached_blocking(|| bomb("output"));
    });
}

#[test]
fn in_a_task_from_another_thread() {
    usable_after(|| async {
        let handle = Handle::current();
        let spawner = thread::spawn(move || handle.spawn(async { panic_any("remote") }));
        let task = spawn_blocking(|| spawner.join().unwrap()).await.unwrap();
        assert_eq!(message(task.await.map(|()| "none").unwrap_err()), "remote");
    });
}

#[test]
fn in_the_main_future() {
    let runtime = Runtime::new().unwrap();
    let task = runtime.spawn(async { 42 });
    let caught = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic_any("main") })));
    assert_eq!(caught.map(|()| "none").unwrap_err().downcast_ref(), Some(&"main"));
    assert_eq!(runtime.block_on(task).unwrap(), 42);
    runtime.block_on(assert_usable());
    let after = catch_unwind(|| epore::block_on(async { panic_any("main") })).map(|()| "none");
    assert_eq!(after.unwrap_err().downcast_ref(), Some(&"main"));
    block_on(assert_usable());
}

#[test]
fn in_the_main_future_while_tasks_panic_as_they_are_dropped_with_it() {
    let caught = catch_unwind(|| {
        block_on(async {
            for name in ["first", "second"] {
                let guard = bomb(name);
                drop(spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                }));
            }
            yield_now().await;
            panic_any("main")
        })
    });
    assert_eq!(caught.map(|()| "none").unwrap_err().downcast_ref(), Some(&"main"));
}

#[test]
fn in_the_drops_of_all_that_a_runtime_drops() {
    let runtime = Runtime::new().unwrap();
    for name in ["first", "second"] {
        let guard = bomb(name);
        drop(runtime.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        let guard = bomb(name);
        drop(runtime.spawn_blocking(move || drop(guard)));
    }
    runtime.block_on(async {
        let waker = foreign_bomb(On::Drop);
        for _ in 0..2 {
            let mut timer = sleep(Duration::MAX);
            assert!(Pin::new(&mut timer).poll(&mut Context::from_waker(&waker)).is_pending());
            std::mem::forget(timer);
        }
        std::mem::forget(waker);
    });
    drop(runtime);
}

#[test]
fn in_the_drops_of_the_mail_that_a_runtime_has_not_read() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let tasks: Vec<_> = ["first", "second"]
        .map(|name| {
            let guard = bomb(name);
            handle.spawn(async move { drop(guard) })
        })
        .into();
    drop(runtime);
    for task in tasks {
        assert!(task.is_finished());
    }
}
