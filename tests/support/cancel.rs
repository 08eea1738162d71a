//! Cancel injection: a scenario is run once for each await of one of its futures, which is dropped there.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use epore::{Builder, Runtime};

use super::{open_descriptors, threads, wait_until};

/// More awaits than any scenario has.
const MOST_AWAITS: usize = 5000;

/// Where a future is dropped, and by which waker it is polled until then.
pub struct Cut {
    /// The number of the await, from 1; 0 is before the first poll.
    at: usize,
    /// Whether it is polled with a waker that is none of the runtime's, as combinators do.
    foreign: bool,
    completed: Cell<bool>,
    relay: RefCell<Weak<Relay>>,
}

/// Passes wake-ups on. Its references are counted, so that a forgotten one is found.
struct Relay(Waker);

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

impl Cut {
    /// Polls the future until it waits for the chosen time, and drops it there. `None` means that it was dropped. Its waker
    /// goes with it.
    pub async fn here<F: Future>(&self, future: F) -> Option<F::Output> {
        let output = self.here_of_lent(future).await;
        wait_until("no waker is left of the future", || self.relay.borrow().strong_count() == 0);
        output
    }

    /// Like [`here`](Cut::here), for a future of something that keeps the waker, which is only lent to it.
    pub async fn here_of_lent<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.at == 0 {
            return None;
        }
        let relay = Arc::new(Relay(poll_fn(|cx| Poll::Ready(cx.waker().clone())).await));
        self.relay.replace(Arc::downgrade(&relay));
        self.poll_until_there(future, &relay).await
    }

    async fn poll_until_there<F: Future>(&self, future: F, relay: &Arc<Relay>) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut waits = 0;
        poll_fn(|cx| {
            let polled = match self.foreign {
                true => future.as_mut().poll(&mut Context::from_waker(&Waker::from(relay.clone()))),
                false => future.as_mut().poll(cx),
            };
            match polled {
                Poll::Ready(output) => {
                    self.completed.set(true);
                    Poll::Ready(Some(output))
                }
                Poll::Pending => {
                    waits += 1;
                    if waits == self.at { Poll::Ready(None) } else { Poll::Pending }
                }
            }
        })
        .await
    }
}

/// Runs a scenario with its cut at no await, at the first, and so on, until the future that it cuts completes; then again
/// with a foreign waker. Says how often the future was dropped.
pub fn at_every_await(name: &str, scenario: impl AsyncFn(&Cut) -> io::Result<()>) -> usize {
    let _storm = storm::begin();
    let mut injections = 0;
    for foreign in [false, true] {
        for at in 0.. {
            assert!(at < MOST_AWAITS, "{name} does not end");
            let cut = Cut { at, foreign, completed: Cell::default(), relay: RefCell::default() };
            run_once(&format!("{name}, await {at}"), &cut, &scenario);
            if cut.completed.get() {
                break;
            }
            injections += 1;
        }
    }
    println!("{name}: dropped {injections} times");
    injections
}

/// One run in a runtime of its own, which must hold nothing afterwards, and leave nothing when it goes.
fn run_once(name: &str, cut: &Cut, scenario: &impl AsyncFn(&Cut) -> io::Result<()>) {
    let (threads_before, descriptors) = (threads(), open_descriptors().len());
    let runtime = Builder::new().blocking_keep_alive(std::time::Duration::ZERO).build().unwrap();
    let watched = watched(&runtime);
    runtime.block_on(async {
        let limited = epore::time::timeout(super::PATIENCE, scenario(cut));
        let result = limited.await.unwrap_or_else(|_| panic!("{name}: the scenario hangs"));
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    });
    // Tasks that were aborted, and what other threads have sent.
    while runtime.next_deadline().is_some() {
        assert!(runtime.next_deadline() <= Some(std::time::Instant::now()), "{name}: a timer is left");
        runtime.turn();
    }
    // Another thread may just be waking it.
    wait_until(&format!("{name}: no waker is left"), || cut.relay.borrow().strong_count() == 0);
    assert_eq!(self::watched(&runtime), watched, "{name}: descriptors that are watched");
    drop(runtime);
    // A look-up that nobody waits for goes on, and opens and closes descriptors that would count for the next run.
    wait_until(&format!("{name}: threads"), || threads() == threads_before);
    wait_until(&format!("{name}: descriptors"), || open_descriptors().len() == descriptors);
}

/// How many descriptors the runtime's epoll instance watches, see proc_pid_fdinfo(5).
fn watched(runtime: &Runtime) -> usize {
    let path = format!("/proc/self/fdinfo/{}", runtime.as_fd().as_raw_fd());
    std::fs::read_to_string(path).expect("/proc is mounted").lines().filter(|line| line.starts_with("tfd:")).count()
}

/// Counts those that are alive.
#[derive(Clone, Default)]
pub struct Alive(Rc<()>);

impl Alive {
    pub fn count(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }
}
