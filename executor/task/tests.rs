//! Who goes first: the executor, the handle or the waiter, in each state of a task. Nothing here needs a reactor, so all of it
//! runs under Miri.

#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use super::{Cancellation, JoinError, JoinRef, Task, TaskRef};
use crate::executor::runtime_id::RuntimeId;
use crate::executor::token::{Stamp, TaskToken};
use crate::executor::waker;

/// What has become of a future and its output.
#[derive(Debug, Default, PartialEq)]
struct Log {
    polls: Cell<u32>,
    futures_dropped: Cell<u32>,
    outputs_dropped: Cell<u32>,
}

/// Is ready at its second poll.
struct Work<'a> {
    log: &'a Log,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Poll,
    FutureDrop,
    OutputDrop,
}

const FAULTS: [Fault; 4] = [Fault::None, Fault::Poll, Fault::FutureDrop, Fault::OutputDrop];

struct Output<'a> {
    log: &'a Log,
    fault: Fault,
    content: String,
}

impl<'a> Future for Work<'a> {
    type Output = Output<'a>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Output<'a>> {
        let Work { log, fault } = *self;
        count(&log.polls);
        if log.polls.get() == 1 {
            return Poll::Pending;
        }
        assert!(fault != Fault::Poll, "the poll panics");
        Poll::Ready(Output { log, fault, content: "content".to_owned() })
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        count(&self.log.futures_dropped);
        assert!(self.fault != Fault::FutureDrop, "the drop of the future panics");
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        count(&self.log.outputs_dropped);
        assert!(self.fault != Fault::OutputDrop, "the drop of the output panics");
    }
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get() + 1);
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn new<'a, F: Future + 'a>(future: F) -> (TaskRef<'a>, JoinRef<'a, F::Output>) {
    super::new(future, Location::caller())
}

/// Does with a task what the executor does at its turn, and says whether it was the last one.
fn turn(task: &TaskRef<'_>) -> bool {
    match catch_unwind(AssertUnwindSafe(|| task.run(&mut Context::from_waker(Waker::noop())))) {
        Ok(Poll::Pending) => return false,
        Ok(Poll::Ready(())) => {}
        Err(payload) => quietly(|| task.fail(payload)),
    }
    task.notify();
    true
}

fn quietly(f: impl FnOnce()) {
    let _panic = catch_unwind(AssertUnwindSafe(f));
}

fn join<T>(handle: &JoinRef<'_, T>, waker: &Waker) -> Poll<Result<T, JoinError>> {
    handle.poll_join(&mut Context::from_waker(waker))
}

/// When the handle, or the executor's share, is dropped: before that turn of the task.
const TURNS: usize = 4;

#[test]
fn whoever_goes_first_future_and_output_are_dropped_once() {
    for fault in FAULTS {
        for (handle_goes, executor_goes) in (0..TURNS).flat_map(|a| (0..TURNS).map(move |b| (a, b))) {
            let log = Log::default();
            let (task, handle) = new(Work { log: &log, fault });
            let (mut task, mut handle) = (Some(task), Some(handle));
            for number in 0..TURNS {
                if number == handle_goes {
                    quietly(|| handle = None);
                }
                if let Some(task) = task.take_if(|_| number == executor_goes) {
                    quietly(|| task.cancel(Cancellation::RuntimeDropped));
                    task.notify();
                    quietly(|| drop(task));
                }
                if task.as_ref().is_some_and(turn) {
                    quietly(|| task = None);
                }
            }
            quietly(|| drop(handle));
            quietly(|| drop(task));
            let finished = log.polls.get() == 2 && fault != Fault::Poll;
            assert_eq!(log.futures_dropped.get(), 1, "{fault:?} {handle_goes} {executor_goes}");
            assert_eq!(log.outputs_dropped.get(), u32::from(finished), "{fault:?} {handle_goes} {executor_goes}");
        }
    }
}

#[test]
fn the_handle_gives_what_the_task_came_to() {
    for fault in FAULTS {
        let log = Log::default();
        let (task, handle) = new(Work { log: &log, fault });
        assert!(!turn(&task) && !handle.is_finished());
        assert!(turn(&task) && handle.is_finished());
        assert!(turn(&task), "a task that has finished is not polled");
        let Poll::Ready(result) = join(&handle, Waker::noop()) else { panic!("the result is not there") };
        match (fault, result) {
            (Fault::Poll | Fault::FutureDrop, Err(error)) => assert!(error.is_panic()),
            (Fault::None | Fault::OutputDrop, Ok(output)) => {
                assert_eq!(output.content, "content");
                quietly(|| drop(output));
            }
            (fault, _) => panic!("{fault:?} had no effect"),
        }
        assert!(handle.is_finished());
        assert!(catch_unwind(AssertUnwindSafe(|| join(&handle, Waker::noop()).is_ready())).is_err());
        assert_eq!((log.polls.get(), log.futures_dropped.get()), (2, 1));
    }
}

