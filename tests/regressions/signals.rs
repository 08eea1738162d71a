#![forbid(unsafe_code)]

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use epore::signal::{SignalKind, signal};
use epore::time::{now, sleep};

use crate::foreign::{self, On};
use crate::support::clock::auto_advancing;
use crate::support::polls::{poll_once, run};

const HOUR: Duration = Duration::from_secs(3600);

/// The listener was taken for one that still waited.
#[test]
fn a_wait_for_a_signal_that_is_given_up_holds_up_no_clock() {
    auto_advancing(async || {
        let mut listener = signal(SignalKind::user_defined2()).unwrap();
        assert!(poll_once(pin!(listener.recv())).await.is_pending());
        let start = now();
        sleep(HOUR).await;
        assert_eq!(now() - start, HOUR);
    });
}

/// Its waker stayed with the listener.
#[test]
fn a_wait_for_a_signal_that_is_given_up_drops_its_waker() {
    run(async {
        let drops = Rc::new(Cell::new(0));
        let counter = Rc::clone(&drops);
        let waker = foreign::waker(On::Drop, Rc::new(move || counter.set(counter.get() + 1)));
        let mut listener = signal(SignalKind::user_defined2()).unwrap();
        {
            let mut wait = pin!(listener.recv());
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            assert_eq!(drops.get(), 0);
        }
        assert_eq!(drops.get(), 1);
        drop(waker);
        assert_eq!(drops.get(), 2);
    });
}
