//! Sending signals, and what happens when they come.

#![allow(dead_code)]

use std::io;
use std::mem::zeroed;
use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::support::PATIENCE;
use crate::support::child::{is_child, rerun};

/// Said by a child that is about to be sent its last signal.
const AT_THE_END: &str = "at the end";

/// How often [`foreign`] was called.
pub static FOREIGN: AtomicUsize = AtomicUsize::new(0);

/// A handler of somebody else's.
extern "C" fn foreign(_: libc::c_int) {
    FOREIGN.fetch_add(1, SeqCst);
}

/// The address of [`foreign`].
pub fn foreign_handler() -> libc::sighandler_t {
    foreign as extern "C" fn(libc::c_int) as libc::sighandler_t
}

/// Sends a signal to this thread. When it returns the handler has run.
pub fn raise(signal: libc::c_int) {
    // SAFETY: the call takes no pointer.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

/// Sends a signal to this process: to any of its threads.
pub fn send(signal: libc::c_int) {
    // SAFETY: the calls take no pointer.
    assert_eq!(unsafe { libc::kill(libc::getpid(), signal) }, 0);
}

/// Sets what happens when a signal comes: a handler that is async-signal-safe, `SIG_DFL` or `SIG_IGN`.
pub fn set(signal: libc::c_int, handler: libc::sighandler_t) {
    // SAFETY: all zeros are a valid action: no flags, no further signals blocked.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = handler;
    // SAFETY: the action is live, and its handler is one that the tests have: it adds to an atomic.
    assert_eq!(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) }, 0);
}

/// What happens when a signal comes: the handler, `SIG_DFL` or `SIG_IGN`.
pub fn disposition(signal: libc::c_int) -> libc::sighandler_t {
    // SAFETY: all zeros are a valid action.
    let mut action: libc::sigaction = unsafe { zeroed() };
    // SAFETY: no action is set, and the kernel only writes to the other.
    let result = unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
    action.sa_sigaction
}

/// Blocks or unblocks signals for this thread: `how` is `SIG_BLOCK` or `SIG_UNBLOCK`.
pub fn mask(how: libc::c_int, signals: &[libc::c_int]) {
    // SAFETY: all zeros are a set of signals, the empty one.
    let mut set: libc::sigset_t = unsafe { zeroed() };
    for &signal in signals {
        // SAFETY: the set is live.
        assert_eq!(unsafe { libc::sigaddset(&raw mut set, signal) }, 0);
    }
    // SAFETY: the set is live, and where the former mask would be written may be null.
    assert_eq!(unsafe { libc::pthread_sigmask(how, &raw const set, ptr::null_mut()) }, 0);
}

/// Runs `body` alone in a process, which one of the signals must end after it has said that it is [`at_the_end`].
pub fn dies_of(signals: &[libc::c_int], test: &str, body: impl FnOnce()) {
    if is_child() {
        // SAFETY: the call takes no pointer. Another signal ends a process that hangs.
        unsafe { libc::alarm(PATIENCE.as_secs() as libc::c_uint) };
        return body();
    }
    let output = rerun(&[], test).output().expect("the test can be run again");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let is_expected = output.status.signal().is_some_and(|signal| signals.contains(&signal));
    assert!(is_expected && out.contains(AT_THE_END), "{test} in its own process: {}\n{out}\n{err}", output.status);
}

/// Says that the next signal should end the process.
pub fn at_the_end() {
    println!("{AT_THE_END}");
}
