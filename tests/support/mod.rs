//! What several tests share.

#![allow(dead_code)]

pub mod async_fd;
pub mod black_hole;
pub mod cancel;
pub mod child;
pub mod clock;
pub mod examples;
pub mod panics;
pub mod polls;
pub mod reactor;
pub mod strace;
pub mod tcp;
pub mod udp;
pub mod unix;

use std::io;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Where a program is that a test needs, or `None` with a word to the reader where it may be missing.
///
/// In CI it may not: there a missing program is a failure.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let found = std::env::split_paths(&path).chain(extra).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not installed, and CI skips nothing: run .ci/setup");
        eprintln!("skipped: {name} is not installed (run .ci/setup)");
    }
    found
}

/// Waits, without the runtime, until a condition holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// The numbers of this process's open descriptors.
pub fn open_descriptors() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).collect()
}

/// How many threads this process has, by the kernel's own count: a listing of /proc/self/task may skip one while another
/// one ends.
pub fn threads() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let count = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    count.and_then(|count| count.trim().parse().ok()).expect("a number of threads")
}

/// The errno of the system's error that an error has as its source.
pub fn source_errno(error: &io::Error) -> Option<i32> {
    let source = error.get_ref()?.source()?;
    source.downcast_ref::<io::Error>()?.raw_os_error()
}

/// Runs `f` on a thread of its own, and fails if it has not returned in time. It needs no help of the runtime.
pub fn in_time<T: Send + 'static>(what: &str, f: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let thread = thread::spawn(move || {
        let _storm = storm::begin();
        let value = f();
        let _given_up = done.send(value);
    });
    match result.recv_timeout(PATIENCE) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("waited in vain for the end of: {what}"),
        Err(RecvTimeoutError::Disconnected) => resume_unwind(thread.join().expect_err("it sent nothing")),
    }
}

/// Calls a closure when it is dropped.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
