//! A spawned future, its result and whoever waits for it, in one allocation.
//!
//! ```text
//!   TaskRef: the executor ──┐    ┌────────┬──────┬──────┬────────┬───────┬───────────┬───────────────────────────┐
//!                           ├──▶ │ vtable │ site │ link │ shares │ state │ cancelled │ the future, or its result │
//!   JoinRef: the handle ────┘    └────────┴──────┴──────┴────────┴───────┴───────────┴───────────────────────────┘
//!                                 all of it the same for any future                   behind the vtable
//! ```
//!
//! This is an `Rc` made by hand, whose pointers are thin, and whose `RefCell` and `enum` share a word with the rest of the
//! state: a task of a small future takes 48 bytes of the heap instead of 80, and one indirect call for a poll. What makes
//! it sound is said once, here:
//!
//! 1. The allocation lives as long as there is a share, and each `TaskRef` is one.
//! 2. `Content` tells what the place of future and result holds. Who changes one changes the other, with no user code between.
//! 3. The future is touched by whoever holds `Polled`, of which there is one at a time. It is dropped where it stands.
//! 4. Nobody keeps a reference to the result: it is moved in, and moved out.

use std::any::Any;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::{Abort, AbortHandle};
use super::annex::Annex;
use super::blocks::{self, Block};
use super::contain::contain;
use super::join_error::{Cancellation, JoinError};
use super::task_state::{Content, State};
use super::token::TaskToken;
use super::waker;

#[cfg(test)]
mod tests;

/// Makes a task, with a share for the executor and one for the handle.
#[inline]
pub(super) fn new<'a, F>(future: F, site: &'static Location<'static>) -> (TaskRef<'a>, JoinRef<'a, F::Output>)
where
    F: Future + 'a,
{
    let (link, shares, state) = (Cell::new(ptr::null()), Cell::new(2), Cell::new(State::NEW));
    let header = Header { vtable: &Task::<F>::VTABLE, site, link, shares, state, cancelled: Cell::new(None) };
    let place = UnsafeCell::new(Place { future: ManuallyDrop::new(future) });
    // Room is made first, so that all this is written there at once, and not to the stack and then moved.
    let task = blocks::allocate::<Task<F>>();
    // SAFETY: the block is room for just that, and nobody else's.
    unsafe { task.write(Task { header, place }) };
    let header = task.cast();
    let [executor, handle] = [(); 2].map(|()| TaskRef { header, future: PhantomData });
    (executor, JoinRef { task: handle, result: PhantomData })
}

/// A share of a task, as the executor has it. `'a` is what the future borrows.
pub(super) struct TaskRef<'a> {
    /// That of a `Task<F>`, and good for all of it.
    header: NonNull<Header>,
    future: PhantomData<&'a ()>,
}

impl TaskRef<'_> {
    /// Polls the future once, or drops it if the task was aborted. Ready means that the task has finished.
    ///
    /// A panic of the future, in its poll or its drop, passes through; [`fail`](TaskRef::fail) is to be called then.
    #[inline]
    pub(super) fn run(&self, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the vtable is that of the task, which this share keeps alive during the call.
        unsafe { (self.header().vtable.run)(self.header, cx) }
    }

    /// Finishes the task with a panic for its result, which takes the place of any other.
    pub(super) fn fail(&self, payload: Box<dyn Any + Send>) {
        // The future goes first. If that panics too, this is the second panic, and concerns nobody. Its payload is dropped when
        // the first is the result: that is foreign code, which may ask for it.
        let second = catch_unwind(AssertUnwindSafe(|| self.cancel(Cancellation::Aborted)));
        let error = JoinError::panic(self.header().site, payload);
        // SAFETY: as in `run`.
        unsafe { (self.header().vtable.fail)(self.header, error) }
        contain(|| drop(second));
    }

    /// Drops the future where it stands, and finishes the task as cancelled, unless it has finished.
    pub(super) fn cancel(&self, why: Cancellation) {
        let header = self.header();
        if !header.state.get().is_finished() {
            let why = if header.is_aborted() { Cancellation::Aborted } else { why };
            // SAFETY: as in `run`.
            unsafe { (header.vtable.cancel)(self.header, why) }
        }
    }

    /// Has the processor read the task ahead. Where timers are many, what each of them wakes is out of its caches.
    #[inline]
    pub(super) fn fetch(&self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: each such processor has the instruction. It is a hint, and changes nothing that a program could see.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(self.header.as_ptr().cast());
        }
    }

    /// Tells those who wait for the result, or ask for it from other threads.
    pub(super) fn notify(&self) {
        if let Some(token) = self.take_waiter() {
            waker::wake_token(token);
        }
    }

    /// Takes the name of the task that waits for the result, for the caller to wake. All others are told here, and their
    /// panics do not come out.
    #[inline]
    pub(super) fn take_waiter(&self) -> Option<TaskToken> {
        let header = self.header();
        if let Some(annex) = header.annex() {
            annex.finish();
            return None;
        }
        header.state.get().is_waited().then(|| header.waiting_token())
    }

    /// How many share the task.
    #[inline]
    pub(super) fn shares(&self) -> u32 {
        self.header().shares.get()
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: this share keeps the task alive, and of a header there are shared references alone.
        unsafe { self.header.as_ref() }
    }
}

