//! The system calls of the reactor, each behind a safe signature.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::Event;

/// The most events that epoll_wait(2) accepts to be asked for: the buffer must not pass `i32::MAX` bytes.
const MAX_EVENTS: usize = i32::MAX as usize / size_of::<Event>();

/// Set once the kernel has said that it has no epoll_pwait2(2), which came with Linux 5.11.
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

pub(super) fn epoll_create() -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointer.
    let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointer.
    let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Any number may be given for the source: one that names no descriptor is an error.
pub(super) fn epoll_ctl(epoll: BorrowedFd<'_>, operation: i32, source: RawFd, mut event: Event) -> io::Result<()> {
    let event = ptr::from_mut(&mut event).cast::<libc::epoll_event>();
    // SAFETY: `event` points to a live `Event`, a transparent `epoll_event`; the kernel only reads it.
    check(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, source, event) })?;
    Ok(())
}

/// Has `f` called in each child that is forked from here on. It must do only what is safe in a signal handler.
pub(super) fn call_in_forked_child(f: extern "C" fn()) {
    // SAFETY: `f` is a function that lives as long as the program, and the other two are allowed to be absent.
    let result = unsafe { libc::pthread_atfork(None, None, Some(f)) };
    assert_eq!(result, 0, "pthread_atfork has memory for one more function");
}

/// Replaces the content of `events` by what epoll reports, within their capacity.
#[inline(always)]
pub(super) fn epoll_wait(epoll: BorrowedFd<'_>, events: &mut Vec<Event>, timeout: Option<Duration>) -> io::Result<()> {
    events.clear();
    if events.capacity() == 0 {
        return Err(no_capacity());
    }
    let spare = events.spare_capacity_mut();
    let count = match timeout {
        None => wait_millis(epoll, spare, -1)?,
        Some(Duration::ZERO) => wait_millis(epoll, spare, 0)?,
        Some(timeout) => wait_nanos(epoll, spare, timeout)?,
    };
    // SAFETY: the kernel has written the first `count` entries, which is at most the spare capacity.
    unsafe { events.set_len(count) };
    Ok(())
}

#[cold]
fn no_capacity() -> io::Error {
    let message = "the buffer for events has no capacity: create it with Vec::with_capacity";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Waits with nanosecond resolution where the kernel can, else with milliseconds, rounded up.
#[inline(never)]
fn wait_nanos(epoll: BorrowedFd<'_>, buffer: &mut [MaybeUninit<Event>], timeout: Duration) -> io::Result<usize> {
    if !NO_PWAIT2.load(Relaxed) {
        match wait_timespec(epoll, buffer, timeout) {
            // A sandbox that does not know the call may answer EPERM, which the call itself never does.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
                NO_PWAIT2.store(true, Relaxed);
            }
            result => return result,
        }
    }
    wait_millis(epoll, buffer, millis(timeout))
}

/// As many as epoll_wait(2) takes; a negative number would wait for ever.
fn millis(timeout: Duration) -> i32 {
    i32::try_from(timeout.saturating_add(Duration::from_nanos(999_999)).as_millis()).unwrap_or(i32::MAX)
}

fn wait_timespec(epoll: BorrowedFd<'_>, buffer: &mut [MaybeUninit<Event>], timeout: Duration) -> io::Result<usize> {
    let timeout = libc::timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    };
    // SAFETY: the buffer has room for the number of events given, the timespec is live and valid, and a null signal
    // mask is allowed and leaves the mask as it is.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll.as_raw_fd(),
            buffer.as_mut_ptr(),
            buffer.len().min(MAX_EVENTS),
            ptr::from_ref(&timeout),
            ptr::null::<libc::sigset_t>(),
            0usize,
        )
    };
    if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count as usize) }
}

fn wait_millis(epoll: BorrowedFd<'_>, buffer: &mut [MaybeUninit<Event>], timeout: i32) -> io::Result<usize> {
    let capacity = buffer.len().min(MAX_EVENTS) as i32;
    let buffer = buffer.as_mut_ptr().cast::<libc::epoll_event>();
    // SAFETY: the buffer has room for `capacity` events, and `Event` is a transparent `epoll_event`.
    let count = check(unsafe { libc::epoll_wait(epoll.as_raw_fd(), buffer, capacity, timeout) })?;
    Ok(count as usize)
}

/// The timer slack of this thread in nanoseconds.
pub(super) fn timer_slack() -> io::Result<u64> {
    // Not by way of libc, whose `int` ends at 2 seconds.
    // SAFETY: the call takes no pointer.
    let nanos = unsafe { libc::syscall(libc::SYS_prctl, libc::PR_GET_TIMERSLACK, 0, 0, 0, 0) };
    u64::try_from(nanos).map_err(|_| io::Error::last_os_error())
}

/// Sets the timer slack of this thread in nanoseconds; 0 stands for the one that the thread began with.
pub(super) fn set_timer_slack(nanos: u64) -> io::Result<()> {
    // The zeros, as the C library passes five arguments on, however many it was given.
    // SAFETY: the call takes no pointer.
    check(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanos, 0_u64, 0_u64, 0_u64) })?;
    Ok(())
}

/// Turns the C convention of -1 and errno into a `Result`.
fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_rounded_up_and_end_at_what_the_system_takes() {
        let most = Duration::from_millis(i32::MAX as u64);
        let nanosecond = Duration::from_nanos(1);
        let cases = [(nanosecond, 1), (Duration::from_millis(1), 1), (Duration::from_millis(1) + nanosecond, 2)];
        let long = [most, most + nanosecond, Duration::from_millis(u32::MAX.into()), Duration::MAX];
        for (timeout, expected) in cases.into_iter().chain(long.map(|timeout| (timeout, i32::MAX))) {
            assert_eq!(millis(timeout), expected, "{timeout:?}");
        }
    }
}
