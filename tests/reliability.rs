//! Tests of `docs/RELIABILITY.md` that belong to no type alone.

#[path = "support/fds.rs"]
mod fds;
#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::io;
use std::pin::Pin;
use std::process::Command;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Waker};

use epore::net::AsyncFd;
use epore::reactor::Interest;
use epore::{Builder, spawn_blocking};
use foreign::On;
use support::in_time;
use support::polls::run;

/// R13: the promise of blocking work calls no waker with its lock held.
#[test]
fn a_waker_may_use_the_promise_that_clones_wakes_and_drops_it() {
    in_time("wakers that call back", || {
        let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
        for on in [On::Clone, On::Wake, On::Drop] {
            runtime.block_on(async {
                let (end, ended) = mpsc::channel::<()>();
                let busy = spawn_blocking(move || ended.recv());
                let mut work = spawn_blocking(|| ());
                let (handle, called) = (work.abort_handle(), Rc::new(std::cell::Cell::new(0)));
                let (inner, calls) = (handle.clone(), called.clone());
                let waker = foreign::waker(
                    on,
                    Rc::new(move || {
                        calls.set(calls.get() + 1);
                        inner.is_finished();
                        inner.abort();
                    }),
                );
                let mut poll = |waker: &Waker| Pin::new(&mut work).poll(&mut Context::from_waker(waker)).is_pending();
                assert!(poll(&waker) || on == On::Clone, "it has not begun");
                if on == On::Drop {
                    assert!(poll(Waker::noop()));
                }
                handle.abort();
                assert!(called.get() > 0);
                drop(waker);
                drop(end);
                assert!(busy.await.unwrap().is_err());
            });
        }
    });
}

/// R26: children by the thousand are each told of once and reaped, those that ended before they were waited for too.
#[test]
fn many_children_leave_no_zombie() -> io::Result<()> {
    const CHILDREN: usize = 1000;
    const AT_ONCE: usize = 20;
    run(async {
        let mut ended = 0;
        for round in 0..CHILDREN / AT_ONCE {
            let mut children = Vec::new();
            for nth in 0..AT_ONCE {
                let child = Command::new("sh").args(["-c", &format!("exit {}", nth % 2)]).spawn()?;
                children.push((nth, AsyncFd::new(fds::pidfd(child.id())?)?, child));
            }
            if round % 2 == 1 {
                // The last is waited for first, so that others end unwatched.
                children.reverse();
            }
            for (nth, pidfd, mut child) in children {
                assert_eq!(pidfd.async_io(Interest::READABLE, fds::wait_for).await?, nth as i32 % 2);
                assert!(child.try_wait().is_err(), "it was reaped already");
                ended += 1;
            }
        }
        assert_eq!(ended, CHILDREN);
        Ok(())
    })
}
