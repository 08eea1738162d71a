//! What the process holds, as the system sees it.

use std::fs;
use std::io;

/// The numbers at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Census {
    pub descriptors: usize,
    /// In KiB: the memory that is resident.
    pub memory: usize,
    pub threads: usize,
}

impl Census {
    pub fn take() -> io::Result<Census> {
        let status = fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
        };
        // The folder itself is open while it is read.
        let descriptors = fs::read_dir("/proc/self/fd")?.count() - 1;
        Ok(Census { descriptors, memory: field("VmRSS:"), threads: field("Threads:") })
    }
}
