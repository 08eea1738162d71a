//! Runtimes whose clock is paused.

use std::thread;

use epore::Builder;

/// Runs `f` on a thread of its own, in a runtime whose clock is paused, and fails if it has not returned in time. No timer
/// of the runtime could see to that.
pub fn paused<T: Send + 'static>(f: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    run(Builder::new().start_paused(true), f)
}

/// As [`paused`], with a clock that moves by itself when nothing else can happen.
pub fn auto_advancing<T: Send + 'static>(f: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    run(Builder::new().start_paused(true).auto_advance(true), f)
}

fn run<T: Send + 'static>(builder: Builder, f: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let name = thread::current().name().unwrap_or_default().to_owned();
    super::in_time(&name, move || builder.build().unwrap().block_on(f()))
}