impl Clone for TaskRef<'_> {
    #[inline]
    fn clone(&self) -> Self {
        let shares = &self.header().shares;
        // It cannot overflow: each share is a value of eight bytes somewhere, as none is ever forgotten.
        shares.set(shares.get() + 1);
        TaskRef { header: self.header, future: PhantomData }
    }
}

impl Drop for TaskRef<'_> {
    #[inline]
    fn drop(&mut self) {
        let Header { vtable, shares, .. } = self.header();
        shares.set(shares.get() - 1);
        if shares.get() == 0 {
            // SAFETY: the vtable is that of the task, and this was its last share.
            unsafe { (vtable.free)(self.header) }
        }
    }
}

/// A share of a task, as its handle has it: it can take the result, once.
pub(super) struct JoinRef<'a, T> {
    /// Of a future whose output is a `T`.
    task: TaskRef<'a>,
    result: PhantomData<fn() -> T>,
}

impl<T> JoinRef<'_, T> {
    #[inline]
    pub(super) fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let header = self.task.header();
        match header.state.get().content() {
            Content::Future => {
                header.wait(cx.waker());
                Poll::Pending
            }
            Content::Result => Poll::Ready(self.take()),
            Content::Nothing => Poll::Ready(Err(header.take_cancellation())),
        }
    }

    /// Takes the result, which must be there.
    #[inline]
    fn take(&self) -> Result<T, JoinError> {
        let header = self.task.header();
        header.state.set(header.state.get().emptied());
        // SAFETY: `new` tells of what type the result is. It was there, and is said to be gone.
        unsafe { result_of(self.task.header).read() }
    }

    #[inline]
    pub(super) fn is_finished(&self) -> bool {
        self.task.header().state.get().is_finished()
    }

    /// Gives a handle that aborts the task, which `task` wakes.
    pub(super) fn abort_handle(&self, task: Option<Waker>) -> AbortHandle {
        let annex = self.task.header().share_annex();
        annex.set_task(task);
        let annex: Arc<dyn Abort> = annex;
        AbortHandle::new(Arc::downgrade(&annex))
    }

    /// Has the waker woken when the result is there, which may be at once.
    pub(super) fn set_waiter(&self, waiter: Waker) {
        if self.is_finished() {
            waiter.wake();
        } else {
            self.task.header().wait(&waiter);
        }
    }
}

impl<T> Drop for JoinRef<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let header = self.task.header();
        let state = header.state.get();
        // Whoever waited for a task that has finished was told.
        if state.is_finished() {
            return;
        }
        match header.annex() {
            Some(annex) => annex.forget_waiter(),
            None => header.state.set(state.not_waited()),
        }
    }
}

#[cold]
fn polled_too_often() -> ! {
    panic!("a JoinHandle was polled after it had given its result: await it once")
}

/// What is known of a task without knowing its future.
struct Header {
    vtable: &'static Vtable,
    site: &'static Location<'static>,
    /// By the state: nothing, the token of the task that waits, or a share of the annex.
    link: Cell<*const ()>,
    shares: Cell<u32>,
    state: Cell<State>,
    /// Why the task was cancelled, until its handle asks. The error is made then, since most are never asked for.
    cancelled: Cell<Option<Cancellation>>,
}

const _: () = assert!(size_of::<Header>() == 32, "a task of an 8-byte future fits a block of 48 bytes");

