//! The system calls that the standard library lacks.

use std::fs;
use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// The processor time that this process has used.
pub fn cpu_time() -> Duration {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: `time` is writable and of the right type.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, time.as_mut_ptr()) };
    assert_eq!(result, 0, "clock_gettime: {}", io::Error::last_os_error());
    // SAFETY: the call has filled it.
    let time = unsafe { time.assume_init() };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many bytes of this process are in memory.
pub fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc/self/statm is readable");
    let pages: u64 = statm.split(' ').nth(1).expect("a second field").parse().expect("a number");
    pages * 4096
}

/// Keeps the calling thread on one processor, if there is more than one.
pub fn pin(cpu: usize) {
    // SAFETY: a set of processors is a mask of bits, of which none set is valid.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: `cpu` is far below the size of the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is as long as is said. Failure leaves all processors, which is as good on a machine with one.
    unsafe { libc::sched_setaffinity(0, mem::size_of_val(&set), &set) };
}

/// Ends this process by a signal after so many seconds, so that what hangs does not hang for ever.
pub fn end_after(seconds: u32) {
    // SAFETY: no pointer is passed, and the signal has its default action.
    unsafe { libc::alarm(seconds) };
}

/// Interest in reading: see epoll_ctl(2).
pub const READABLE: u32 = libc::EPOLLIN as u32;

/// An epoll instance, level-triggered.
pub struct Epoll {
    fd: OwnedFd,
}

impl Epoll {
    pub fn new() -> Epoll {
        // SAFETY: no pointer is passed.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        assert!(fd >= 0, "epoll_create1: {}", io::Error::last_os_error());
        // SAFETY: the descriptor is new and owned by nobody else.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Epoll { fd }
    }

    pub fn add(&self, fd: &impl AsRawFd, token: u64, interest: u32) {
        let mut event = libc::epoll_event { events: interest, u64: token };
        // SAFETY: `event` is valid for the call.
        let result = unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut event) };
        assert_eq!(result, 0, "epoll_ctl: {}", io::Error::last_os_error());
    }

    /// Waits for events, which replace those that are there.
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) {
        let Events { list } = events;
        let (fd, room) = (self.fd.as_raw_fd(), list.capacity());
        let count = match timeout {
            // SAFETY: the list has room for that many events.
            None => i64::from(unsafe { libc::epoll_wait(fd, list.as_mut_ptr(), room as i32, -1) }),
            Some(timeout) => {
                let (tv_sec, tv_nsec) = (timeout.as_secs() as i64, timeout.subsec_nanos().into());
                let timeout = libc::timespec { tv_sec, tv_nsec };
                // SAFETY: as above, and `timeout` is valid for the call.
                unsafe { libc::syscall(libc::SYS_epoll_pwait2, fd, list.as_mut_ptr(), room, &timeout, 0, 8) }
            }
        };
        assert!(count >= 0, "epoll_wait: {}", io::Error::last_os_error());
        // SAFETY: the kernel has filled so many.
        unsafe { list.set_len(count as usize) };
    }
}

impl Default for Epoll {
    fn default() -> Epoll {
        Epoll::new()
    }
}

/// What [`Epoll::wait`] has found.
pub struct Events {
    list: Vec<libc::epoll_event>,
}

impl Events {
    pub fn new() -> Events {
        Events { list: Vec::with_capacity(1024) }
    }

    /// The token of each descriptor that is ready.
    pub fn tokens(&self) -> impl Iterator<Item = u64> {
        self.list.iter().map(|event| event.u64)
    }
}

impl Default for Events {
    fn default() -> Events {
        Events::new()
    }
}
