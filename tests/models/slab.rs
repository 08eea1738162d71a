//! The slab: a key finds its entry and no other, until that is removed. Slots are used again, the last one freed first, and
//! the generations of their keys wrap. Stale keys, those of another slab and forged ones are hints.

use std::collections::BTreeMap;

use super::Program;

#[path = "../../executor/slab.rs"]
#[allow(clippy::module_inception)]
mod slab;

use slab::{Key, Slab};

/// How many slots forged keys name: those that are used most.
const FORGED_SLOTS: usize = 8;

/// As many generations as there are before a key comes again.
const GENERATIONS: u32 = 1 << 26;

/// A slab of numbers, and the reference.
#[derive(Default)]
struct Both {
    slab: Slab<usize>,
    entries: BTreeMap<Key, usize>,
    /// The keys that will come next, the last one first.
    freed: Vec<Key>,
    slots: u32,
}

impl Both {
    fn insert(&mut self, value: usize) -> Key {
        let key = self.slab.insert(value);
        match self.freed.pop() {
            Some(expected) => assert_eq!(key, expected, "the slot that was freed last"),
            None => {
                assert_eq!(key.index, self.slots, "a new slot");
                self.slots += 1;
            }
        }
        assert_eq!(self.entries.insert(key, value), None, "two entries have one key");
        key
    }

    fn remove(&mut self, key: Key) {
        let expected = self.entries.remove(&key);
        assert_eq!(self.slab.remove(key), expected);
        if expected.is_some() {
            self.freed.push(Key { generation: (key.generation + 1) % GENERATIONS, ..key });
        }
    }

    fn replace(&mut self, key: Key, value: usize) {
        let expected = self.entries.get_mut(&key);
        let found = self.slab.get_mut(key);
        assert_eq!(found.as_deref(), expected.as_deref());
        if let (Some(found), Some(expected)) = (found, expected) {
            (*found, *expected) = (value, value);
        }
    }

    fn empty(&mut self) {
        let mut popped: Vec<usize> = std::iter::from_fn(|| self.slab.pop()).collect();
        let mut expected: Vec<usize> = self.entries.values().copied().collect();
        popped.sort_unstable();
        expected.sort_unstable();
        assert_eq!((popped, self.slab.len()), (expected, 0));
        *self = Both::default();
    }

    fn check(&mut self, keys: &[Key]) {
        assert_eq!(self.slab.len(), self.entries.len());
        // A slot has one entry at most, so the order of the keys is that of the slots.
        assert!(self.slab.iter().eq(self.entries.values()));
        for &key in keys {
            assert_eq!(self.slab.get(key), self.entries.get(&key), "{key:?}");
        }
        for (&key, value) in &self.entries {
            assert_eq!((self.slab.key_at(key.index), &*self.slab.at_mut(key.index)), (key, value));
            assert_eq!(Key::from_bits(key.to_bits() | 0xfff << 52), key, "the upper bits are another's");
        }
    }
}

/// A key that nobody was given, or that is by chance one of those.
fn forged(slot: usize, generation: usize) -> Key {
    // From a few before the wrap to a few after it.
    let generation = (GENERATIONS - 4 + generation as u32 % 8) % GENERATIONS;
    Key { index: (slot % FORGED_SLOTS) as u32, generation }
}

pub fn run(program: &[u8]) {
    let mut program = Program::new(program);
    let (mut slabs, mut keys) = (<[Both; 2]>::default(), Vec::new());
    while let Some(command) = program.next() {
        let argument = program.below(256);
        let known: Option<Key> = keys.get(argument % keys.len().max(1)).copied();
        let both = &mut slabs[command / 8 % 2];
        match (command % 8, known) {
            (2 | 3, Some(key)) => both.remove(key),
            (4, Some(key)) => both.replace(key, keys.len()),
            (5, _) => both.remove(forged(argument, argument / FORGED_SLOTS)),
            (6, _) => both.replace(forged(argument, argument / FORGED_SLOTS), argument),
            (7, _) if argument.is_multiple_of(32) => both.empty(),
            _ => keys.push(both.insert(argument)),
        }
        both.check(&keys);
    }
}
