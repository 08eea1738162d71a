#![forbid(unsafe_code)]

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use super::blocking::{Wanted, try_spawn_blocking};
use super::context;
use super::core::Core;
use super::sync::{Condvar, Mutex};
use super::timer::Timer;

/// A wait that paces what goes on outside of the program, as tries to connect do. It takes the system's time: the world
/// does not stop when a test has paused the runtime's clock.
pub(crate) enum Delay {
    Timer(Timer),
    /// A thread waits. It is blocking work, so the clock does not move by itself meanwhile.
    Thread {
        waiting: Wanted<()>,
        _end: End,
    },
}

impl Delay {
    pub(crate) fn new(duration: Duration) -> Delay {
        if context::with(Core::is_clock_paused) != Some(true) {
            return Delay::Timer(Timer::after(duration));
        }
        let end = Arc::new(EndOfWait::default());
        let thread_end = Arc::clone(&end);
        match try_spawn_blocking(move || thread_end.wait(duration)) {
            Ok(waiting) => Delay::Thread { waiting, _end: End(end) },
            // Without a thread there is the paused clock, which the test may advance.
            Err(_) => Delay::Timer(Timer::after(duration)),
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Delay::Timer(timer) => timer.poll(cx),
            Delay::Thread { waiting, .. } => Pin::new(waiting).poll(cx).map(drop),
        }
    }
}

/// Dropped with the delay, it ends the thread's wait.
pub(crate) struct End(Arc<EndOfWait>);

impl Drop for End {
    fn drop(&mut self) {
        *self.0.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.news.notify_one();
    }
}

/// What a thread waits for. A channel would say it in fewer lines, but brings all kinds of channels into each program that
/// connects by name.
#[derive(Default)]
struct EndOfWait {
    has_come: Mutex<bool>,
    news: Condvar,
}

impl EndOfWait {
    fn wait(&self, duration: Duration) {
        let has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        let _come_or_not = self.news.wait_timeout_while(has_come, duration, |has_come| !*has_come);
    }
}
