use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Interest in reading: see epoll_ctl(2).
pub const READABLE: u32 = libc::EPOLLIN as u32;

/// An epoll instance, level-triggered.
pub struct Epoll {
    fd: OwnedFd,
    /// Whether epoll_pwait2 is unknown, as it is to valgrind.
    is_coarse: Cell<bool>,
}

impl Epoll {
    pub fn new() -> Epoll {
        // SAFETY: no pointer is passed.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        assert!(fd >= 0, "epoll_create1: {}", io::Error::last_os_error());
        // SAFETY: the descriptor is new and owned by nobody else.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Epoll { fd, is_coarse: Cell::new(false) }
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
            // The same in milliseconds, for what does not know the call.
            Some(timeout) if self.is_coarse.get() => {
                let milliseconds = timeout.as_nanos().div_ceil(1_000_000) as i32;
                // SAFETY: as above.
                i64::from(unsafe { libc::epoll_wait(fd, list.as_mut_ptr(), room as i32, milliseconds) })
            }
            Some(timeout) => {
                let (tv_sec, tv_nsec) = (timeout.as_secs() as i64, timeout.subsec_nanos().into());
                let timeout = libc::timespec { tv_sec, tv_nsec };
                // SAFETY: as above, and `timeout` is valid for the call.
                unsafe { libc::syscall(libc::SYS_epoll_pwait2, fd, list.as_mut_ptr(), room, &timeout, 0, 8) }
            }
        };
        let error = io::Error::last_os_error();
        if count < 0 && error.raw_os_error() == Some(libc::ENOSYS) && !self.is_coarse.replace(true) {
            return self.wait(events, timeout);
        }
        assert!(count >= 0, "epoll_wait: {error}");
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