#[test]
fn a_task_that_is_cancelled_in_any_state_has_one_result() {
    for turns in 0..4 {
        let log = Log::default();
        let (task, handle) = new(Work { log: &log, fault: Fault::None });
        for _ in 0..turns {
            turn(&task);
        }
        let taken = turns == 3 && join(&handle, Waker::noop()).is_ready();
        task.cancel(Cancellation::RuntimeDropped);
        task.cancel(Cancellation::RuntimeDropped);
        task.notify();
        drop(task);
        assert_eq!(log.futures_dropped.get(), 1);
        if !taken {
            let Poll::Ready(result) = join(&handle, Waker::noop()) else { panic!("the result is not there") };
            assert_eq!(result.is_err_and(|error| error.is_cancelled()), turns < 2);
        }
        drop(handle);
        assert_eq!(log.outputs_dropped.get(), u32::from(turns >= 2));
    }
}

#[test]
fn a_panic_takes_the_place_of_any_former_result() {
    for turns in 0..3 {
        let log = Log::default();
        let (task, handle) = new(Work { log: &log, fault: Fault::OutputDrop });
        for _ in 0..turns {
            turn(&task);
        }
        quietly(|| task.fail(Box::new("first")));
        task.fail(Box::new("second"));
        let Poll::Ready(Err(error)) = join(&handle, Waker::noop()) else { panic!("the result is no error") };
        assert_eq!(error.into_panic().downcast_ref(), Some(&"second"));
        task.fail(Box::new("after the result was taken"));
        assert_eq!((log.futures_dropped.get(), log.outputs_dropped.get()), (1, u32::from(turns == 2)));
    }
}

#[test]
fn a_panic_takes_the_place_of_a_cancellation() {
    for joined in [false, true] {
        let log = Log::default();
        let (task, handle) = new(Work { log: &log, fault: Fault::FutureDrop });
        quietly(|| task.cancel(Cancellation::RuntimeDropped));
        assert!(handle.is_finished());
        if joined {
            assert!(matches!(join(&handle, Waker::noop()), Poll::Ready(Err(error)) if error.is_cancelled()));
        }
        task.fail(Box::new("the drop of the future panics"));
        let result = catch_unwind(AssertUnwindSafe(|| join(&handle, Waker::noop())));
        assert_eq!(result.is_err(), joined, "the result is given once");
        assert!(result.is_err() || matches!(result, Ok(Poll::Ready(Err(error))) if error.is_panic()));
        assert!(catch_unwind(AssertUnwindSafe(|| join(&handle, Waker::noop()))).is_err());
        assert_eq!(log.futures_dropped.get(), 1);
    }
}

fn token() -> TaskToken {
    TaskToken::new(Stamp::first(RuntimeId::new(1, 4000)), 7)
}

#[test]
fn a_token_that_waits_is_handed_out_and_forgotten_with_its_handle() {
    let log = Log::default();
    let (task, handle) = new(Work { log: &log, fault: Fault::None });
    assert_eq!(task.take_waiter(), None);
    assert!(join(&handle, &waker::for_token(token())).is_pending());
    assert_eq!(task.take_waiter(), Some(token()));
    drop(handle);
    assert_eq!(task.take_waiter(), None);
}

/// Token, foreign wakers and abort handles share one word of the task, so each may follow each.
#[test]
fn the_last_waiter_is_woken_once_and_no_other() {
    #[derive(Clone, Copy)]
    enum Comer {
        Token,
        Foreign(usize),
        Aborter,
    }
    const COMERS: [Comer; 4] = [Comer::Token, Comer::Foreign(0), Comer::Foreign(1), Comer::Aborter];
    for comers in COMERS.into_iter().flat_map(|a| COMERS.map(|b| [a, b, b])) {
        for handle_stays in [true, false] {
            let log = Log::default();
            let wakes = [(); 2].map(|()| Arc::new(Wakes::default()));
            let (task, handle) = new(Work { log: &log, fault: Fault::None });
            let (mut handle, mut aborters, mut last) = (Some(handle), Vec::new(), None);
            for (comer, handle) in comers.iter().zip([&handle; 3].into_iter().flatten()) {
                match comer {
                    Comer::Token => assert!(join(handle, &waker::for_token(token())).is_pending()),
                    Comer::Foreign(n) => assert!(join(handle, &Waker::from(wakes[*n].clone())).is_pending()),
                    Comer::Aborter => aborters.push(handle.abort_handle(None)),
                }
                last = match comer {
                    Comer::Token => None,
                    Comer::Foreign(n) => Some(*n),
                    Comer::Aborter => last,
                };
            }
            handle.take_if(|_| !handle_stays);
            assert!(!turn(&task) && aborters.iter().all(|aborter| !aborter.is_finished()));
            assert!(turn(&task) && aborters.iter().all(|aborter| aborter.is_finished()));
            for (n, wakes) in wakes.iter().enumerate() {
                assert_eq!(wakes.0.load(Relaxed), usize::from(handle_stays && last == Some(n)));
            }
            drop((task, handle));
            assert!(wakes.iter().all(|wakes| Arc::strong_count(wakes) == 1), "a waker is left");
            aborters.iter().for_each(|aborter| aborter.abort());
        }
    }
}

