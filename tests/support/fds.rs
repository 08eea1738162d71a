//! Descriptors that the standard library has no type for.

#![allow(dead_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr;
use std::time::Duration;

/// Takes over what a system call has opened.
fn owned(fd: i32) -> io::Result<File> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just opened `fd` for us, and nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into())
}

fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

pub fn is_nonblocking(fd: &impl AsFd) -> bool {
    // SAFETY: the call takes no pointer.
    let flags = unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_GETFL) };
    flags & libc::O_NONBLOCK != 0
}

pub fn pidfd(pid: u32) -> io::Result<File> {
    // SAFETY: the call takes no pointer.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as i32)
}

/// The status of a child that has ended, which it is reaped for, or `WouldBlock`.
pub fn wait_for(pidfd: &File) -> io::Result<i32> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let id = pidfd.as_raw_fd() as libc::id_t;
    // SAFETY: `info` has room for what is written.
    check(unsafe { libc::waitid(libc::P_PIDFD, id, info.as_mut_ptr(), libc::WEXITED | libc::WNOHANG) })?;
    // SAFETY: any bytes are valid for its integers, and without a child they are zero still.
    match unsafe { info.assume_init_ref() } {
        // SAFETY: it is zero, or tells of a child.
        info if unsafe { info.si_pid() } == 0 => Err(io::ErrorKind::WouldBlock.into()),
        // SAFETY: it tells of a child.
        info => Ok(unsafe { info.si_status() }),
    }
}

/// A timer that expires after `first`, and then each `period` if that is not zero.
pub fn timerfd(first: Duration, period: Duration) -> io::Result<File> {
    // SAFETY: the call takes no pointer.
    let timer = owned(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC) })?;
    let [it_value, it_interval] = [first, period]
        .map(|time| libc::timespec { tv_sec: time.as_secs() as libc::time_t, tv_nsec: time.subsec_nanos().into() });
    let times = libc::itimerspec { it_interval, it_value };
    // SAFETY: the times are live, and null is allowed for the old ones.
    check(unsafe { libc::timerfd_settime(timer.as_raw_fd(), 0, &raw const times, ptr::null_mut()) })?;
    Ok(timer)
}

pub fn eventfd() -> io::Result<File> {
    // SAFETY: the call takes no pointer.
    owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) })
}

/// An inotify instance that tells of files that are created in a folder.
pub fn inotify(folder: &Path) -> io::Result<File> {
    // SAFETY: the call takes no pointer.
    let inotify = owned(unsafe { libc::inotify_init1(libc::IN_CLOEXEC) })?;
    let folder = std::ffi::CString::new(folder.as_os_str().as_encoded_bytes())?;
    // SAFETY: the name is live, and ends with a zero.
    check(unsafe { libc::inotify_add_watch(inotify.as_raw_fd(), folder.as_ptr(), libc::IN_CREATE) })?;
    Ok(inotify)
}

/// The two ends of a terminal, master first, through which bytes pass as they are.
pub fn terminal() -> io::Result<(File, File)> {
    let (mut master, mut slave) = (-1, -1);
    // SAFETY: the two numbers are live, and null is allowed for the rest.
    check(unsafe {
        libc::openpty(&raw mut master, &raw mut slave, ptr::null_mut(), ptr::null_mut(), ptr::null_mut())
    })?;
    let (master, slave) = (owned(master)?, owned(slave)?);
    let mut modes = MaybeUninit::<libc::termios>::uninit();
    // SAFETY: there is room for the modes, which are there once the first call has succeeded.
    unsafe {
        check(libc::tcgetattr(slave.as_raw_fd(), modes.as_mut_ptr()))?;
        libc::cfmakeraw(modes.as_mut_ptr());
        check(libc::tcsetattr(slave.as_raw_fd(), libc::TCSANOW, modes.as_ptr()))?;
    }
    Ok((master, slave))
}
