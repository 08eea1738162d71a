use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::sys;

/// Measures what the operations between `start` and `stop` take.
pub struct Meter {
    allocations: u64,
    cpu: Duration,
    start: Instant,
}

impl Meter {
    pub fn start() -> Meter {
        Meter { allocations: ALLOCATIONS.load(Relaxed), cpu: sys::cpu_time(), start: Instant::now() }
    }

    pub fn stop(self, operations: u64) -> Sample {
        let wall = self.start.elapsed();
        let cpu = sys::cpu_time() - self.cpu;
        let allocations = ALLOCATIONS.load(Relaxed) - self.allocations;
        let per_operation = |total: Duration| total.as_nanos() as f64 / operations as f64;
        Sample { operations, value: per_operation(wall), cpu: per_operation(cpu), allocations }
    }
}

/// What one run of a workload took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub operations: u64,
    /// Nanoseconds for each operation, or what else the workload is about: see `Metric`.
    pub value: f64,
    /// Nanoseconds of processor time of the whole process for each operation.
    pub cpu: f64,
    /// Of the whole process, during all operations.
    pub allocations: u64,
}

impl Sample {
    /// A sample of a value that was measured otherwise.
    pub fn of(value: f64) -> Sample {
        Sample { operations: 1, value, cpu: value, allocations: 0 }
    }

    /// The sample with its processor time as its value.
    pub fn by_cpu(self) -> Sample {
        Sample { value: self.cpu, ..self }
    }

    /// The sample with another value, which was measured beside.
    pub fn with_value(self, value: f64) -> Sample {
        Sample { value, ..self }
    }

    /// Reads what `Display` wrote.
    pub fn parse(line: &str) -> Option<Sample> {
        let mut words = line.strip_prefix("sample ")?.split(' ');
        Some(Sample {
            operations: words.next()?.parse().ok()?,
            value: words.next()?.parse().ok()?,
            cpu: words.next()?.parse().ok()?,
            allocations: words.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample {} {} {} {}", self.operations, self.value, self.cpu, self.allocations)
    }
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, which counts what it is asked for.
///
/// It adds without the lock that would cost more than what is measured: where two threads allocate at the same moment, one
/// may be missed.
pub struct CountingAllocator;

fn count() {
    ALLOCATIONS.store(ALLOCATIONS.load(Relaxed) + 1, Relaxed);
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
