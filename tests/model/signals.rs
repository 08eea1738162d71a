use std::mem;

use futures::FutureExt;
use loom::thread;

use super::bell::Listener;
use super::slot::{self, Slot};
use crate::model::explore;

/// The signal of the models, the one there is.
#[derive(Clone, Copy)]
pub(super) struct SignalKind;

impl SignalKind {
    pub(super) fn as_raw_value(self) -> i32 {
        0
    }
}

pub(super) mod kind {
    pub(in super::super) const NUMBERS: usize = 1;
}

pub(super) mod shutdown {
    pub(in super::super) fn consider(_: libc::c_int) {}
}

pub(super) mod sys {
    use std::os::fd::BorrowedFd;

    use crate::model::descriptors;

    pub(in super::super) fn add_one(eventfd: BorrowedFd<'_>) {
        descriptors::write(eventfd);
    }
}

/// What stands in a static is made anew in each run of a model.
pub(super) mod sync {
    use std::sync::atomic::Ordering;

    use crate::model::fresh::Fresh;

    #[derive(Debug)]
    pub(in super::super) struct AtomicU64(Fresh<loom::sync::atomic::AtomicU64>);

    impl AtomicU64 {
        pub(in super::super) const fn new(_: u64) -> AtomicU64 {
            AtomicU64(Fresh::new())
        }

        pub(in super::super) fn load(&self, order: Ordering) -> u64 {
            self.0.get(|| loom::sync::atomic::AtomicU64::new(0)).load(order)
        }

        pub(in super::super) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
            self.0.get(|| loom::sync::atomic::AtomicU64::new(0)).fetch_add(value, order)
        }
    }

    #[derive(Debug)]
    pub(in super::super) struct OnceLock<T: 'static>(Fresh<loom::sync::Mutex<Option<&'static T>>>);

    impl<T> OnceLock<T> {
        pub(in super::super) const fn new() -> OnceLock<T> {
            OnceLock(Fresh::new())
        }

        pub(in super::super) fn get(&self) -> Option<&T> {
            *self.0.get(|| loom::sync::Mutex::new(None)).lock().unwrap()
        }

        pub(in super::super) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            let mut place = self.0.get(|| loom::sync::Mutex::new(None)).lock().unwrap();
            place.get_or_insert_with(|| Box::leak(Box::new(init())))
        }
    }
}

/// A listener in the order of `signal`. `installed` is where the handler would be.
fn listen(installed: impl FnOnce()) -> (Listener, u64) {
    let slot = Slot::of(SignalKind);
    let listener = slot.bell.listener().unwrap();
    let seen = slot.deliveries();
    installed();
    (listener, seen)
}

/// Waits for news in the order of `Signal::recv`.
fn receive(listener: &mut Listener, seen: &mut u64) {
    let slot = Slot::of(SignalKind);
    let news = || {
        let deliveries = slot.deliveries();
        mem::replace(seen, deliveries) != deliveries
    };
    listener.news(news).now_or_never().expect("the stand-in sleeps within the poll").unwrap();
}

fn one_signal_and_one_listener() {
    let mut handler = None;
    let (mut listener, mut seen) = listen(|| handler = Some(thread::spawn(|| slot::deliver(0))));
    receive(&mut listener, &mut seen);
    handler.unwrap().join().unwrap();
}

fn one_signal_and_two_listeners() {
    let (ready, other) = (listen(|| ()), listen(|| ()));
    let threads = [
        thread::spawn(|| slot::deliver(0)),
        thread::spawn(move || {
            let (mut listener, mut seen) = other;
            receive(&mut listener, &mut seen);
        }),
    ];
    let (mut listener, mut seen) = ready;
    receive(&mut listener, &mut seen);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn two_listeners_that_come_at_once() {
    let other = thread::spawn(|| {
        let (mut listener, mut seen) = listen(|| slot::deliver(0));
        receive(&mut listener, &mut seen);
    });
    let (mut listener, mut seen) = listen(|| slot::deliver(0));
    receive(&mut listener, &mut seen);
    other.join().unwrap();
}

fn two_signals_and_one_listener_that_wants_both() {
    let mut threads = Vec::new();
    let (mut listener, mut seen) = listen(|| threads.extend([(); 2].map(|()| thread::spawn(|| slot::deliver(0)))));
    while seen < 2 {
        receive(&mut listener, &mut seen);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// One after another, as they share a static.
#[test]
fn a_signal_that_comes_once_the_handler_is_there_is_seen() {
    explore("one signal and one listener", one_signal_and_one_listener);
    explore("one signal and two listeners", one_signal_and_two_listeners);
    explore("two listeners that open a bell at once", two_listeners_that_come_at_once);
    explore("two signals and one listener that wants both", two_signals_and_one_listener_that_wants_both);
}
