//! What is random here follows from a seed, so that a run can be repeated, and each byte of it be known beforehand.

use std::ops::Range;

/// A generator of the kind xorshift64*.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// Seeds that are close to each other give sequences that are not.
    pub fn new(seed: u64) -> Random {
        // The finalizer of splitmix64. Zero is the one state that a xorshift never leaves.
        let mixed = (seed ^ (seed >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Random((mixed ^ (mixed >> 27)).max(1))
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn within(&mut self, range: Range<usize>) -> usize {
        range.start + (self.next() % range.len() as u64) as usize
    }
}

/// The bytes that a seed stands for, one after another: written at one end, and compared at the other.
pub struct Pattern {
    random: Random,
    word: [u8; 8],
    used: usize,
}

impl Pattern {
    pub fn new(seed: u64) -> Pattern {
        Pattern { random: Random::new(seed), word: [0; 8], used: 8 }
    }

    pub fn fill(&mut self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.next());
    }

    /// Whether these are the next bytes.
    pub fn is_next(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().fold(true, |same, &byte| same & (byte == self.next()))
    }

    fn next(&mut self) -> u8 {
        if self.used == self.word.len() {
            self.word = self.random.next().to_ne_bytes();
            self.used = 0;
        }
        self.used += 1;
        self.word[self.used - 1]
    }
}
