//! Safe code that tries to reach, by way of a scope, what is gone or in use. What must not even compile stands in the
//! docs of `executor/nursery.rs`.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use epore::{AbortHandle, Scope, ScopeFuture, scope, yield_now};
use support::OnDrop;
use support::polls::{poll_once, run, turns};

/// Polls without anybody to wake.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Hands its waker out, and never ends.
fn leave_waker(place: &RefCell<Vec<Waker>>) -> impl Future<Output = ()> {
    poll_fn(|cx| {
        place.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    })
}

#[test]
fn a_scope_that_was_kept_refuses_to_spawn_after_its_end() {
    run(async {
        let (word, dropped) = ("word".to_owned(), Cell::new(false));
        let kept = scope(async |scope| scope).await;
        assert_eq!(format!("{kept:?}"), "Scope { ended: true }");
        let noted = OnDrop(|| dropped.set(true));
        let late = kept.spawn(async {
            drop(noted);
            word.len()
        });
        assert!(late.is_finished() && dropped.get());
        assert!(late.abort_handle().is_finished());
        assert!(late.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_scope_that_leaves_by_what_it_borrows_is_harmless() {
    run(async {
        let word = "word".to_owned();
        let place = Cell::new(None);
        let mut work = Box::pin(scope(async |scope: Scope<'_>| {
            scope.spawn(async { word.len() });
            place.set(Some(scope));
            pending::<()>().await;
        }));
        assert!(poll_once(work.as_mut()).await.is_pending());
        let kept = place.take().unwrap();
        assert_eq!(format!("{kept:?} {work:?}"), "Scope { ended: false } ScopeFuture { ended: false }");
        let accepted = kept.spawn(async { word.len() });
        drop(work);
        assert!(accepted.await.unwrap_err().is_cancelled());
        assert!(kept.spawn(async { word.len() }).await.unwrap_err().is_cancelled());
    });
}

#[test]
fn whoever_awaits_a_task_is_told_when_its_scope_is_dropped() {
    run(async {
        let place = Rc::new(Cell::new(None));
        let inside = place.clone();
        let mut work = Box::pin(scope(async move |scope| {
            inside.set(Some(scope.spawn(pending::<()>())));
        }));
        assert!(poll_once(work.as_mut()).await.is_pending());
        let waits = epore::spawn(place.take().unwrap());
        turns(2).await;
        assert!(!waits.is_finished());
        drop(work);
        assert!(waits.await.unwrap().unwrap_err().is_cancelled());
    });
}

#[test]
fn a_task_that_is_spawned_from_outside_wakes_the_scope() {
    run(async {
        let place = Rc::new(Cell::new(None));
        let inside = place.clone();
        let outside = epore::spawn(async move {
            yield_now().await;
            let kept: Scope<'static> = inside.take().unwrap();
            kept.spawn(async { 42 }).await.unwrap()
        });
        let work = scope(async move |scope| {
            place.set(Some(scope.clone()));
            scope.spawn(async move { outside.await.unwrap() }).await.unwrap()
        });
        assert_eq!(work.await, 42);
    });
}

/// Forgets a scope that is half done, and hands out all that can be kept of it without borrowing.
fn forgotten<'env>(word: &'env str, dropped: &'env Cell<bool>) -> (Vec<Waker>, AbortHandle) {
    let (wakers, handle) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(None)));
    let (for_task, for_handle) = (wakers.clone(), handle.clone());
    let mut work = Box::pin(scope(async move |scope| {
        let seen = OnDrop(move || dropped.set(word == "word"));
        let task = scope.spawn(async move {
            leave_waker(&for_task).await;
            drop(seen);
        });
        for_handle.set(Some(task.abort_handle()));
        scope.spawn(async move { word.len() });
        task.await.unwrap();
    }));
    for _ in 0..2 {
        assert!(poll(work.as_mut()).is_pending());
    }
    mem::forget(work);
    (wakers.take(), handle.take().unwrap())
}

#[test]
fn a_scope_that_is_forgotten_half_done_is_merely_a_leak() {
    let dropped = Cell::new(false);
    let word = "word".to_owned();
    let (wakers, handle) = forgotten(&word, &dropped);
    drop(word);
    assert_eq!(wakers.len(), 1);
    handle.abort();
    wakers.iter().for_each(Waker::wake_by_ref);
    let thread = thread::spawn(move || {
        wakers.into_iter().for_each(Waker::wake);
        handle.abort();
    });
    thread.join().unwrap();
    assert!(!dropped.get());
}

