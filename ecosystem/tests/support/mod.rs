//! What the tests share, beside what those of Epore itself share.

#![allow(dead_code, unused_imports)]

#[path = "../../../tests/support/mod.rs"]
mod epore;

pub mod certificate;
pub mod few_descriptors;
pub mod folder;
pub mod server;

pub use epore::examples::{Server, example, run};
pub use epore::polls::run as run_future;
pub use epore::{PATIENCE, in_time, program, wait_until};
