//! The first request to end completes a future, the second ends the program. Signals belong to the process, so each
//! test has one of its own.

mod support;

#[path = "support/signals.rs"]
mod signals;

use std::mem::transmute;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;

use epore::signal::{SignalKind, ctrl_c, shutdown_signal, signal};
use signals::{FOREIGN, at_the_end, dies_of, disposition, foreign_handler, mask, raise, send, set};
use support::child::in_own_process;
use support::polls::{poll_once, run};
use support::wait_until;

const INT: libc::c_int = libc::SIGINT;
const TERM: libc::c_int = libc::SIGTERM;

/// Whoever runs the tests may ignore these signals.
fn set_both(disposition: libc::sighandler_t) {
    set(INT, disposition);
    set(TERM, disposition);
}

/// Waits for a request, makes it, and gives what the future says.
async fn request(signal: libc::c_int) -> SignalKind {
    let mut future = pin!(shutdown_signal());
    assert!(poll_once(future.as_mut()).await.is_pending());
    raise(signal);
    future.await.unwrap()
}

#[test]
fn a_ctrl_c_completes_it() {
    in_own_process("a_ctrl_c_completes_it", || {
        set_both(libc::SIG_DFL);
        assert_eq!(run(request(INT)), SignalKind::interrupt());
    });
}

#[test]
fn a_sigterm_completes_it() {
    in_own_process("a_sigterm_completes_it", || {
        set_both(libc::SIG_DFL);
        assert_eq!(run(request(TERM)), SignalKind::terminate());
    });
}

/// A server says that it listens once it can be asked to end, before it waits for anything.
#[test]
fn it_listens_from_when_it_is_called() {
    in_own_process("it_listens_from_when_it_is_called", || {
        set_both(libc::SIG_DFL);
        let future = shutdown_signal();
        raise(TERM);
        assert_eq!(run(future).unwrap(), SignalKind::terminate());
    });
}

#[test]
fn one_that_is_dropped_before_it_is_awaited_leaves_the_signals_as_they_were() {
    dies_of(&[INT], "one_that_is_dropped_before_it_is_awaited_leaves_the_signals_as_they_were", || {
        set_both(libc::SIG_DFL);
        drop(shutdown_signal());
        at_the_end();
        raise(INT);
    });
}

#[test]
fn the_second_ctrl_c_ends_the_program() {
    dies_of(&[INT], "the_second_ctrl_c_ends_the_program", || {
        set_both(libc::SIG_DFL);
        run(request(INT));
        at_the_end();
        raise(INT);
    });
}

#[test]
fn a_ctrl_c_after_a_sigterm_ends_the_program() {
    dies_of(&[INT], "a_ctrl_c_after_a_sigterm_ends_the_program", || {
        set_both(libc::SIG_DFL);
        run(request(TERM));
        at_the_end();
        raise(INT);
    });
}

#[test]
fn a_sigterm_after_a_ctrl_c_ends_the_program_whatever_was_before() {
    dies_of(&[TERM], "a_sigterm_after_a_ctrl_c_ends_the_program_whatever_was_before", || {
        set_both(foreign_handler());
        run(request(INT));
        at_the_end();
        raise(TERM);
    });
}

#[test]
fn the_second_ends_a_program_that_computes_without_end() {
    dies_of(&[INT], "the_second_ends_a_program_that_computes_without_end", || {
        set_both(libc::SIG_DFL);
        let (busy, is_busy) = mpsc::channel();
        thread::spawn(move || {
            is_busy.recv().unwrap();
            send(INT);
            wait_until("the first was handled", || disposition(INT) == libc::SIG_DFL);
            at_the_end();
            send(INT);
        });
        run(async {
            let mut future = pin!(shutdown_signal());
            assert!(poll_once(future.as_mut()).await.is_pending());
            busy.send(()).unwrap();
            loop {
                std::hint::spin_loop();
            }
        });
    });
}

#[test]
fn two_that_come_at_once_end_the_program() {
    // Which of the two is handled first is up to the system, and so is by which the program ends.
    dies_of(&[INT, TERM], "two_that_come_at_once_end_the_program", || {
        set_both(libc::SIG_DFL);
        run(async {
            let mut future = pin!(shutdown_signal());
            assert!(poll_once(future.as_mut()).await.is_pending());
            mask(libc::SIG_BLOCK, &[INT, TERM]);
            raise(INT);
            raise(TERM);
            at_the_end();
            mask(libc::SIG_UNBLOCK, &[INT, TERM]);
        });
    });
}

#[test]
fn dropped_before_a_request_it_leaves_things_as_they_were() {
    in_own_process("dropped_before_a_request_it_leaves_things_as_they_were", || {
        for former in [libc::SIG_DFL, foreign_handler()] {
            set_both(former);
            run(async {
                let (mut first, mut second) = (Box::pin(shutdown_signal()), Box::pin(shutdown_signal()));
                assert!(poll_once(first.as_mut()).await.is_pending());
                assert!(poll_once(second.as_mut()).await.is_pending());
                drop(first);
                assert_ne!(disposition(INT), former);
                drop(second);
            });
            assert_eq!([disposition(INT), disposition(TERM)], [former; 2]);
        }
        // A signal that comes now is no request, whoever it is for.
        raise(INT);
        assert_eq!(FOREIGN.load(SeqCst), 1);
        let _listener = signal(SignalKind::interrupt()).unwrap();
        raise(INT);
        assert!(run(async { poll_once(pin!(shutdown_signal())).await }).is_pending());
    });
}

