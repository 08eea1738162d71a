//! Panics for what only a mistake in the program can cause, each with a sentence that says what to do.

#![forbid(unsafe_code)]

use std::io;

/// Said where a runtime is used in a child of the process that made it. The epoll instance is still that of the parent.
pub(super) const FORKED: &str =
    "the runtime was made before a fork, and belongs to the parent process: make a new one in the child, or exec";

#[cold]
#[track_caller]
pub(crate) fn no_runtime(what: &str) -> ! {
    panic!("{what} outside of a runtime: do it inside `epore::block_on`, or in a task that a runtime runs")
}

#[cold]
#[track_caller]
pub(crate) fn already_paused() -> ! {
    panic!("`time::pause` was called while the clock is paused: call it once, or ask `time::is_paused` first")
}

#[cold]
#[track_caller]
pub(crate) fn not_paused(what: &str) -> ! {
    panic!(
        "{what} while the clock is running: call `time::pause` first, or make the runtime with \
         `epore::Builder::start_paused`"
    )
}

#[cold]
#[track_caller]
pub(super) fn advance_elsewhere() -> ! {
    panic!("`time::advance` was awaited in another runtime than the one whose clock it moves: await it where it began")
}

#[cold]
#[track_caller]
pub(super) fn no_thread(error: &io::Error) -> ! {
    panic!("`spawn_blocking` cannot start its first thread: {error}")
}

#[cold]
#[track_caller]
pub(super) fn nested_block_on() -> ! {
    panic!(
        "`block_on` was called inside of a runtime, where it would stop all other tasks: await the future, spawn it, \
         or move it to a thread with `epore::spawn_blocking`"
    )
}

#[cold]
#[track_caller]
pub(super) fn without_scope(key: &str) -> ! {
    panic!(
        "the task-local `{key}` has no value here: read it inside of `{key}.scope(value, future)`; a task that is \
         spawned there needs a scope of its own"
    )
}

#[cold]
#[track_caller]
pub(super) fn scope_within_with(key: &str) -> ! {
    panic!(
        "a scope of the task-local `{key}` was entered inside of `{key}.with`, which still reads the value: take out \
         what you need, and enter the scope after that"
    )
}

#[cold]
#[track_caller]
pub(super) fn nested_turn() -> ! {
    panic!("`Runtime::turn` was called inside of a runtime, whose tasks run without it: call it from the loop outside")
}
