//! Wakers that are none of a runtime's own: one of their functions calls back into the test.

use std::cell::RefCell;
use std::ptr;
use std::rc::Rc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// The function of the waker that calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Clone,
    Wake,
    Drop,
}

type Callback = Rc<dyn Fn(On)>;

thread_local! {
    static CALLBACKS: RefCell<Vec<Callback>> = const { RefCell::new(Vec::new()) };
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |data| {
        call(On::Clone, data);
        RawWaker::new(data, &VTABLE)
    },
    |data| {
        call(On::Wake, data);
        call(On::Drop, data);
    },
    |data| call(On::Wake, data),
    |data| call(On::Drop, data),
);

/// A waker that calls `callback` each time it is cloned, woken or dropped. It works on this thread alone.
pub fn waker(on: On, callback: Rc<dyn Fn()>) -> Waker {
    waker_of_all(Rc::new(move |called| {
        if called == on {
            callback();
        }
    }))
}

/// As [`waker`], with a callback that is told which it was.
pub fn waker_of_all(callback: Callback) -> Waker {
    let index = CALLBACKS.with_borrow_mut(|callbacks| {
        callbacks.push(callback);
        callbacks.len() - 1
    });
    // SAFETY: the functions of the table take any data word, as none follows it as a pointer, and touch nothing but
    // what is local to the thread that calls them.
    unsafe { Waker::from_raw(RawWaker::new(ptr::without_provenance(index), &VTABLE)) }
}

fn call(on: On, data: *const ()) {
    let callback = CALLBACKS.with_borrow(|callbacks| callbacks.get(data.addr()).cloned());
    if let Some(callback) = callback {
        callback(on);
    }
}