#[test]
fn an_abort_drops_the_future_at_the_next_turn() {
    let log = Log::default();
    let (task, handle) = new(Work { log: &log, fault: Fault::None });
    let wakes = Arc::new(Wakes::default());
    let aborter = handle.abort_handle(Some(Waker::from(wakes.clone())));
    assert!(!turn(&task));
    aborter.abort();
    assert_eq!((wakes.0.load(Relaxed), log.futures_dropped.get()), (1, 0));
    assert!(turn(&task) && aborter.is_finished());
    assert_eq!((log.polls.get(), log.futures_dropped.get()), (1, 1));
    assert!(matches!(join(&handle, Waker::noop()), Poll::Ready(Err(error)) if error.is_cancelled()));
}

/// What a future does with its own task, in its poll and again in its drop.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Drop,
    Join,
    Abort,
    Run,
    Cancel,
}

type Own = Rc<RefCell<Option<(TaskRef<'static>, JoinRef<'static, ()>)>>>;

struct SelfCentred {
    own: Own,
    deed: Deed,
}

impl SelfCentred {
    fn act(&self) {
        if self.deed == Deed::Drop {
            drop(self.own.take());
        }
        let own = self.own.borrow();
        let Some((task, handle)) = &*own else { return };
        match self.deed {
            Deed::Drop => {}
            Deed::Join => assert!(join(handle, Waker::noop()).is_pending() && !handle.is_finished()),
            Deed::Abort => handle.abort_handle(None).abort(),
            Deed::Run => assert!(task.run(&mut Context::from_waker(Waker::noop())).is_ready()),
            Deed::Cancel => task.cancel(Cancellation::RuntimeDropped),
        }
    }
}

impl Future for SelfCentred {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.act();
        Poll::Ready(())
    }
}

impl Drop for SelfCentred {
    fn drop(&mut self) {
        self.act();
    }
}

#[test]
fn a_future_may_do_with_its_own_task_whatever_it_can() {
    for deed in [Deed::Drop, Deed::Join, Deed::Abort, Deed::Run, Deed::Cancel] {
        let own = Own::default();
        let (task, handle) = new(SelfCentred { own: own.clone(), deed });
        *own.borrow_mut() = Some((task.clone(), handle));
        assert!(turn(&task));
        let Some((_, handle)) = own.take() else {
            assert_eq!(deed, Deed::Drop);
            continue;
        };
        let Poll::Ready(result) = join(&handle, Waker::noop()) else { panic!("the result is not there") };
        // To be polled or cancelled within a poll is a panic, which becomes the result.
        assert_eq!(result.is_err_and(|error| error.is_panic()), matches!(deed, Deed::Run | Deed::Cancel), "{deed:?}");
    }
}

#[repr(align(256))]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Aligned(u8);

/// Polls and joins a task whose future holds `content` across a poll, and gives `output`.
fn carry<C: Copy + PartialEq, T: Copy>(content: C, output: T) -> T {
    let mut waited = false;
    let future = async move {
        let here = &content;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
        assert!(*here == content && (&raw const *here).is_aligned());
        output
    };
    let (task, handle) = new(future);
    assert!(!turn(&task) && turn(&task));
    drop(task);
    let Poll::Ready(Ok(result)) = join(&handle, Waker::noop()) else { panic!("the result is not there") };
    result
}

#[test]
fn futures_and_outputs_have_any_size_and_alignment() {
    assert_eq!(carry((), 1_u8), 1);
    carry(Aligned(1), ());
    assert_eq!(carry(1_u8, Aligned(2)), Aligned(2));
    assert_eq!(carry(Aligned(3), Aligned(4)), Aligned(4));
    assert_eq!(carry(1_u8, [5_u8; 1 << 16]), [5; 1 << 16]);
    assert_eq!(carry([6_u8; 1 << 16], 7_u8), 7);

    let (task, handle) = new(std::future::ready(()));
    assert!(turn(&task));
    assert!(matches!(join(&handle, Waker::noop()), Poll::Ready(Ok(()))));
}

#[test]
fn a_small_task_fits_a_block_of_48_bytes_with_the_allocators_own_word() {
    assert_eq!(size_of::<Task<std::future::Pending<()>>>(), 40);
    assert_eq!(size_of::<Option<TaskRef<'_>>>(), 8);
}