#[test]
fn wakers_and_abort_handles_outlive_the_scope_on_any_thread() {
    thread::scope(|threads| {
        let (send, receive) = mpsc::channel::<(Vec<Waker>, AbortHandle)>();
        threads.spawn(move || {
            for (wakers, handle) in receive {
                wakers.into_iter().for_each(Waker::wake);
                handle.abort();
            }
        });
        for round in 0..500 {
            let data = Box::new(Cell::new(0));
            let (wakers, handle) = (&RefCell::new(Vec::new()), &Cell::new(None));
            let mut work = Box::pin(scope(async |scope| {
                for _ in 0..8 {
                    let data = &data;
                    let task = scope.spawn(poll_fn(move |cx| {
                        data.set(data.get() + 1);
                        wakers.borrow_mut().extend([cx.waker().clone(), cx.waker().clone()]);
                        Poll::<()>::Pending
                    }));
                    handle.set(Some(task.abort_handle()));
                }
            }));
            run(async {
                assert!(poll_once(work.as_mut()).await.is_pending());
                assert!(poll_once(work.as_mut()).await.is_pending());
                send.send((wakers.take(), handle.take().unwrap())).unwrap();
                for _ in 0..round % 20 {
                    assert!(poll_once(work.as_mut()).await.is_pending());
                }
            });
            drop(work);
            drop(data);
        }
        drop(send);
    });
}

#[test]
fn a_scope_may_be_moved_and_swapped_while_its_tasks_stay_where_they_are() {
    let numbers = [1, 2];
    let make = |number: usize| {
        let numbers = &numbers;
        scope(async move |scope| {
            let task = scope.spawn(async move {
                let own = [number; 100];
                let borrowed = &own;
                let place = &raw const own;
                for _ in 0..5 {
                    yield_now().await;
                    assert_eq!((borrowed[99], &raw const own), (number, place));
                }
                numbers[number] + borrowed[0]
            });
            task.await.unwrap()
        })
    };
    let (mut first, mut second) = (make(0), make(1));
    for _ in 0..3 {
        assert!(poll(Pin::new(&mut first)).is_pending());
        mem::swap(&mut first, &mut second);
    }
    let mut boxed = Box::new(first);
    assert!(poll(Pin::new(&mut *boxed)).is_pending());
    let moved = *boxed;
    assert_eq!(run(async { (second.await, moved.await) }), (1, 3));
}

type Place = Rc<RefCell<Option<ScopeFuture<'static, ()>>>>;

#[test]
fn a_task_can_neither_poll_nor_drop_the_scope_that_polls_it() {
    let place = Place::default();
    let (inner, tried) = (place.clone(), Rc::new(Cell::new(0)));
    let counter = tried.clone();
    let work = scope(async move |scope| {
        scope.spawn(async move {
            assert!(inner.try_borrow_mut().is_err());
            counter.set(counter.get() + 1);
        });
    });
    place.replace(Some(work));
    for _ in 0..2 {
        let _done = poll(Pin::new(place.borrow_mut().as_mut().unwrap()));
    }
    assert_eq!(tried.get(), 1);
}

#[test]
fn the_drops_of_tasks_find_the_place_of_their_scope_empty() {
    let (place, dropped) = (Place::default(), Rc::new(Cell::new(0)));
    let (inner, counter) = (place.clone(), dropped.clone());
    let mut work = scope(async move |scope| {
        for _ in 0..3 {
            let (inner, counter) = (inner.clone(), counter.clone());
            let owner = OnDrop(move || {
                counter.set(counter.get() + 1);
                // The scope whose drop this is has been taken out already.
                assert!(inner.try_borrow_mut().is_ok_and(|mut place| place.take().is_none()));
            });
            scope.spawn(async move {
                let _owner = owner;
                pending::<()>().await;
            });
        }
    });
    assert!(poll(Pin::new(&mut work)).is_pending());
    place.replace(Some(work));
    drop(place.take());
    assert_eq!(dropped.get(), 3);
}

