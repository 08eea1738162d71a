//! R1, R7, R10, R20: random programs on the runtime and on plain references, see `tests/models/`. Where they differ, the program
//! is made as short as can be, and shown.

#![forbid(unsafe_code)]

#[path = "models/mod.rs"]
mod models;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

/// How many programs each model runs, of how many bytes at most.
const PROGRAMS: u32 = 400;
const BYTES: usize = 300;

fn agree(model: fn(&[u8])) {
    let _storm = storm::begin();
    // Where a failure was found is said by its message; no file is kept.
    let config = Config { cases: PROGRAMS, failure_persistence: None, ..Config::default() };
    let programs = vec(any::<u8>(), 0..BYTES);
    let result = TestRunner::new(config).run(&programs, |program| {
        model(&program);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_run_queue_does_as_its_model() {
    agree(models::queue::run);
}

#[test]
fn a_socket_does_as_its_model() {
    agree(models::stream::run);
}

#[test]
fn timers_do_as_their_model() {
    agree(models::timers::run);
}

/// R7.
#[test]
fn the_slab_does_as_its_model() {
    agree(models::slab::run);
}

#[test]
fn the_names_of_tasks_do_as_their_model() {
    agree(models::tasks::run);
}
