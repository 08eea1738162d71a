#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::blocking::Pool;
use super::blocks::Blocks;
use super::clock::Clock;
use super::contain::contain;
use super::context;
use super::inbox::{Inbox, Mail};
use super::inboxes;
use super::join_error::Cancellation;
use super::join_handle::JoinHandle;
use super::misuse::FORKED;
use super::net_settings::NetSettings;
use super::run_loop::{EVENTS_PER_TURN, IO_PER_POLL, POLLS_PER_TURN};
use super::runtime_id::RuntimeId;
use super::slab::Key;
use super::sources::{Direction, Sources};
use super::task;
use super::tasks::Tasks;
use super::timers::Timers;
use super::token::TaskToken;
use super::trace;
use super::wait_settings::WaitSettings;
use super::waiters::{WaiterId, Waiters, Whom};
use super::waker;
use crate::reactor::{self, Interest, Origin};

/// The token of the eventfd by which other threads wake the runtime. No slot has the index of all ones.
const EVENTFD: usize = usize::MAX;

/// What a socket is watched for at first. Writing comes when a write has had to wait, which few ever do; else each socket would
/// be reported as writable once it is registered.
const READING: Interest = Interest::READABLE.and(Interest::PRIORITY);

/// What a socket is watched for that has had to wait in order to write.
const ALL: Interest = READING.and(Interest::WRITABLE);

/// Everything that one runtime owns. Its thread alone touches it.
///
/// Each part has a `RefCell` of its own, and no user code runs while one of them is borrowed: wakers and futures are
/// moved out first, and woken or dropped afterwards.
pub(crate) struct Core {
    id: RuntimeId,
    /// Where other threads find it.
    pub(super) inbox: &'static Inbox,
    pub(super) poll: reactor::Poll,
    pub(super) tasks: RefCell<Tasks>,
    /// For tasks to come, and for those of scopes.
    pub(super) blocks: Blocks,
    pub(super) sources: RefCell<Sources>,
    pub(super) timers: RefCell<Timers>,
    /// The task that is being polled, or was polled last.
    pub(super) polled: Cell<TaskToken>,
    /// How many polls may still come before the reactor is looked at.
    pub(super) polls_left: Cell<u32>,
    /// How many I/O operations the future that is being polled may still do.
    io_left: Cell<u32>,
    /// Tells one poll from the next. It wraps, which at worst lets a source that has overdrawn wait for one poll.
    poll_number: Cell<u16>,
    /// Set when the runtime is being dropped: from then on nothing is spawned.
    closing: Cell<bool>,
    pub(super) origin: Origin,
    pub(super) clock: Clock,
    pub(super) blocking: Arc<Pool>,
    net_settings: NetSettings,
    pub(super) wait_settings: WaitSettings,
    /// The last waiter that was given a name.
    last_waiter: Cell<WaiterId>,
    /// What the last look at the reactor and at the inbox brought, and whom it wakes besides tasks of this runtime.
    pub(super) events: RefCell<reactor::Events>,
    pub(super) mail: RefCell<Mail>,
    pub(super) foreign_wakers: RefCell<Vec<Waker>>,
}

impl Core {
    pub(super) fn new(
        clock: Clock,
        blocking: Arc<Pool>,
        net_settings: NetSettings,
        wait_settings: WaitSettings,
    ) -> io::Result<Core> {
        let poll = reactor::Poll::new()?;
        let eventfd = reactor::Waker::new(poll.registry(), EVENTFD)?;
        let id = inboxes::open(eventfd, poll.registry().try_clone()?)?;
        let tasks = Tasks::new(id);
        Ok(Core {
            id,
            inbox: inboxes::of(id),
            poll,
            sources: RefCell::default(),
            timers: RefCell::default(),
            polled: Cell::new(tasks.main()),
            tasks: RefCell::new(tasks),
            blocks: Blocks::new(),
            polls_left: Cell::new(POLLS_PER_TURN),
            io_left: Cell::new(0),
            poll_number: Cell::new(0),
            closing: Cell::new(false),
            origin: Origin::current(),
            clock,
            blocking,
            net_settings,
            wait_settings,
            last_waiter: Cell::new(WaiterId::POLLER),
            events: RefCell::new(Vec::with_capacity(EVENTS_PER_TURN)),
            mail: RefCell::default(),
            foreign_wakers: RefCell::default(),
        })
    }

