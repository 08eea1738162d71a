#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::panic::Location;
use std::rc::Rc;

use futures_task::{LocalFutureObj, LocalSpawn, SpawnError};

use super::blocking;
use super::builder::Builder;
use super::context;
use super::core::Core;
use super::handle::Handle;
use super::join_handle::JoinHandle;
use super::misuse::{nested_block_on, no_runtime, no_thread};

/// An event loop with its tasks, timers and sockets, for the one thread that made it.
///
/// The free functions [`block_on`] and [`spawn`] are all that most programs need. A `Runtime` of its own keeps tasks
/// alive between several calls of [`block_on`](Runtime::block_on); tasks run only within them.
///
/// Dropping it drops all tasks, so that their handles say that they were cancelled, then its timers and sockets' slots.
/// Sockets that outlive it can be used on another runtime once they are [converted](crate::net::TcpStream::into_std) to
/// the standard library's and back.
///
/// Printed with `{:?}` it says how many tasks it has, timers that are armed, and sockets that have begun to wait in it
/// (`sources`), so that a program can see whether anything is left.
///
/// ```
/// let runtime = epore::Runtime::new()?;
/// let task = runtime.spawn(async { 6 * 7 });
/// assert_eq!(runtime.block_on(task).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    core: Core,
}

impl Runtime {
    /// Makes a runtime with the defaults of [`Builder`].
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn new() -> io::Result<Runtime> {
        Builder::new().make()
    }

    pub(super) fn from_core(core: Core) -> Runtime {
        Runtime { core }
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    /// Runs `future` and all tasks until `future` is ready. The tasks that are left stay, and go on with the next call.
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// let task = runtime.block_on(async { epore::spawn(epore::yield_now()) });
    /// assert!(!task.is_finished());
    /// runtime.block_on(task).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Inside of a runtime. A panic of the future passes through, and leaves the runtime usable.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        if context::is_entered() {
            nested_block_on();
        }
        self.core.block_on(future)
    }

    /// Spawns a task, which runs when the runtime does. See the free function [`spawn`].
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// let task = runtime.spawn(async { 6 * 7 });
    /// assert!(!task.is_finished());   // the runtime does not run yet
    /// assert_eq!(runtime.block_on(task).unwrap(), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When 4,294,967,293 tasks are alive.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let site = Location::caller();
        // Within the runtime there are blocks of memory to be used again.
        let handle = context::enter(&self.core, || self.core.spawn(future, site));
        self.core.announce_from_outside();
        handle
    }

    /// Runs a closure that blocks on another thread. See the free function [`spawn_blocking`](crate::spawn_blocking).
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// let file = runtime.spawn_blocking(|| std::fs::read_to_string("Cargo.toml"));
    /// assert!(runtime.block_on(file).unwrap()?.starts_with("[package]"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the system refuses the first thread.
    #[track_caller]
    pub fn spawn_blocking<T, F>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match blocking::start(&self.core.blocking, f, Location::caller()) {
            Ok(promise) => JoinHandle::of_blocking(Rc::new(promise)),
            Err(error) => no_thread(&error),
        }
    }

    /// A handle that spawns on this runtime from any thread.
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// let handle = runtime.handle();
    /// let task = std::thread::spawn(move || handle.spawn(async { 42 })).join().unwrap();
    /// assert_eq!(runtime.block_on(task).unwrap(), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn handle(&self) -> Handle {
        Handle::new(self.core.id())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.core.shut_down();
    }
}

impl LocalSpawn for Runtime {
    #[track_caller]
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        drop(self.spawn(future));
        Ok(())
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("tasks", &self.core.tasks.borrow().count())
            .field("timers", &self.core.timers.borrow().len())
            .field("sources", &self.core.sources.borrow().len())
            .finish_non_exhaustive()
    }
}

/// Runs a future, and the tasks that it spawns, on a new runtime, until it is ready. Tasks that are left are dropped.
///
/// ```
/// let answer = epore::block_on(async {
///     let task = epore::spawn(async { 6 * 7 });
///     task.await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// Inside of a runtime; and if the system refuses what [`Runtime::new`] asks for. A panic of the future passes through.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    if context::is_entered() {
        nested_block_on();
    }
    match Runtime::new() {
        Ok(runtime) => runtime.core.block_on(future),
        Err(error) => panic!("`block_on`: {error}"),
    }
}

/// Spawns a task on the runtime that this thread is in. The future need not be `Send`: it never leaves the thread.
///
/// The task starts on its own, whether or not its handle is awaited, when the one that runs now yields.
///
/// ```
/// # epore::block_on(async {
/// use std::{cell::Cell, rc::Rc};
///
/// let shared = Rc::new(Cell::new(0));
/// let task = epore::spawn({
///     let shared = shared.clone();
///     async move { shared.set(42) }
/// });
/// task.await.unwrap();
/// assert_eq!(shared.get(), 42);
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime; and when 4,294,967,293 tasks are alive. While the runtime is being dropped it does not panic: the
/// task is cancelled at once.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let site = Location::caller();
    match context::with(|core| core.spawn(future, site)) {
        Some(handle) => handle,
        None => no_runtime("`spawn` was called"),
    }
}
