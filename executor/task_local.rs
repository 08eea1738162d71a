#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

use super::misuse::{scope_within_with, without_scope};

/// Declares keys for values that belong to a task, or to a part of one. Each is a [`LocalKey`](crate::LocalKey).
///
/// It takes any number of statics without an initial value, with their attributes and visibilities.
///
/// ```
/// epore::task_local! {
///     /// Which request the task is about.
///     pub static REQUEST: u64;
///     static USER: String;
/// }
///
/// # fn main() {
/// let seen = REQUEST.sync_scope(7, || USER.sync_scope("Ada".to_owned(), || (REQUEST.get(), USER.get())));
/// assert_eq!(seen, (7, "Ada".to_owned()));
/// # }
/// ```
#[macro_export]
macro_rules! task_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $value:ty);* $(;)?) => {
        $(
            $(#[$attribute])*
            $visibility static $name: $crate::LocalKey<$value> = {
                ::std::thread_local! {
                    static SLOT: ::std::cell::RefCell<::std::mem::ManuallyDrop<::std::option::Option<$value>>> =
                        const { ::std::cell::RefCell::new(::std::mem::ManuallyDrop::new(::std::option::Option::None)) };
                }
                $crate::LocalKey::__new(::std::stringify!($name), SLOT)
            };
        )*
    };
}

/// A key to a value that is there while a future is polled, and while it is dropped. Made by
/// [`task_local!`](crate::task_local).
///
/// A [`scope`](LocalKey::scope) puts the value in place before each poll of its future, and takes it away after it. So
/// each task sees its own, however they take turns. Scopes of one key may be nested: the inner value hides the outer
/// one. Tasks that are spawned inside a scope do not inherit its value, nor do closures that run on other threads.
///
/// It needs no runtime, works at the end of a thread, and allocates nothing.
///
/// ```
/// epore::task_local! {
///     static REQUEST: u64;
/// }
///
/// async fn handle() -> String {
///     epore::yield_now().await;
///     format!("request {}", REQUEST.get())
/// }
///
/// # epore::block_on(async {
/// let first = epore::spawn(REQUEST.scope(1, handle()));
/// let second = epore::spawn(REQUEST.scope(2, handle()));
/// assert_eq!(first.await.unwrap(), "request 1");
/// assert_eq!(second.await.unwrap(), "request 2");
/// assert!(REQUEST.try_get().is_err());
/// # });
/// ```
pub struct LocalKey<T: 'static> {
    name: &'static str,
    slot: thread::LocalKey<Slot<T>>,
}

/// The value is there only while a scope runs, which takes it away when it is left. So the slot needs no destructor, and
/// can be used at any time in the life of a thread, its end included.
type Slot<T> = RefCell<ManuallyDrop<Option<T>>>;

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, slot: thread::LocalKey<Slot<T>>) -> LocalKey<T> {
        LocalKey { name, slot }
    }

    /// Gives a future a value. It is there whenever the future is polled, and when it is dropped.
    ///
    /// The future is dropped as soon as it is ready; the value is dropped after it, with the [`TaskLocalFuture`].
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// # epore::block_on(async {
    /// let task = epore::spawn(USER.scope("Ada".to_owned(), async {
    ///     epore::yield_now().await;
    ///     USER.get()
    /// }));
    /// assert_eq!(task.await.unwrap(), "Ada");
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// The future panics when it is polled inside [`with`](LocalKey::with) of the same key, or after it was ready. A
    /// panic of the future it was given passes through, and the outer value is back in place.
    ///
    /// # Cancel safety
    ///
    /// That of the future it was given.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture { key: self, value: Some(value), future: Some(future) }
    }

    /// Calls a closure with a value in place.
    ///
    /// ```
    /// epore::task_local! {
    ///     static DEPTH: u32;
    /// }
    ///
    /// let deeper = DEPTH.sync_scope(1, || DEPTH.sync_scope(DEPTH.get() + 1, || DEPTH.get()));
    /// assert_eq!(deeper, 2);
    /// ```
    ///
    /// # Panics
    ///
    /// Inside [`with`](LocalKey::with) of the same key.
    #[track_caller]
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        match self.enter(&mut value) {
            Some(_entered) => f(),
            None => scope_within_with(self.name),
        }
    }

    /// Calls a closure with the value.
    ///
    /// The closure may read the key again, but not put another value in its place: in it no scope of the key can be
    /// entered.
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// # epore::block_on(async {
    /// let greeting = USER.scope("Ada".to_owned(), async { USER.with(|user| format!("hello, {user}")) });
    /// assert_eq!(greeting.await, "hello, Ada");
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a scope of the key; [`try_with`](LocalKey::try_with) does not.
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(result) => result,
            Err(AccessError { key }) => without_scope(key),
        }
    }

    /// Calls a closure with the value, if there is one. See [`with`](LocalKey::with).
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// let length = || USER.try_with(|user| user.len());
    /// assert_eq!(USER.sync_scope("Ada".to_owned(), length), Ok(3));
    /// assert!(length().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Outside of a scope of the key. The closure is not called then.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        // The one place where user code runs in the borrow. All others that borrow swap, and none fails for this one.
        let result = self.slot.with(|slot| slot.borrow().as_ref().map(f));
        result.ok_or(AccessError { key: self.name })
    }

    /// Puts `value` in place until what is given back is dropped. None inside of [`with`](LocalKey::with).
    fn enter<'a>(&'static self, value: &'a mut Option<T>) -> Option<Entered<'a, T>> {
        self.swap(value).then(|| Entered { key: self, outer: value })
    }

    fn swap(&'static self, value: &mut Option<T>) -> bool {
        self.slot.with(|slot| slot.try_borrow_mut().map(|mut slot| mem::swap(value, &mut slot)).is_ok())
    }
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A clone of the value.
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// assert_eq!(USER.sync_scope("Ada".to_owned(), || USER.get()), "Ada");
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a scope of the key; [`try_get`](LocalKey::try_get) does not.
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A clone of the value, if there is one.
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// let user = || USER.try_get().unwrap_or_else(|_| "nobody".to_owned());
    /// assert_eq!(USER.sync_scope("Ada".to_owned(), user), "Ada");
    /// assert_eq!(user(), "nobody");
    /// ```
    ///
    /// # Errors
    ///
    /// Outside of a scope of the key.
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A scope that was entered: the slot has its value, and it has that of the scope around it.
struct Entered<'a, T: 'static> {
    key: &'static LocalKey<T>,
    outer: &'a mut Option<T>,
}

