//! The parts of the executor that the models have no use for, as far as the others name them, and a runtime's own thread.

use std::cell::RefCell;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::{Condvar, Mutex};

use super::blocking::Pool;
use super::inbox::{Inbox, Mail};
use super::runtime_id::RuntimeId;
use super::token::{Stamp, TaskToken};
use crate::reactor::{self, Eventfd, Registry};

pub(super) mod waker {
    use std::mem::ManuallyDrop;
    use std::task::Waker;

    use super::super::token::TaskToken;

    pub(in super::super) fn for_token(_: TaskToken) -> ManuallyDrop<Waker> {
        ManuallyDrop::new(Waker::noop().clone())
    }
}

/// The handle's end of a task of the runtime's own, which no model has.
pub(super) mod task {
    use std::marker::PhantomData;
    use std::task::{Context, Poll, Waker};

    use super::super::abort_handle::AbortHandle;
    use super::super::join_error::JoinError;

    pub(in super::super) struct JoinRef<'a, T>(PhantomData<(&'a (), T)>);

    impl<T> JoinRef<'_, T> {
        pub(in super::super) fn poll_join(&self, _: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
            Poll::Pending
        }

        pub(in super::super) fn is_finished(&self) -> bool {
            false
        }

        pub(in super::super) fn abort_handle(&self, _: Option<Waker>) -> AbortHandle {
            unreachable!("no model has tasks of the runtime's own")
        }

        pub(in super::super) fn set_waiter(&self, _: Waker) {}

        pub(in super::super) fn forget_waiter(&self) {}
    }
}

/// Nobody is told anything.
pub(super) mod trace {
    use std::panic::Location;

    pub(in super::super) fn work<F>(f: F, _: &'static Location<'static>) -> F {
        f
    }
}

/// Which runtime a thread of a model is in.
pub(super) mod context {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::Core;

    loom::thread_local! {
        static CURRENT: RefCell<Option<Rc<Core>>> = RefCell::new(None);
    }

    pub(in super::super) fn with<R>(f: impl FnOnce(&Core) -> R) -> Option<R> {
        let current = CURRENT.with(|current| current.borrow().clone());
        current.map(|core| f(&core))
    }

    pub(super) fn enter<R>(core: &Rc<Core>, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|current| current.replace(Some(core.clone())));
        let result = f();
        CURRENT.with(|current| current.take());
        result
    }
}

/// The one inbox there is, that of the model which runs.
pub(super) mod inboxes {
    use std::cell::RefCell;
    use std::sync::Arc;

    use super::super::inbox::{Inbox, Request};
    use super::super::runtime_id::RuntimeId;

    thread_local! {
        // All threads of a model are one thread of the system, and other models run on others.
        static INBOX: RefCell<Option<Arc<Inbox>>> = const { RefCell::new(None) };
    }

    pub(super) fn install(inbox: &Arc<Inbox>) {
        INBOX.set(Some(inbox.clone()));
    }

    pub(in super::super) fn of(_: RuntimeId) -> Arc<Inbox> {
        INBOX.with_borrow(Clone::clone).expect("an inbox was installed")
    }

    pub(in super::super) fn request(runtime: RuntimeId, request: Request) -> Result<(), Request> {
        of(runtime).request(runtime, request)
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The handle of a task, which nobody keeps.
pub(super) struct Spawned(Rc<()>);

/// A runtime as those know it who spawn.
pub(super) struct Core {
    id: RuntimeId,
    pub(super) blocking: Arc<Pool>,
    tasks: RefCell<Vec<Task>>,
}

impl Core {
    pub(super) fn id(&self) -> RuntimeId {
        self.id
    }

    pub(super) fn is_closing(&self) -> bool {
        false
    }

    pub(super) fn spawn<F>(&self, future: F, _: &'static Location<'static>) -> Spawned
    where
        F: Future<Output = ()> + 'static,
    {
        self.tasks.borrow_mut().push(Box::pin(future));
        Spawned(Rc::default())
    }
}

/// A runtime that sleeps when there is nothing to do. Whatever wakes it has it poll all its tasks.
pub(super) struct Runtime {
    pub(super) core: Rc<Core>,
    inbox: Arc<Inbox>,
    eventfd: Arc<Eventfd>,
}

/// Wakes a task of the runtime, from any thread.
struct Mailed(Arc<Inbox>);

impl Wake for Mailed {
    fn wake(self: Arc<Self>) {
        self.0.wake(TaskToken::new(Stamp::first(RuntimeId::new(1, 0)), 1));
    }
}

impl Runtime {
    pub(super) fn open(pool: &Arc<Pool>) -> Runtime {
        let (id, inbox, eventfd) = (RuntimeId::new(1, 0), Arc::new(Inbox::closed()), Arc::new(Eventfd::new()));
        inbox.open(id, reactor::Waker(eventfd.clone()), Registry);
        inboxes::install(&inbox);
        let core = Rc::new(Core { id, blocking: pool.clone(), tasks: RefCell::default() });
        Runtime { core, inbox, eventfd }
    }

    /// Runs until the future is ready.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Mailed(self.inbox.clone())));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(output) = context::enter(&self.core, || future.as_mut().poll(&mut cx)) {
                return output;
            }
            self.turn(&mut cx);
        }
    }

    fn turn(&self, cx: &mut Context<'_>) {
        let idle = self.inbox.park();
        self.eventfd.wait(idle);
        let mut mail = Mail::default();
        self.inbox.collect(&mut mail);
        context::enter(&self.core, || {
            mail.requests.into_iter().for_each(|request| request());
            let mut tasks = self.core.tasks.take();
            tasks.retain_mut(|task| task.as_mut().poll(cx).is_pending());
            self.core.tasks.borrow_mut().append(&mut tasks);
        });
    }

    /// The end of the runtime: what is left is dropped.
    pub(super) fn close(self) {
        let mail = self.inbox.close();
        drop(mail.requests);
        drop(self.core.tasks.take());
    }
}

/// Wakes a thread that waits for one future.
#[derive(Default)]
struct Parker {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

/// Waits for a future on a thread that has no runtime.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let parker = Arc::new(Parker::default());
    let waker = Waker::from(parker.clone());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut woken = parker.woken.lock().unwrap();
        while !*woken {
            woken = parker.changed.wait(woken).unwrap();
        }
        *woken = false;
    }
}
