use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;

use loom::thread;

use super::join_error::{Cancellation, JoinError};
use super::promise::{Duty, Promise};
use super::stand_ins::wait;
use crate::model::explore;

fn promise() -> Arc<Promise<Arc<()>>> {
    Promise::new(Location::caller())
}

async fn joined(promise: &Promise<Arc<()>>) -> Result<Arc<()>, JoinError> {
    poll_fn(|cx| promise.poll_join(cx)).await
}

#[test]
fn a_result_reaches_whoever_waits_for_it() {
    explore("a result is settled and awaited", || {
        let promise = promise();
        let settling = Arc::clone(&promise);
        let maker = thread::spawn(move || {
            assert!(settling.begin());
            settling.settle(Ok(Arc::default()));
        });
        assert!(wait(joined(&promise)).is_ok());
        maker.join().unwrap();
    });
}

#[test]
fn work_that_is_aborted_is_either_done_or_never_begun() {
    explore("work is aborted while it begins", || {
        let (promise, output) = (promise(), Arc::new(()));
        let (settling, aborting, result) = (Arc::clone(&promise), Arc::clone(&promise), Arc::clone(&output));
        let maker = thread::spawn(move || {
            let begun = settling.begin();
            if begun {
                settling.settle(Ok(result));
            }
            begun
        });
        let aborter = thread::spawn(move || aborting.abort());
        let joined = wait(joined(&promise));
        assert_eq!(joined.is_ok(), maker.join().unwrap());
        aborter.join().unwrap();
        drop(joined);
        drop(promise);
        assert_eq!(Arc::strong_count(&output), 1, "the output was dropped once");
    });
}

#[test]
fn a_duty_that_is_dropped_ends_the_wait() {
    explore("a duty is dropped", || {
        let promise = promise();
        let duty = Duty(Arc::clone(&promise));
        let maker = thread::spawn(move || drop(duty));
        assert!(wait(joined(&promise)).is_err_and(|error| error.is_cancelled()));
        maker.join().unwrap();
    });
}

#[test]
fn a_waiter_that_goes_while_the_result_comes_leaves_nothing() {
    explore("a waiter goes while the result comes", || {
        let (promise, output) = (promise(), Arc::new(()));
        let (settling, result) = (Arc::clone(&promise), Arc::clone(&output));
        let maker = thread::spawn(move || settling.settle(Ok(result)));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let first = promise.poll_join(&mut cx);
        promise.forget_waiter();
        maker.join().unwrap();
        assert!(promise.is_finished());
        drop(first);
        drop(promise);
        assert_eq!(Arc::strong_count(&output), 1);
    });
}

#[test]
fn the_maker_is_told_of_an_abort() {
    explore("an abort and a maker that waits", || {
        let promise = promise();
        let aborting = Arc::clone(&promise);
        assert!(promise.begin());
        let aborter = thread::spawn(move || aborting.abort());
        wait(poll_fn(
            |cx| if promise.poll_aborted(cx) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending },
        ));
        promise.settle(Err(JoinError::cancelled(promise.site, Cancellation::RuntimeDropped)));
        aborter.join().unwrap();
    });
}
