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

type Callback = Rc<dyn Fn()>;

thread_local! {
    static CALLBACKS: RefCell<Vec<(On, Callback)>> = const { RefCell::new(Vec::new()) };
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
pub fn waker(on: On, callback: Callback) -> Waker {
    let index = CALLBACKS.with_borrow_mut(|callbacks| {
        callbacks.push((on, callback));
        callbacks.len() - 1
    });
    // SAFETY: the functions of the table take any data word, as none follows it as a pointer, and touch nothing but
    // what is local to the thread that calls them.
    unsafe { Waker::from_raw(RawWaker::new(ptr::without_provenance(index), &VTABLE)) }
}

fn call(on: On, data: *const ()) {
    let callback = CALLBACKS.with_borrow(|callbacks| match callbacks.get(data.addr()) {
        Some((wanted, callback)) if *wanted == on => Some(Rc::clone(callback)),
        _ => None,
    });
    if let Some(callback) = callback {
        callback();
    }
}
