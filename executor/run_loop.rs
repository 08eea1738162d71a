#![forbid(unsafe_code)]

use std::any::Any;
use std::cell::RefMut;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::contain::contain;
use super::core::Core;
use super::inbox::Mail;
use super::misuse::FORKED;
use super::slab::Key;
use super::task::Run;
use super::tasks::Next;
use super::wakes::Wakes;
use super::{context, inboxes, waker};

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
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        context::enter(self, || {
            let mut future = pin!(future);
            let main = MainSlot::new(self);
            let waker = waker::for_token(self.token(main.key));
            let mut cx = Context::from_waker(&waker);
            loop {
                self.begin_poll();
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return output;
                }
                self.run_until_woken(main.key);
            }
        })
    }

    /// The event loop: runs tasks until it is the turn of the main future.
    fn run_until_woken(&self, main: Key) {
        loop {
            if self.polls_left.get() == 0 {
                self.turn(true);
            }
            let next = self.tasks.borrow_mut().next();
            match next {
                None => self.turn(true),
                Some(next) => {
                    self.polls_left.set(self.polls_left.get() - 1);
                    match next {
                        Next::Task(key, task) => self.run_task(key, task),
                        Next::Main(key) if key == main => return,
                        Next::Main(_) => {}
                    }
                }
            }
        }
    }

    pub(super) fn run_task(&self, key: Key, task: Rc<dyn Run>) {
        self.begin_poll();
        let waker = waker::for_token(self.token(key));
        let mut cx = Context::from_waker(&waker);
        match catch_unwind(AssertUnwindSafe(|| task.run(&mut cx))) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => self.retire(key, None),
            Err(payload) => self.retire(key, Some(payload)),
        }
    }

    /// Lets go of a task that has finished, or panicked. Its output is dropped here if nobody holds its handle.
    fn retire(&self, key: Key, panic: Option<Box<dyn Any + Send>>) {
        let task = self.tasks.borrow_mut().remove(key);
        let Some(task) = task else { return };
        if let Some(payload) = panic {
            contain(|| task.fail(payload));
        }
        contain(|| task.notify());
        contain(|| drop(task));
    }

    /// Looks at the reactor, the inbox and the timers once, and queues the tasks that have reason to run. If no task is
    /// queued it waits for one, if it may; or it moves a paused clock, if somebody wants it to and the look has found none.
    pub(super) fn turn(&self, may_wait: bool) {
        self.polls_left.set(POLLS_PER_TURN);
        // The order matters: once the runtime has declared itself parked, whoever wakes it writes the eventfd.
        let idle = self.tasks.borrow().is_idle() && inboxes::of(self.id()).park();
        let may_move_clock = idle && self.may_move_clock();
        let timeout = if idle && may_wait && !may_move_clock { self.time_to_deadline() } else { Some(Duration::ZERO) };
        self.wait(timeout);
        self.read_mail();
        self.deliver_events();
        self.expire_timers();
        self.wake_foreign();
        if may_move_clock && self.tasks.borrow().is_idle() {
            self.move_clock();
        }
    }

    fn wait(&self, timeout: Option<Duration>) {
        assert!(!self.origin.is_forked(), "{FORKED}");
        match self.poll.borrow_mut().wait(&mut self.events.borrow_mut(), timeout) {
            Ok(()) => {}
            // A signal, which leaves no events. The loop comes back here with the time that is left.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the runtime cannot wait for events, epoll_wait failed: {error}"),
        }
    }

    /// How long the runtime may sleep; None is for ever.
    pub(super) fn time_to_deadline(&self) -> Option<Duration> {
        let deadline = self.timers.borrow().next_deadline()?;
        self.clock.time_to(deadline)
    }

    /// Does what other threads have asked for.
    fn read_mail(&self) {
        let mut mail = self.mail.borrow_mut();
        if inboxes::of(self.id()).collect(&mut mail) {
            self.act_on(mail);
        }
    }

    #[cold]
    fn act_on(&self, mut mail: RefMut<'_, Mail>) {
        for token in mail.wakes.drain(..) {
            self.wake(token.task());
        }
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

    pub(super) fn expire_timers(&self) {
        let mut timers = self.timers.borrow_mut();
        if timers.next_deadline().is_some() {
            timers.expire(self.clock.elapsed(), &mut self.wakes());
        }
    }

    pub(super) fn wakes(&self) -> Wakes<'_> {
        Wakes { runtime: self.id(), tasks: self.tasks.borrow_mut(), foreign: self.foreign_wakers.borrow_mut() }
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

/// The name of the main future, for as long as `block_on` runs.
struct MainSlot<'a> {
    core: &'a Core,
    key: Key,
}

impl<'a> MainSlot<'a> {
    fn new(core: &'a Core) -> MainSlot<'a> {
        MainSlot { core, key: core.tasks.borrow_mut().insert_main() }
    }
}

impl Drop for MainSlot<'_> {
    fn drop(&mut self) {
        let _none_for_the_main_future = self.core.tasks.borrow_mut().remove(self.key);
    }
}