/// The scope is dropped by the waker that one of its own handles wakes, in the midst of `spawn`.
#[test]
fn a_waker_may_drop_the_scope_that_wakes_it() {
    let (place, kept) = (Place::default(), Rc::new(Cell::new(None)));
    let inside = kept.clone();
    let mut work = scope(async move |scope| {
        inside.set(Some(scope));
        pending::<()>().await;
    });
    let inner = place.clone();
    let waker = foreign::waker(foreign::On::Wake, Rc::new(move || drop(inner.take())));
    assert!(Pin::new(&mut work).poll(&mut Context::from_waker(&waker)).is_pending());
    place.replace(Some(work));
    let kept: Scope<'static> = kept.take().unwrap();
    let task = kept.spawn(async { unreachable!("its scope is gone") });
    assert!(place.borrow().is_none() && task.is_finished());
    let result = run(task);
    assert!(result.map(|(): ()| ()).unwrap_err().is_cancelled());
}

/// R12: each function of a waker may use the scope that calls it.
#[test]
fn wakers_may_spawn_into_the_scope() {
    for on in [foreign::On::Clone, foreign::On::Wake, foreign::On::Drop] {
        let (kept, spawned) = (Rc::new(RefCell::new(None::<Scope<'static>>)), Rc::new(Cell::new(0)));
        let (inside, inner, counter) = (kept.clone(), kept.clone(), spawned.clone());
        let mut work = scope(async move |scope| {
            inside.replace(Some(scope));
            for _ in 0..3 {
                yield_now().await;
            }
        });
        let act = Rc::new(move || {
            let scope = inner.borrow().clone();
            if let Some(scope) = scope {
                // More would wake, and so spawn, without end.
                inner.take();
                let counter = counter.clone();
                scope.spawn(async move { counter.set(counter.get() + 1) });
            }
        });
        let waker = foreign::waker(on, act);
        let mut cx = Context::from_waker(&waker);
        let mut polls = 0;
        while Pin::new(&mut work).poll(&mut cx).is_pending() {
            polls += 1;
            assert!(polls < 20, "{on:?}");
            drop(waker.clone());
        }
        assert_eq!(spawned.get(), 1, "{on:?}");
    }
}

/// R16: a waiter whose drop panics ends nothing.
#[test]
fn a_waker_that_panics_as_the_scope_is_dropped_is_contained() {
    let mut work = Box::pin(scope(async |_| pending::<()>().await));
    let panics = Rc::new(Cell::new(false));
    let armed = panics.clone();
    let act = Rc::new(move || {
        if armed.take() {
            resume_unwind(Box::new("in a waker"));
        }
    });
    let waker = foreign::waker(foreign::On::Drop, act);
    assert!(poll(work.as_mut()).is_pending());
    assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    panics.set(true);
    drop(work);
    assert!(!panics.get());
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        resume_unwind(Box::new("in the drop of a payload"));
    }
}

#[test]
fn payloads_and_outputs_that_panic_when_they_are_dropped_end_nothing_else() {
    let work = scope(async |scope| {
        scope.spawn(async { resume_unwind(Box::new("the first")) });
        scope.spawn(async { resume_unwind(Box::new(PanicsOnDrop)) });
        scope.spawn(async { PanicsOnDrop });
        PanicsOnDrop
    });
    let payload = catch_unwind(AssertUnwindSafe(|| mem::forget(run(work)))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"the first"));
}

/// Handles that hold each other's tasks make no circle that lasts.
#[test]
fn tasks_that_hold_each_others_handles_are_dropped_with_the_scope() {
    let dropped = Cell::new(0);
    let mut work = pin!(Some(scope(async |scope: Scope<'_>| {
        let places = [Rc::new(Cell::new(None)), Rc::new(Cell::new(None))];
        for (own, other) in [(0, 1), (1, 0)] {
            let (other, noted) = (places[other].clone(), OnDrop(|| dropped.set(dropped.get() + 1)));
            let task = scope.spawn(async move {
                let (other, _noted): (epore::ScopedJoinHandle<'_, ()>, _) = (other.take().unwrap(), noted);
                other.await.unwrap();
            });
            places[own].set(Some(task));
        }
    })));
    for _ in 0..3 {
        assert!(poll(work.as_mut().as_pin_mut().unwrap()).is_pending());
    }
    work.set(None);
    assert_eq!(dropped.get(), 2);
}
