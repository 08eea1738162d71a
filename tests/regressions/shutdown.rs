#![forbid(unsafe_code)]

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::io;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use epore::Runtime;
use epore::net::TcpStream;
use epore::time::sleep;

use crate::foreign::{self, On};
use crate::support::tcp::std_pair;

/// How often a waker waits anew until the test has seen enough.
const ENOUGH: usize = 100;

/// How often a waker is dropped that, while its runtime is dropped, `waits` anew each time.
fn drops_of_a_waker_that(waits: impl Fn(&mut Context<'_>) + 'static) -> io::Result<usize> {
    let runtime = Runtime::new()?;
    let drops = Rc::new(Cell::new(0));
    // Never dropped, so that all drops are of those that the runtime has kept.
    let own = Rc::new(OnceCell::<ManuallyDrop<Waker>>::new());
    let waits = Rc::new(move |waker: &Waker| waits(&mut Context::from_waker(waker)));
    let again = {
        let (drops, own, waits) = (Rc::clone(&drops), Rc::clone(&own), Rc::clone(&waits));
        Rc::new(move || {
            drops.set(drops.get() + 1);
            if drops.get() < ENOUGH {
                waits(own.get().expect("it was made before it was dropped"));
            }
        })
    };
    let own = own.get_or_init(|| ManuallyDrop::new(foreign::waker(On::Drop, again)));
    runtime.block_on(async { waits(own) });
    drop(runtime);
    Ok(drops.get())
}

/// What was registered while the slots were being cleared was cleared in turn, without end.
#[test]
fn a_waker_that_waits_for_a_new_socket_does_not_hold_up_the_end() -> io::Result<()> {
    let drops = drops_of_a_waker_that(|cx| {
        let (stream, peer) = std_pair().unwrap();
        let stream = TcpStream::from_std(stream).unwrap();
        let _pending_or_refused = stream.poll_read(cx, &mut [0; 1]);
        mem::forget((stream, peer));
    })?;
    assert!((1..=3).contains(&drops), "{drops} times");
    Ok(())
}

/// Timers that were armed meanwhile were disarmed in turn, without end.
#[test]
fn a_waker_that_arms_a_timer_does_not_hold_up_the_end() -> io::Result<()> {
    let drops = drops_of_a_waker_that(|cx| {
        let mut sleep = sleep(Duration::from_secs(3600));
        assert!(Pin::new(&mut sleep).poll(cx).is_pending());
        mem::forget(sleep);
    })?;
    assert!((1..=3).contains(&drops), "{drops} times");
    Ok(())
}
