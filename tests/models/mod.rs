//! Models: a program of bytes drives the runtime and the simplest thing that does the same, and what they show must agree.
//! The programs come from proptest in `tests/models.rs`, and from a fuzzer in `fuzz/`.

pub mod queue;
pub mod slab;
pub mod stream;
pub mod tasks;
pub mod timers;

/// Reads a program: commands and their arguments, a byte each.
pub struct Program<'a>(&'a [u8]);

impl<'a> Program<'a> {
    pub fn new(bytes: &'a [u8]) -> Program<'a> {
        Program(bytes)
    }

    pub fn next(&mut self) -> Option<usize> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(first))
    }

    /// An argument below `limit`. A program that ends early has zeros.
    pub fn below(&mut self, limit: usize) -> usize {
        self.next().unwrap_or(0) % limit
    }
}