impl<T: 'static> Drop for Entered<'_, T> {
    fn drop(&mut self) {
        // Each `with` inside the scope has ended when the scope does.
        let swapped = self.key.swap(self.outer);
        debug_assert!(swapped, "a scope ends inside of a `with` that began in it");
    }
}

pin_project! {
    /// The future of [`LocalKey::scope`].
    ///
    /// It is `Send` if the value and the future are, and `Unpin` if the future is.
    ///
    /// ```
    /// epore::task_local! {
    ///     static USER: String;
    /// }
    ///
    /// # epore::block_on(async {
    /// let scoped = USER.scope("Ada".to_owned(), async { USER.with(String::len) });
    /// assert_eq!(scoped.await, 3);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// When it is polled inside [`with`](LocalKey::with) of the same key, or after it was ready.
    ///
    /// # Cancel safety
    ///
    /// That of the future it was given, which is dropped with the value in place.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TaskLocalFuture<T, F>
    where
        T: 'static,
    {
        key: &'static LocalKey<T>,
        value: Option<T>,
        // None once it was ready.
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Inside of `with` the value cannot be put in place: then the future is dropped without it.
            let _entered = this.key.enter(this.value);
            this.future.set(None);
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value back, for instance once the future was ready. `None` if it was taken before.
    ///
    /// A future that is polled after that has no value of the key.
    ///
    /// ```
    /// # use std::{cell::Cell, pin::pin};
    /// epore::task_local! {
    ///     static COUNTER: Cell<u32>;
    /// }
    ///
    /// # epore::block_on(async {
    /// let mut counted = pin!(COUNTER.scope(Cell::new(0), async {
    ///     COUNTER.with(|counter| counter.set(counter.get() + 1));
    /// }));
    /// counted.as_mut().await;
    /// assert_eq!(counted.take_value(), Some(Cell::new(1)));
    /// # });
    /// ```
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(_entered) = this.key.enter(this.value) else { scope_within_with(this.key.name) };
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("the future of a scope was polled after it was ready: await it once");
        };
        let polled = future.poll(cx);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled
    }
}

impl<T: 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture").field("key", &self.key.name).finish_non_exhaustive()
    }
}

/// The error of [`LocalKey::try_with`]: there is no value, as no scope of the key was entered.
///
/// ```
/// epore::task_local! {
///     static USER: String;
/// }
///
/// let error = USER.try_get().unwrap_err();
/// assert_eq!(error.to_string(), "the task-local `USER` has no value outside of its scopes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError {
    key: &'static str,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task-local `{}` has no value outside of its scopes", self.key)
    }
}

impl Error for AccessError {}
