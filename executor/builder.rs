#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use super::blocking::Pool;
use super::core::Core;
use super::runtime::Runtime;

/// Enough for a hundred stuck name look-ups beside real work, and far from what a process may have.
const MAX_BLOCKING_THREADS: usize = 512;

/// Long enough to outlive a pause between bursts, short enough that an idle program holds no threads.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Makes a [`Runtime`] with other than the default settings.
///
/// ```
/// let runtime = epore::Builder::new().max_blocking_threads(4).build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    max_blocking_threads: usize,
    blocking_keep_alive: Duration,
}

impl Builder {
    /// The default settings.
    pub fn new() -> Builder {
        Builder { max_blocking_threads: MAX_BLOCKING_THREADS, blocking_keep_alive: BLOCKING_KEEP_ALIVE }
    }

    /// How many threads [`spawn_blocking`](crate::spawn_blocking) and name look-ups may use at once: 512 by default.
    pub fn max_blocking_threads(mut self, threads: usize) -> Builder {
        self.max_blocking_threads = threads;
        self
    }

    /// How long such a thread waits for work before it ends: 10 seconds by default.
    pub fn blocking_keep_alive(mut self, duration: Duration) -> Builder {
        self.blocking_keep_alive = duration;
        self
    }

    /// Makes the runtime, which opens two descriptors and starts no thread.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if no blocking thread is allowed; an error that says so if 4,096
    /// runtimes are alive in the process; otherwise those of epoll_create1(2) and eventfd(2).
    pub fn build(self) -> io::Result<Runtime> {
        if self.max_blocking_threads == 0 {
            let message = "max_blocking_threads is 0, but name look-ups need at least one";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let blocking = Pool::new(self.max_blocking_threads, self.blocking_keep_alive);
        Ok(Runtime::from_core(Core::new(blocking)?))
    }
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}
