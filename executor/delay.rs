#![forbid(unsafe_code)]

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::blocking::{Wanted, try_spawn_blocking};
use super::context;
use super::core::Core;
use super::nap::Nap;
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
        let nap = Arc::new(Nap::default());
        let sleeper = Arc::clone(&nap);
        match try_spawn_blocking(move || sleeper.sleep(duration)) {
            Ok(waiting) => Delay::Thread { waiting, _end: End(nap) },
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

/// Dropped with the delay, it ends the thread's sleep.
pub(crate) struct End(Arc<Nap>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}