#[test]
fn all_that_wait_complete_and_so_do_those_that_come_later() {
    in_own_process("all_that_wait_complete_and_so_do_those_that_come_later", || {
        set_both(libc::SIG_DFL);
        let (waits, is_waiting) = mpsc::channel();
        let wait = |_| {
            let waits = waits.clone();
            thread::spawn(move || {
                run(async {
                    let (mut first, mut second) = (pin!(shutdown_signal()), pin!(shutdown_signal()));
                    assert!(poll_once(first.as_mut()).await.is_pending());
                    assert!(poll_once(second.as_mut()).await.is_pending());
                    waits.send(()).unwrap();
                    (first.await.unwrap(), second.await.unwrap())
                })
            })
        };
        let threads: Vec<_> = (0..3).map(wait).collect();
        (0..3).for_each(|_| is_waiting.recv().unwrap());
        send(TERM);
        let terminate = SignalKind::terminate();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), (terminate, terminate));
        }
        assert_eq!(run(shutdown_signal()).unwrap(), terminate);
        assert_eq!([disposition(INT), disposition(TERM)], [libc::SIG_DFL; 2]);
    });
}

#[test]
fn who_else_listens_is_told_of_the_first() {
    in_own_process("who_else_listens_is_told_of_the_first", || {
        set_both(libc::SIG_DFL);
        run(async {
            let mut listener = signal(SignalKind::interrupt()).unwrap();
            let mut ctrl_c = pin!(ctrl_c());
            assert!(poll_once(ctrl_c.as_mut()).await.is_pending());
            request(INT).await;
            ctrl_c.await.unwrap();
            listener.recv().await;
        });
    });
}

#[test]
fn who_else_listens_does_not_keep_the_second_from_ending_the_program() {
    dies_of(&[INT], "who_else_listens_does_not_keep_the_second_from_ending_the_program", || {
        set_both(libc::SIG_DFL);
        let _listener = signal(SignalKind::interrupt()).unwrap();
        run(request(INT));
        at_the_end();
        raise(INT);
    });
}

#[test]
fn who_listens_later_does_not_keep_the_second_from_ending_the_program() {
    dies_of(&[INT], "who_listens_later_does_not_keep_the_second_from_ending_the_program", || {
        set_both(libc::SIG_DFL);
        run(request(TERM));
        let _listener = signal(SignalKind::interrupt()).unwrap();
        at_the_end();
        raise(INT);
    });
}

#[test]
fn a_signal_that_was_ignored_remains_so() {
    in_own_process("a_signal_that_was_ignored_remains_so", || {
        set(INT, libc::SIG_IGN);
        set(TERM, libc::SIG_DFL);
        run(async {
            let mut future = pin!(shutdown_signal());
            assert!(poll_once(future.as_mut()).await.is_pending());
            raise(INT);
            support::polls::turns(2).await;
            assert!(poll_once(future.as_mut()).await.is_pending());
            raise(TERM);
            assert_eq!(future.await.unwrap(), SignalKind::terminate());
        });
        assert_eq!([disposition(INT), disposition(TERM)], [libc::SIG_IGN, libc::SIG_DFL]);
    });
}

#[test]
fn what_somebody_else_has_set_meanwhile_stays() {
    in_own_process("what_somebody_else_has_set_meanwhile_stays", || {
        set_both(libc::SIG_DFL);
        run(async {
            let mut future = pin!(shutdown_signal());
            assert!(poll_once(future.as_mut()).await.is_pending());
            set(TERM, foreign_handler());
            raise(INT);
            future.await.unwrap();
        });
        assert_eq!([disposition(INT), disposition(TERM)], [libc::SIG_DFL, foreign_handler()]);
    });
}

/// The handler that [`chained`] calls.
static FORMER: AtomicUsize = AtomicUsize::new(0);

/// A handler of somebody else's that calls the one before it, as those of several crates do.
extern "C" fn chained(signal: libc::c_int) {
    // SAFETY: it is the address of a handler that takes the number of the signal, as the test has seen to.
    let former = unsafe { transmute::<usize, extern "C" fn(libc::c_int)>(FORMER.load(SeqCst)) };
    former(signal);
}

/// Ours raised the signal anew for the default, and got it again from the other one, without end.
#[test]
fn the_second_ends_a_program_whose_own_handler_calls_ours() {
    dies_of(&[INT], "the_second_ends_a_program_whose_own_handler_calls_ours", || {
        set_both(libc::SIG_DFL);
        run(async {
            let mut future = pin!(shutdown_signal());
            assert!(poll_once(future.as_mut()).await.is_pending());
            FORMER.store(disposition(INT), SeqCst);
            set(INT, chained as extern "C" fn(libc::c_int) as libc::sighandler_t);
            raise(INT);
            assert_eq!(future.await.unwrap(), SignalKind::interrupt());
        });
        at_the_end();
        raise(INT);
    });
}
