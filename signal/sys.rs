//! The system calls for signals, each behind a safe signature, and the handler. All but [`install`] may be called by
//! it.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::c_int;

use super::slot;

/// What happens when a signal comes, see sigaction(2).
#[derive(Clone, Copy)]
pub(super) struct Disposition(libc::sigaction);

impl Disposition {
    // SAFETY: all zeros are a valid action: the default, no flags, no further signals blocked.
    pub(super) const DEFAULT: Disposition = Disposition(unsafe { zeroed() });

    /// An interrupted system call of somebody else's goes on, and a thread that has a stack for signals uses it, as
    /// code does that runs on small stacks.
    fn ours() -> Disposition {
        let Disposition(mut action) = Disposition::DEFAULT;
        action.sa_sigaction = handle as extern "C" fn(c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        Disposition(action)
    }

    pub(super) fn is_ours(&self) -> bool {
        self.0.sa_sigaction == Disposition::ours().0.sa_sigaction
    }

    pub(super) fn is_ignored(&self) -> bool {
        self.0.sa_sigaction == libc::SIG_IGN
    }
}

/// The handler. It may run at any point of any thread, so it leaves errno as it was.
extern "C" fn handle(signal: c_int) {
    // SAFETY: the call gives a pointer to this thread's own errno, which is valid as long as the thread is.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above; no reference to it exists.
    let before = unsafe { errno.read() };
    slot::deliver(signal);
    // SAFETY: as above.
    unsafe { errno.write(before) };
}

/// Sets our handler, and says what was there.
pub(super) fn install(signal: c_int) -> io::Result<Disposition> {
    sigaction(signal, Some(&Disposition::ours()))
}

/// Sets another disposition where our handler is. One of somebody else's is left alone.
pub(super) fn replace_ours(signal: c_int, disposition: &Disposition) {
    if disposition_is_ours(signal) {
        // It fails for numbers that name no signal, of which none has our handler.
        let _set = sigaction(signal, Some(disposition));
    }
}

pub(super) fn disposition_is_ours(signal: c_int) -> bool {
    disposition(signal).is_ok_and(|current| current.is_ours())
}

pub(super) fn disposition(signal: c_int) -> io::Result<Disposition> {
    sigaction(signal, None)
}

fn sigaction(signal: c_int, new: Option<&Disposition>) -> io::Result<Disposition> {
    let new = new.map_or(ptr::null(), |new| &raw const new.0);
    let mut former = Disposition::DEFAULT;
    // SAFETY: `new` is null, which changes nothing, or valid: either our handler, which is async-signal-safe as it
    // makes only calls that signal-safety(7) lists and touches only atomics, or one that was set before. `former` is
    // live.
    let result = unsafe { libc::sigaction(signal, new, &raw mut former.0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(former) }
}

/// Gives a signal its default effect, whoever handles it.
pub(super) fn set_default(signal: c_int) {
    // It fails for numbers that name no signal, which are never delivered.
    let _set = sigaction(signal, Some(&Disposition::DEFAULT));
}

/// Sends a signal to this thread.
pub(super) fn raise(signal: c_int) {
    // SAFETY: the call takes no pointer.
    unsafe { libc::raise(signal) };
}

/// Adds one to the counter of an eventfd. It would fail only when that is full, which takes more signals than can come.
pub(super) fn add_one(eventfd: BorrowedFd<'_>) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: the bytes are live, and the kernel only reads them.
    unsafe { libc::write(eventfd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
}
