#![forbid(unsafe_code)]

use std::any::Any;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::contain::contain;
use super::core::Core;
use super::misuse::FORKED;
use super::task::TaskRef;
use super::tasks::Next;
use super::token::TaskToken;
use super::wakes::Wakes;
use super::{context, trace, waker};
use crate::reactor::TimerSlack;

/// How many polls the queue gets before the reactor is looked at, so that tasks which are always ready cannot keep
/// sockets and timers waiting. Looking costs a system call, some 0.2 µs, as much as a dozen of the shortest polls: this
/// keeps it to a tenth, and a queue of polls that take 10 µs each is left for the reactor every 1.3 ms.
pub(super) const POLLS_PER_TURN: u32 = 128;

/// How many I/O operations a future may do in one poll before it must yield, so that a socket which is always ready
/// cannot keep the other tasks waiting. At a few microseconds an operation this is well below a millisecond. A future
/// that polls several sockets may do one more in each direction of each.
pub(super) const IO_PER_POLL: u32 = 128;

/// How many events one look at the reactor brings. The rest comes with the next: epoll deals them out in turn.
pub(super) const EVENTS_PER_TURN: usize = 1024;

impl Core {
    /// Runs all tasks until `future` is ready.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let site = Location::caller();
        context::enter(self, || {
            let _until_the_end = self.wait_settings.timer_slack.map(set_timer_slack);
            let mut future = pin!(trace::task(future, "block_on", site));
            let waker = waker::for_token(self.tasks.borrow().main());
            let mut cx = Context::from_waker(&waker);
            loop {
                self.begin_poll();
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return output;
                }
                while !self.run_tasks() {
                    self.turn(true);
                }
            }
        })
    }

    /// Runs tasks until it is the turn of the main future, or else of the reactor.
    pub(super) fn run_tasks(&self) -> bool {
        loop {
            // One landing pad for many polls, since each would cost as much as a short poll.
            match catch_unwind(AssertUnwindSafe(|| self.poll_tasks())) {
                Ok(is_main) => return is_main,
                Err(payload) => self.retire_panicked(payload),
            }
        }
    }

    fn poll_tasks(&self) -> bool {
        while let Some(polls_left) = self.polls_left.get().checked_sub(1) {
            let next = self.tasks.borrow_mut().next();
            let Some(next) = next else { return false };
            self.polls_left.set(polls_left);
            match next {
                Next::Main => return true,
                Next::Task(token, task) => self.poll_task(token, task),
            }
        }
        false
    }

    #[inline]
    fn poll_task(&self, token: TaskToken, task: TaskRef<'static>) {
        self.begin_poll();
        self.polled.set(token);
        let waker = waker::for_token(token);
        if task.run(&mut Context::from_waker(&waker)).is_ready() {
            self.retire(token, task);
        }
    }

    /// Lets go of a task that has finished. Its output is dropped here if nobody holds its handle.
    #[inline(always)]
    fn retire(&self, token: TaskToken, task: TaskRef<'static>) {
        let waiter = task.take_waiter().inspect(|waiter| trace::wake(*waiter));
        let mut tasks = self.tasks.borrow_mut();
        let held = tasks.remove(token);
        let stranger = waiter.filter(|waiter| !tasks.wake(*waiter));
        drop(tasks);
        drop(held);
        if let Some(stranger) = stranger {
            waker::wake_elsewhere(stranger);
        }
        if task.shares() == 1 {
            drop_contained(task);
        }
    }

    /// Finishes the task whose poll has panicked, and lets go of it.
    #[cold]
    fn retire_panicked(&self, payload: Box<dyn Any + Send>) {
        let token = self.polled.get();
        let task = self.tasks.borrow().get(token);
        let Some(task) = task else { resume_unwind(payload) };
        contain(|| task.fail(payload));
        self.retire(token, task);
    }

    /// Looks at the reactor, the inbox and the timers once, and queues the tasks that have reason to run. If no task is
    /// queued it waits for one, if it may; or it moves a paused clock, if somebody wants it to and the look has found none.
    pub(super) fn turn(&self, may_wait: bool) {
        self.polls_left.set(POLLS_PER_TURN);
        let found = may_wait && self.spin();
        // The order matters: once the runtime has declared itself parked, whoever wakes it writes the eventfd.
        let idle = !found && self.tasks.borrow().is_idle() && self.inbox.park();
        let may_move_clock = idle && self.may_move_clock();
        let may_wait = may_wait && idle && !may_move_clock;
        let timeout = if may_wait && trace::park(self) { self.time_to_sleep() } else { Some(Duration::ZERO) };
        if !found {
            self.wait(timeout);
        }
        if may_wait {
            trace::unpark(self);
        }
        self.read_mail();
        self.deliver_events();
        self.expire_timers();
        self.wake_foreign();
        if may_move_clock && self.tasks.borrow().is_idle() {
            self.move_clock();
        }
    }

    #[inline(always)]
    pub(super) fn wait(&self, timeout: Option<Duration>) {
        assert!(!self.origin.is_forked(), "{FORKED}");
        match self.poll.wait(&mut self.events.borrow_mut(), timeout) {
            Ok(()) => {}
            // A signal, which leaves no events. The loop comes back here with the time that is left.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the runtime cannot wait for events, epoll_wait failed: {error}"),
        }
    }

    /// How long the runtime may sleep; None is for ever. Where timers are many, somewhat longer than to the first deadline.
    #[inline]
    pub(super) fn time_to_sleep(&self) -> Option<Duration> {
        if self.timers.borrow().is_empty() { None } else { self.time_to_timers() }
    }

    #[inline(never)]
    fn time_to_timers(&self) -> Option<Duration> {
        let deadline = self.timers.borrow().next_deadline()?;
        let left = self.clock.time_to(deadline)?;
        let is_exact = left.is_zero() || self.wait_settings.timer_slack.is_some();
        Some(if is_exact { left } else { left + self.timers.borrow().tolerance(left, deadline) })
    }

    /// How long it takes to the first deadline; None is for ever.
    pub(super) fn time_to_deadline(&self) -> Option<Duration> {
        let deadline = self.timers.borrow().next_deadline()?;
        self.clock.time_to(deadline)
    }

    /// Does what other threads have asked for. From here on the runtime is awake.
    #[inline]
    pub(super) fn read_mail(&self) {
        if self.inbox.awaken() {
            self.act_on_mail();
        }
    }

    #[cold]
    fn act_on_mail(&self) {
        let mut mail = self.mail.borrow_mut();
        self.inbox.collect(&mut mail);
        for token in &mail.wakes {
            self.wake(*token);
        }
        mail.wakes.clear();
        let requests = mem::take(&mut mail.requests);
        drop(mail);
        for request in requests {
            contain(request);
        }
    }

    fn deliver_events(&self) {
        let (mut sources, mut wakes) = (self.sources.borrow_mut(), self.wakes());
        for event in self.events.borrow().iter() {
            sources.deliver(event, &mut wakes);
        }
    }

    #[inline]
    pub(super) fn expire_timers(&self) {
        if !self.timers.borrow().is_empty() {
            self.expire_due();
        }
    }

    #[inline(never)]
    fn expire_due(&self) {
        self.timers.borrow_mut().expire(self.clock.elapsed(), &mut self.wakes());
    }

    pub(super) fn wakes(&self) -> Wakes<'_> {
        Wakes { tasks: self.tasks.borrow_mut(), foreign: &self.foreign_wakers }
    }

    /// Calls in order the foreign wakers that were collected, outside of all borrows. A panic of one does not keep the
    /// others asleep.
    pub(super) fn wake_foreign(&self) {
        if !self.foreign_wakers.borrow().is_empty() {
            self.call_foreign();
        }
    }

    #[cold]
    fn call_foreign(&self) {
        let mut wakers = self.foreign_wakers.take();
        wakers.drain(..).for_each(|waker| contain(|| waker.wake()));
        // The next turn needs the memory again.
        self.foreign_wakers.replace(wakers);
    }
}

/// Drops a task whose output nobody will ask for.
#[cold]
fn drop_contained(task: TaskRef<'static>) {
    contain(|| drop(task));
}

fn set_timer_slack(slack: Duration) -> TimerSlack {
    match TimerSlack::set(slack) {
        Ok(until_dropped) => until_dropped,
        Err(error) => {
            panic!("the runtime cannot set the timer slack that its builder was given, prctl failed: {error}")
        }
    }
}