    pub(crate) fn id(&self) -> RuntimeId {
        self.id
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll.as_fd()
    }

    pub(crate) fn net_settings(&self) -> &NetSettings {
        &self.net_settings
    }

    /// Spawns a task; while the runtime is being dropped, one that is cancelled already.
    pub(super) fn spawn<F>(&self, future: F, site: &'static Location<'static>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        if self.closing.get() {
            return refuse(future, Cancellation::RuntimeDropped, site);
        }
        let (task, handle) = task::new(trace::task(future, "local", site), site);
        let token = self.tasks.borrow_mut().insert(task);
        JoinHandle::of_task(handle, Some(token))
    }

    /// Queues a task of this runtime. False means that there is none of that name.
    pub(super) fn wake(&self, task: TaskToken) -> bool {
        self.tasks.borrow_mut().wake(task)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Drops all tasks, then everything that could wake one, with the runtime still entered.
    pub(super) fn shut_down(&self) {
        self.closing.set(true);
        context::enter(self, || {
            loop {
                let task = self.tasks.borrow_mut().pop();
                let Some(task) = task else { break };
                contain(|| task.cancel(Cancellation::RuntimeDropped));
                task.notify();
                contain(|| drop(task));
            }
            // In a forked child another thread may have held the locks, and is not there to release them.
            if !self.origin.is_forked() {
                self.close_doors();
            }
            loop {
                let source = self.sources.borrow_mut().pop();
                let Some(source) = source else { break };
                source.drop_waiters();
            }
            for timers in [&self.timers, &self.clock.advances] {
                loop {
                    let waker = timers.borrow_mut().pop();
                    let Some(waker) = waker else { break };
                    contain(|| drop(waker));
                }
            }
        });
        if !self.origin.is_forked() {
            inboxes::vacate(self.id);
        }
    }

    /// Shuts other threads out. What they had left is dropped here, as it may be futures that were to be spawned.
    fn close_doors(&self) {
        let mail = self.inbox.close();
        mail.requests.into_iter().for_each(|request| contain(|| drop(request)));
        contain(|| self.blocking.close());
    }
}

/// What sockets need of their runtime.
impl Core {
    /// Begins a poll, with a new budget of I/O operations.
    pub(super) fn begin_poll(&self) {
        self.poll_number.set(self.poll_number.get().wrapping_add(1));
        self.io_left.set(IO_PER_POLL);
    }

    /// Counts one I/O operation. False means that the future has done enough for one poll, and must yield.
    ///
    /// When the budget is spent, each direction of each socket still has one operation in each poll, which its `overdrawn`
    /// remembers. Or else one that is always ready could starve the others in a `join!`.
    #[inline]
    pub(crate) fn spend_io(&self, overdrawn: &AtomicU16) -> bool {
        match self.io_left.get().checked_sub(1) {
            Some(left) => {
                self.io_left.set(left);
                true
            }
            None => self.overdraw(overdrawn),
        }
    }

    #[cold]
    fn overdraw(&self, overdrawn: &AtomicU16) -> bool {
        overdrawn.swap(self.poll_number.get(), Relaxed) != self.poll_number.get()
    }

    /// Registers a descriptor: for reading, or for all that can be waited for; one that is `lent` by somebody who may close it
    /// before it is deregistered, for the interest given.
    pub(crate) fn register(&self, fd: BorrowedFd<'_>, direction: Direction, lent: Option<Interest>) -> io::Result<Key> {
        self.check_watching()?;
        let interest = lent.unwrap_or(match direction {
            Direction::Read => READING,
            Direction::Write => ALL,
        });
        let key = self.sources.borrow_mut().insert();
        match self.watch(fd, key.to_bits() as usize, interest) {
            Ok(()) => self.sources.borrow_mut().set_number(key, fd.as_raw_fd(), lent.is_some()),
            Err(error) => {
                self.free_source(key);
                return Err(error);
            }
        }
        Ok(key)
    }

