//! A storm of signals over the threads of tests, with a handler that restarts nothing.
//!
//! It blows only where `EPORE_STORM` says how many microseconds there are between two signals, as in `.ci/storm`.

use std::mem::zeroed;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many signals have come since that was last said.
static SIGNALS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count(_: libc::c_int) {
    SIGNALS.fetch_add(1, Relaxed);
}

/// The storm over one thread. When it is dropped it abates, and how many signals there were is printed.
pub struct Storm {
    timer: libc::timer_t,
}

/// Has the storm blow over this thread.
pub fn begin() -> Option<Storm> {
    let period = std::env::var("EPORE_STORM").ok()?.parse().expect("EPORE_STORM is a number of microseconds");
    static HANDLER: Once = Once::new();
    HANDLER.call_once(set_handler);
    Some(Storm { timer: start_timer(period) })
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: the timer was created by `start_timer`, and is deleted once.
        assert_eq!(unsafe { libc::timer_delete(self.timer) }, 0);
        println!("storm: {} signals", SIGNALS.swap(0, Relaxed));
    }
}

/// No test under the storm uses the last of the real-time signals.
fn signal() -> libc::c_int {
    libc::SIGRTMAX()
}

fn set_handler() {
    // SAFETY: all zeros are a valid action: no flags, so no SA_RESTART, and no further signals blocked.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = count as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the action is live, and its handler adds to an atomic.
    assert_eq!(unsafe { libc::sigaction(signal(), &raw const action, ptr::null_mut()) }, 0);
}

fn start_timer(micros: libc::c_long) -> libc::timer_t {
    // SAFETY: all zeros are a valid event.
    let mut event: libc::sigevent = unsafe { zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = signal();
    // SAFETY: the call takes no pointer.
    event.sigev_notify_thread_id = unsafe { libc::gettid() };
    let mut timer = ptr::null_mut();
    // SAFETY: both pointers are live.
    assert_eq!(unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) }, 0);
    let period = libc::timespec { tv_sec: micros / 1_000_000, tv_nsec: micros % 1_000_000 * 1000 };
    let times = libc::itimerspec { it_interval: period, it_value: period };
    // SAFETY: the timer has just been created, the times are live, and null is allowed for the old ones.
    assert_eq!(unsafe { libc::timer_settime(timer, 0, &raw const times, ptr::null_mut()) }, 0);
    timer
}
