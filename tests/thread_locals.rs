//! R17: whatever of the runtime is kept in a thread-local may be dropped at the end of the thread, in any order.

#![forbid(unsafe_code)]
// Handles and timers are what these scenarios give back, not what they wait for.
#![allow(clippy::async_yields_async)]

mod support;

use std::any::Any;
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use epore::{Handle, Runtime, block_on, spawn, spawn_blocking, yield_now};
use support::{OnDrop, in_time};

thread_local! {
    static KEPT: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
    static KEPT_TOO: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

type Make = fn() -> Box<dyn Any>;

const THINGS: [(&str, Make); 12] = [
    ("a runtime", || {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(yield_now());
        Box::new(runtime)
    }),
    ("a runtime that has never run", || Box::new(Runtime::new().unwrap())),
    ("a runtime whose tasks use it as they are dropped", || {
        let runtime = Runtime::new().unwrap();
        let guard = OnDrop(|| {
            drop(spawn(async {}));
            drop(Handle::current().spawn(async {}));
            drop(spawn_blocking(|| ()));
            let mut timer = sleep(Duration::MAX);
            assert!(Pin::new(&mut timer).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        });
        drop(runtime.spawn(async move {
            let _guard = guard;
            let (client, _server) = pair().await;
            let _never = client.read(&mut [0]).await;
        }));
        runtime.block_on(async {
            let (client, _server) = pair().await;
            assert!(epore::time::timeout(Duration::ZERO, client.read(&mut [0])).await.is_err());
        });
        Box::new(runtime)
    }),
    ("a handle of a task that waits", || Box::new(block_on(async { spawn(pending::<()>()) }))),
    ("a handle of a task in a runtime that is kept too", || {
        let runtime = Runtime::new().unwrap();
        let task = runtime.spawn(pending::<()>());
        runtime.block_on(yield_now());
        let guard = OnDrop(move || task.abort());
        Box::new((guard, runtime))
    }),
    ("an output", || {
        Box::new(block_on(async {
            let task = spawn(async { OnDrop(|| assert!(Handle::try_current().is_none())) });
            yield_now().await;
            task
        }))
    }),
    ("sockets", || Box::new(block_on(pair()))),
    ("sockets that waited in a runtime that is kept too", || {
        let runtime = Runtime::new().unwrap();
        let sockets = runtime.block_on(async {
            let (client, server) = pair().await;
            assert!(client.poll_read(&mut Context::from_waker(Waker::noop()), &mut [0]).is_pending());
            (client, server)
        });
        Box::new((sockets, runtime))
    }),
    ("a timer", || {
        Box::new(block_on(async {
            let mut timer = sleep(Duration::MAX);
            assert!(Pin::new(&mut timer).poll(&mut Context::from_waker(Waker::noop())).is_pending());
            timer
        }))
    }),
    ("a waker that is used at the end", || {
        let waker = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        Box::new(OnDrop(move || waker.wake_by_ref()))
    }),
    ("a runtime's handle that is used at the end", || {
        let handle = block_on(async { Handle::current() });
        Box::new(OnDrop(move || assert!(handle.spawn(async {}).is_finished())))
    }),
    ("something that runs a runtime of its own at the end", || {
        Box::new(OnDrop(|| block_on(async { spawn(sleep(Duration::from_nanos(1))).await.unwrap() })))
    }),
];

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Thread-locals are dropped in an order that depends on which was used first.
fn on_a_thread_that_ends(make: Make, keep_before_use: bool) {
    let thread = thread::spawn(move || {
        if keep_before_use {
            KEPT.set(None);
            KEPT_TOO.set(None);
        }
        block_on(async { spawn(yield_now()).await.unwrap() });
        KEPT.set(Some(make()));
        KEPT_TOO.set(Some(make()));
    });
    thread.join().unwrap();
}

#[test]
fn each_thing_may_be_dropped_at_the_end_of_its_thread() {
    for (name, make) in THINGS {
        for keep_before_use in [true, false] {
            in_time(name, move || on_a_thread_that_ends(make, keep_before_use));
        }
    }
}

#[test]
fn all_things_may_be_dropped_at_the_end_of_one_thread() {
    in_time("all things in the thread-locals of a thread", || {
        let make: Make = || Box::new(THINGS.map(|(_, make)| make()));
        on_a_thread_that_ends(make, true);
        on_a_thread_that_ends(make, false);
    });
}

/// Set for the child process that exits.
const CHILD: &str = "EPORE_TEST_THREAD_LOCALS_CHILD";

#[test]
fn the_process_may_exit_while_a_runtime_runs() {
    if std::env::var_os(CHILD).is_some() {
        block_on(async {
            let (_client, _server) = pair().await;
            let _waiting = (spawn(pending::<()>()), spawn_blocking(thread::park));
            yield_now().await;
            std::process::exit(7);
        });
    }
    let test = thread::current().name().expect("tests have names").to_owned();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", &test, "--nocapture"]).env(CHILD, "1").output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
}