    /// Has a descriptor that was registered for reading watched for all. What is ready now comes as an event.
    pub(crate) fn watch_all(&self, key: Key, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.check_watching()?;
        self.poll.registry().reregister(&fd, key.to_bits() as usize, ALL)
    }

    /// Has what is ready now come as an event, if the number still stands for what was registered.
    pub(super) fn watch_again(&self, key: Key, interest: Interest) {
        let number = self.sources.borrow().number(key);
        if let Some(number) = number
            && !self.origin.is_forked()
        {
            // If its owner has closed it, nothing of it is ready any more.
            let _closed = self.poll.registry().reregister_number(number, key.to_bits() as usize, interest);
        }
    }

    fn check_watching(&self) -> io::Result<()> {
        let obstacle = if self.is_closing() {
            "the runtime is being dropped, so a socket cannot begin to wait in it"
        } else if self.origin.is_forked() {
            FORKED
        } else {
            return Ok(());
        };
        Err(io::Error::other(obstacle))
    }

    fn watch(&self, fd: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()> {
        match self.poll.registry().register(&fd, token, interest) {
            // A duplicate had kept the registration alive when its owner was closed, and now has its number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.is_free(fd.as_raw_fd()) => {
                self.poll.registry().reregister(&fd, token, interest)
            }
            result => result,
        }
    }

    /// Whether the number stands for nobody's descriptor any more. That of one dropped on another thread is in the mail.
    fn is_free(&self, number: RawFd) -> bool {
        if self.sources.borrow().has_number(number) {
            self.read_mail();
        }
        !self.sources.borrow().has_number(number)
    }

    /// Ends the registration of a descriptor, if its number still stands for what was registered.
    pub(crate) fn deregister(&self, key: Key) {
        let number = self.sources.borrow_mut().take_number(key);
        if let Some(number) = number
            && !self.origin.is_forked()
        {
            // If its owner has closed it, there is nothing left to end.
            let _closed = self.poll.registry().deregister_number(number);
        }
    }

    /// Frees the slot of a descriptor. Those who still wait for it are not woken: it is theirs no more.
    pub(crate) fn free_source(&self, key: Key) {
        let source = self.sources.borrow_mut().remove(key);
        if let Some(source) = source {
            source.drop_waiters();
        }
    }

    /// As [`free_source`](Core::free_source), where it may still be registered.
    pub(crate) fn free_lent_source(&self, key: Key) {
        self.deregister(key);
        self.free_source(key);
    }

    /// Ready if an operation is worth trying, as it is on a descriptor that is gone. If it `drains`, it is taken to leave
    /// nothing to do, see [`undrain`](Core::undrain).
    ///
    /// If not ready, the waiter will be woken when it is; it gets its name here. While the runtime is being dropped nobody will
    /// be woken any more.
    pub(crate) fn poll_ready(
        &self,
        key: Key,
        direction: Direction,
        drains: bool,
        waiter: &mut Option<WaiterId>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut sources = self.sources.borrow_mut();
        let Some(source) = sources.get_mut(key) else { return Poll::Ready(()) };
        if source.is_ready(direction) {
            if drains {
                source.drain(direction);
            }
            return Poll::Ready(());
        }
        if let Some(task) = self.own_task(cx.waker())
            && !self.is_closing()
        {
            let id = waiter.unwrap_or_else(|| self.next_waiter());
            *waiter = Some(id);
            if source.waiters(direction).begin(id, task) {
                return Poll::Pending;
            }
        }
        drop(sources);
        self.wait_for(key, direction, waiter, cx);
        Poll::Pending
    }

