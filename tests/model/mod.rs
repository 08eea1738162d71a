//! What the model tests share: loom's types under the names that the library's own sources use.
//!
//! A model runs once for each interleaving of its threads, up to a number of preemptions. A wake-up that is lost is a
//! deadlock, which loom reports.

#![forbid(unsafe_code)]
#![allow(dead_code)]

pub mod descriptors;
pub mod fresh;
pub mod reactor;
pub mod sync;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The runs of all models.
static RUNS: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// Which run of a model this thread is in. All threads of a model are one thread of the system.
    static RUN: Cell<usize> = const { Cell::new(0) };
}

/// How often a thread is interrupted at most where it need not wait. Three find nearly all that any number would, see
/// "Iterative context bounding for systematic testing of multithreaded programs" (Musuvathi and Qadeer, 2007).
const PREEMPTIONS: usize = 3;

/// Runs a model under every interleaving, up to so many preemptions, and says how many there were.
pub fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        RUN.set(RUNS.fetch_add(1, Relaxed));
        model();
    });
    println!("{name}: {} interleavings", runs.load(Relaxed));
}
