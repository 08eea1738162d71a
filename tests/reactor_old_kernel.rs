//! The reactor where epoll_pwait2(2) does not exist: Linux before 5.11, and sandboxes. It stands alone, as the reactor
//! remembers for the process that the call is missing.

mod support;

use std::io;
use std::time::{Duration, Instant};

use epore::reactor::{Poll, Token, Waker};
use support::reactor::{poll_asleep, poll_now, times_slept};

/// Makes epoll_pwait2 say "no such call" in this thread, and in the threads that it starts.
fn forbid_epoll_pwait2() {
    let load_number = instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0);
    let is_pwait2 = instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, libc::SYS_epoll_pwait2 as u32);
    let refuse = instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32);
    let allow = instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW);
    let mut filter = [load_number, is_pwait2, refuse, allow];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the call takes numbers only.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0);
    // SAFETY: the program points to a filter of the length given, and the kernel copies it.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

fn instruction(code: u32, jump_true: u8, jump_false: u8, value: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: jump_true, jf: jump_false, k: value }
}

fn assert_forbidden() {
    // SAFETY: the call fails before it looks at its arguments.
    let result = unsafe { libc::syscall(libc::SYS_epoll_pwait2, -1, 0, 0, 0, 0, 0) };
    assert_eq!((result, io::Error::last_os_error().raw_os_error()), (-1, Some(libc::ENOSYS)));
}

#[test]
fn timeouts_are_rounded_up_and_never_early() {
    forbid_epoll_pwait2();
    assert_forbidden();
    let mut poll = Poll::new().unwrap();
    let mut events = Vec::with_capacity(1);
    for timeout in [1, 999_999, 1_000_000, 1_000_001, 2_500_000].map(Duration::from_nanos) {
        let start = Instant::now();
        poll.poll(&mut events, Some(timeout)).unwrap();
        let elapsed = start.elapsed();
        assert!(events.is_empty());
        assert!(elapsed >= timeout, "a poll of {timeout:?} ended after {elapsed:?}");
    }
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn a_timeout_below_a_millisecond_sleeps_and_does_not_spin() {
    forbid_epoll_pwait2();
    let mut poll = Poll::new().unwrap();
    let mut events = Vec::with_capacity(1);
    let before = times_slept();
    for _ in 0..100 {
        poll.poll(&mut events, Some(Duration::from_nanos(1))).unwrap();
    }
    assert!(times_slept() - before > 50, "some may have ended while others had the processor");
}

#[test]
fn huge_timeouts_neither_overflow_nor_end_early() {
    forbid_epoll_pwait2();
    let i32_millis = Duration::from_millis(i32::MAX as u64);
    let timeouts = [i32_millis, i32_millis + Duration::from_nanos(1), Duration::from_millis(1 << 32), Duration::MAX];
    for timeout in timeouts {
        let poll = Poll::new().unwrap();
        let waker = Waker::new(poll.registry(), 1).unwrap();
        let blocked = poll_asleep(poll, Some(timeout));
        waker.wake().unwrap();
        let (_, events) = blocked.join().unwrap();
        assert_eq!(events.len(), 1, "a poll of {timeout:?} ended before the wake");
        assert_eq!(events[0].token(), Token(1));
    }
}