    /// Has a waiter woken by the next event of the direction. It gets its name here.
    #[cold]
    pub(super) fn wait_for(&self, key: Key, direction: Direction, waiter: &mut Option<WaiterId>, cx: &mut Context<'_>) {
        if self.is_closing() {
            return;
        }
        let id = *waiter.get_or_insert_with(|| self.next_waiter());
        let is_known = |waiters: &mut Waiters| waiters.has_foreign(id, cx.waker());
        let wakes = match self.own_task(cx.waker()) {
            Some(task) => Whom::Task(task),
            None if self.sources.borrow_mut().waiters(key, direction).is_some_and(is_known) => return,
            // Cloning and dropping wakers is foreign code, which runs outside of the borrow.
            None => Whom::Foreign(cx.waker().clone()),
        };
        let former = self.sources.borrow_mut().waiters(key, direction).and_then(|waiters| waiters.insert(id, wakes));
        drop(former);
    }

    /// The task of this runtime that the waker wakes.
    #[inline]
    fn own_task(&self, waker: &Waker) -> Option<TaskToken> {
        waker::token_of(waker).filter(|token| token.stamp().runtime() == self.id.index())
    }

    fn next_waiter(&self) -> WaiterId {
        self.last_waiter.set(self.last_waiter.get().next());
        self.last_waiter.get()
    }

    /// Forgets a waiter that was dropped. Its task may be unwinding, so the panic of its waker must not come out.
    pub(crate) fn forget_waiter(&self, key: Key, direction: Direction, id: WaiterId) {
        let former = self.sources.borrow_mut().waiters(key, direction).and_then(|waiters| waiters.remove(id));
        contain(|| drop(former));
    }

    /// Records that a pending error has been taken.
    pub(crate) fn error_taken(&self, key: Key) {
        self.sources.borrow_mut().error_taken(key);
    }

    /// Records that an operation has drained the direction, though it has not said so: it moved less than it was asked to.
    pub(crate) fn drain(&self, key: Key, direction: Direction) {
        if let Some(source) = self.sources.borrow_mut().get_mut(key) {
            source.drain(direction);
        }
    }

    /// Records that an operation which was taken to drain the direction has not done so.
    pub(crate) fn undrain(&self, key: Key, direction: Direction) {
        if let Some(source) = self.sources.borrow_mut().get_mut(key) {
            source.undrain(direction);
        }
    }

    /// Records that an operation has said `WouldBlock`.
    pub(crate) fn blocked(&self, key: Key, direction: Direction) {
        self.sources.borrow_mut().would_block(key, direction);
    }
}

/// What timers need of their runtime.
impl Core {
    /// The time of the runtime, which is that of the system unless its clock has been paused.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Arms a timer, unless the runtime is being dropped, when there is nothing left to wait for.
    pub(super) fn arm_timer(&self, deadline: Instant, length: Duration, waker: &Waker) -> Option<Key> {
        if self.is_closing() {
            return None;
        }
        let waker = waker.clone();
        Some(self.timers.borrow_mut().insert(self.clock.nanos(deadline), length, waker))
    }

    /// Gives a timer another deadline. False means that it has fired.
    pub(super) fn move_timer(&self, key: Key, deadline: Instant, length: Duration) -> bool {
        self.timers.borrow_mut().move_to(key, self.clock.nanos(deadline), length)
    }

    pub(super) fn poll_timer(&self, key: Key, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_closing() {
            return Poll::Pending;
        }
        Timers::poll(&self.timers, key, cx)
    }

    /// Forgets a timer that was dropped, as [`forget_waiter`](Core::forget_waiter) does a waiter.
    pub(super) fn disarm_timer(&self, key: Key) {
        let waker = self.timers.borrow_mut().remove(key);
        contain(|| drop(waker));
    }
}

/// A task that is cancelled before it has begun. Its future is dropped here.
pub(super) fn refuse<F>(future: F, why: Cancellation, site: &'static Location<'static>) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (task, handle) = task::new(future, site);
    task.cancel(why);
    JoinHandle::of_task(handle, None)
}