/// The functions of a task whose future is of some type. They are given the header of such a task, which is alive.
struct Vtable {
    run: unsafe fn(NonNull<Header>, &mut Context<'_>) -> Poll<()>,
    cancel: unsafe fn(NonNull<Header>, Cancellation),
    fail: unsafe fn(NonNull<Header>, JoinError),
    free: unsafe fn(NonNull<Header>),
    /// How far behind the header future and result are.
    place: usize,
}

impl Header {
    #[inline]
    fn wait(&self, waker: &Waker) {
        let state = self.state.get();
        match waker::token_of(waker) {
            Some(token) if !state.is_annexed() => {
                self.link.set(ptr::without_provenance(token.to_bits() as usize));
                self.state.set(state.waited());
            }
            _ => self.wait_annexed(waker),
        }
    }

    #[cold]
    fn wait_annexed(&self, waker: &Waker) {
        self.share_annex().wait(waker);
    }

    /// The token in the link, if the state says that there is one.
    fn waiting_token(&self) -> TaskToken {
        TaskToken::from_bits(self.link.get().addr() as u64)
    }

    #[inline]
    fn annex(&self) -> Option<&Annex> {
        // SAFETY: the state says that the link is a share of the annex. It is given back by the task's drop alone, which
        // cannot come while this reference to its header is in use.
        self.state.get().is_annexed().then(|| unsafe { &*self.link.get().cast() })
    }

    /// Makes the annex if there is none.
    #[cold]
    fn share_annex(&self) -> Arc<Annex> {
        let state = self.state.get();
        if !state.is_annexed() {
            let waiter = state.is_waited().then(|| waker::for_token(self.waiting_token()));
            let annex = Annex::new(waiter.map(ManuallyDrop::into_inner), state.is_finished());
            self.link.set(Arc::into_raw(annex).cast());
            self.state.set(state.annexed());
        }
        // SAFETY: the link is a share of the annex, as in `annex`. It stays one, since it is cloned and not dropped.
        let annex = ManuallyDrop::new(unsafe { Arc::from_raw(self.link.get().cast::<Annex>()) });
        Arc::clone(&annex)
    }

    /// Gives back the share of the annex that the link is.
    #[cold]
    fn release_annex(&mut self) {
        self.state.set(self.state.get().not_annexed());
        // SAFETY: the link was a share of the annex, as in `annex`. There is no reference to the header but this one, and the
        // state says now that it is none.
        let annex = unsafe { Arc::from_raw(self.link.get().cast::<Annex>()) };
        contain(|| drop(annex));
    }

    #[cold]
    fn take_cancellation(&self) -> JoinError {
        match self.cancelled.take() {
            Some(why) => JoinError::cancelled(self.site, why),
            None => polled_too_often(),
        }
    }

    #[inline]
    fn is_aborted(&self) -> bool {
        self.annex().is_some_and(Annex::is_aborted)
    }
}

/// A header with what is behind it. The order of the fields is fixed, so that a pointer to one is a pointer to the other.
#[repr(C)]
struct Task<F: Future> {
    header: Header,
    place: UnsafeCell<Place<F>>,
}

/// Room for the future or its result. Both begin where the place begins.
#[repr(C)]
union Place<F: Future> {
    future: ManuallyDrop<F>,
    result: ManuallyDrop<Result<F::Output, JoinError>>,
}

impl<F: Future> Task<F> {
    const VTABLE: Vtable = Vtable {
        run: run::<F>,
        cancel: cancel::<F>,
        fail: fail::<F::Output>,
        free: free::<F>,
        place: offset_of!(Task<F>, place),
    };

    /// Takes the right to the future. None if there is no future any more.
    #[inline]
    fn begin(&self) -> Option<Polled<'_, F>> {
        let state = self.header.state.get();
        if !state.is_at_rest() {
            assert!(state.is_finished(), "a task cannot be polled, or cancelled, within its own poll");
            return None;
        }
        self.header.state.set(state.polled());
        Some(Polled { task: self })
    }
}

/// The right to a future that has not finished, until it is dropped.
struct Polled<'a, F: Future> {
    task: &'a Task<F>,
}

