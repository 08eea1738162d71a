//! A runtime that lives inside another event loop, which waits for it.

#![forbid(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use super::context;
use super::core::Core;
use super::misuse::nested_turn;
use super::runtime::Runtime;

impl Runtime {
    /// Runs the tasks that are ready, without waiting, for a program whose event loop is another.
    ///
    /// It looks at the reactor, the timers and what other threads have sent, and polls at most 128 tasks. It is to be called
    /// when the runtime's [descriptor](#impl-AsFd-for-Runtime) is readable, or its [`next_deadline`](Runtime::next_deadline)
    /// has come.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use epore::reactor::{Interest, Poll};
    ///
    /// let runtime = epore::Runtime::new()?;
    /// let start = Instant::now();
    /// let task = runtime.spawn(epore::time::sleep(Duration::from_millis(1)));
    ///
    /// // The loop of somebody else, which may have descriptors of its own.
    /// let (mut outer, mut events) = (Poll::new()?, Vec::with_capacity(8));
    /// outer.registry().register(&runtime, 0, Interest::READABLE.level())?;
    /// while !task.is_finished() {
    ///     let timeout = runtime.next_deadline().map(|at| at.saturating_duration_since(Instant::now()));
    ///     outer.poll(&mut events, timeout)?;
    ///     runtime.turn();
    /// }
    /// assert!(start.elapsed() >= Duration::from_millis(1));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Inside of a runtime.
    #[track_caller]
    pub fn turn(&self) {
        if context::is_entered() {
            nested_turn();
        }
        self.core().turn_from_outside();
    }

    /// When [`turn`](Runtime::turn) must be called at the latest: now if there is something to do, at the first deadline if
    /// there is one, else not before the descriptor is readable.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let runtime = epore::Runtime::new()?;
    /// runtime.turn();
    /// assert_eq!(runtime.next_deadline(), None);
    ///
    /// let before = Instant::now();
    /// runtime.spawn(epore::time::sleep(Duration::from_secs(60)));
    /// assert!(runtime.next_deadline().unwrap() <= Instant::now());   // there is a task to run
    /// runtime.turn();
    /// assert!(runtime.next_deadline().unwrap() >= before + Duration::from_secs(60));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn next_deadline(&self) -> Option<Instant> {
        self.core().time_to_next_turn().and_then(|time| Instant::now().checked_add(time))
    }
}

/// The epoll instance of the runtime. It is readable when there are events, or another thread has sent something, for
/// [`turn`](Runtime::turn) to look at. Watch it, and do nothing else with it.
impl AsFd for Runtime {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.core().as_fd()
    }
}

impl AsRawFd for Runtime {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl Core {
    fn turn_from_outside(&self) {
        context::enter(self, || {
            self.turn(false);
            // Nobody is in `block_on`, so the turn of its future passes.
            while self.run_tasks() {}
            // Whoever wakes it from here on writes the eventfd, also if nobody asks for the next deadline.
            let rests = self.tasks.borrow().is_idle() && self.inbox.park();
            if !rests {
                self.inbox.ring();
            }
        });
    }

    /// Lets an outer loop know that there is something to do, if it waits or will wait without asking again.
    pub(super) fn announce_from_outside(&self) {
        if !context::is_entered() {
            self.inbox.unpark();
        }
    }

    /// How long the outer loop may wait; None is for ever. From here on whoever wakes the runtime writes its eventfd.
    fn time_to_next_turn(&self) -> Option<Duration> {
        let idle = self.tasks.borrow().is_idle() && self.inbox.park() && !self.may_move_clock();
        if idle { self.time_to_deadline() } else { Some(Duration::ZERO) }
    }
}