impl<F: Future> Polled<'_, F> {
    #[inline]
    fn future(&mut self) -> Pin<&mut F> {
        // SAFETY: the future is there, and nobody else touches it. It never moves: it was moved into the task before the
        // first poll, the task stays where it was allocated, and `end` and `free` drop the future in place.
        unsafe { Pin::new_unchecked(&mut (*self.task.place.get()).future) }
    }

    /// Drops the future, and puts the result in its place. A panic of that drop passes through with the result in place.
    #[inline]
    fn finish(self, result: Result<F::Output, JoinError>) {
        let Task { header, place } = self.task;
        let result = ManuallyDrop::new(result);
        self.end(|| {
            // SAFETY: the result is moved from here once, to a place that is empty, and which nobody else touches.
            unsafe { ptr::copy_nonoverlapping(&raw const result, &raw mut (*place.get()).result, 1) }
            header.state.set(header.state.get().finished());
        });
    }

    /// Drops the future, and leaves its place empty. A panic of that drop passes through with the task cancelled.
    fn cancel(self, why: Cancellation) {
        let header = &self.task.header;
        self.end(|| {
            header.cancelled.set(Some(why));
            header.state.set(header.state.get().finished().emptied());
        });
    }

    /// Drops the future, and calls `settle` even if that panics: it fills the place, or says that it is empty.
    #[inline]
    fn end(self, settle: impl Fn()) {
        let _whatever_happens = Finally(settle);
        // SAFETY: the future is there, and nobody else touches it. Whatever happens, it is said next to be gone.
        unsafe { ManuallyDrop::drop(&mut (*self.task.place.get()).future) }
    }
}

impl<F: Future> Drop for Polled<'_, F> {
    #[inline]
    fn drop(&mut self) {
        let state = &self.task.header.state;
        state.set(state.get().not_polled());
    }
}

/// Calls the function when it is dropped.
struct Finally<F: Fn()>(F);

impl<F: Fn()> Drop for Finally<F> {
    #[inline]
    fn drop(&mut self) {
        (self.0)();
    }
}

/// See [`TaskRef::run`].
unsafe fn run<F: Future>(task: NonNull<Header>, cx: &mut Context<'_>) -> Poll<()> {
    // SAFETY: the caller has a share of this task, and says that its future is an `F`.
    let task = unsafe { task.cast::<Task<F>>().as_ref() };
    let Some(mut polled) = task.begin() else { return Poll::Ready(()) };
    if task.header.is_aborted() {
        polled.cancel(Cancellation::Aborted);
        return Poll::Ready(());
    }
    polled.future().poll(cx).map(|output| polled.finish(Ok(output)))
}

/// See [`TaskRef::cancel`].
unsafe fn cancel<F: Future>(task: NonNull<Header>, why: Cancellation) {
    // SAFETY: as in `run`.
    let task = unsafe { task.cast::<Task<F>>().as_ref() };
    if let Some(polled) = task.begin() {
        polled.cancel(why);
    }
}

/// Makes an error the result of a task that has finished, if nobody was given another.
unsafe fn fail<T>(task: NonNull<Header>, error: JoinError) {
    // SAFETY: the caller has a share of this task, and says that its future gives a `T`.
    let (header, place) = unsafe { (task.as_ref(), result_of::<T>(task)) };
    if header.cancelled.take().is_some() {
        // SAFETY: the place of a task that was cancelled is empty, and nobody keeps a reference to it.
        unsafe { place.write(Err(error)) }
        header.state.set(header.state.get().filled());
    } else if let Content::Result = header.state.get().content() {
        // SAFETY: there is a result, and nobody keeps a reference to it. The former one is dropped when it is moved out.
        drop(unsafe { place.replace(Err(error)) });
    }
}

/// Where the result of a task is, when it has one.
///
/// # Safety
///
/// The caller has a share of the task, whose future gives a `T`.
#[inline]
unsafe fn result_of<T>(task: NonNull<Header>) -> NonNull<Result<T, JoinError>> {
    // SAFETY: the task is alive, and its vtable tells how far behind the header the place is.
    unsafe { task.byte_add(task.as_ref().vtable.place).cast() }
}

unsafe fn free<F: Future>(task: NonNull<Header>) {
    // SAFETY: `new` wrote the task to this block, and the caller had its last share. It is freed at the end, or by a panic.
    let mut block = unsafe { Block::from_raw(task.cast::<Task<F>>()) };
    let task = block.content();
    if task.header.state.get().is_annexed() {
        task.header.release_annex();
    }
    let place = task.place.get_mut();
    match task.header.state.get().content() {
        // SAFETY: the future is there, and nobody looks at it after this.
        Content::Future => unsafe { ManuallyDrop::drop(&mut place.future) },
        // SAFETY: the result is there, and nobody looks at it after this.
        Content::Result => unsafe { ManuallyDrop::drop(&mut place.result) },
        Content::Nothing => {}
    }
}
