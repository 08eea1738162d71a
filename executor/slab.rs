#![forbid(unsafe_code)]

use std::mem;

/// How many bits of a key name the slot.
const INDEX_BITS: u32 = 26;

/// How many bits of a key count the reuses of its slot. They may wrap: a key is a hint wherever it is not owned.
const GENERATION_BITS: u32 = 26;

/// How many entries a slab holds at most, 67,108,863. The index of all ones is left out, so that it can mean no slot.
const MAX_ENTRIES: usize = INDEX_MASK as usize;

const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: u32 = (1 << GENERATION_BITS) - 1;

/// The generation of a new slot. The second reuse of each slot wraps, so that no program gets far without it.
const FIRST_GENERATION: u32 = GENERATION_MASK - 1;

/// Ends the list of vacant slots.
const NONE: u32 = u32::MAX;

/// The name of an entry in a [`Slab`]: its slot, and which reuse of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl Key {
    /// The low `INDEX_BITS + GENERATION_BITS` bits of the result hold the key, the others are zero.
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.generation) << INDEX_BITS | u64::from(self.index)
    }

    /// The key of the low bits; the others are ignored.
    pub(crate) fn from_bits(bits: u64) -> Key {
        Key { index: bits as u32 & INDEX_MASK, generation: (bits >> INDEX_BITS) as u32 & GENERATION_MASK }
    }
}

/// A table whose entries keep their place, and whose keys tell a stale name from a live one. The tests have small ones.
pub(crate) struct Slab<T, const LIMIT: usize = MAX_ENTRIES> {
    slots: Vec<Slot<T>>,
    /// The first of the vacant slots, which form a list: the last one freed is reused first, while its memory is warm.
    vacant: u32,
    len: usize,
}

struct Slot<T> {
    generation: u32,
    entry: Entry<T>,
}

enum Entry<T> {
    Vacant { next: u32 },
    Occupied(T),
}

impl<T, const LIMIT: usize> Default for Slab<T, LIMIT> {
    fn default() -> Slab<T, LIMIT> {
        Slab { slots: Vec::new(), vacant: NONE, len: 0 }
    }
}

impl<T, const LIMIT: usize> Slab<T, LIMIT> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        if self.vacant == NONE {
            self.grow();
        }
        let index = self.vacant;
        let Slot { generation, entry } = &mut self.slots[index as usize];
        let Entry::Vacant { next } = *entry else { unreachable!("slot {index} is taken") };
        self.vacant = next;
        *entry = Entry::Occupied(value);
        self.len += 1;
        Key { index, generation: *generation }
    }

    #[cold]
    fn grow(&mut self) {
        let index = self.slots.len();
        assert!(index < LIMIT, "more than {LIMIT} sockets, timers or tasks of a group are live");
        self.vacant = index as u32;
        self.slots.push(Slot { generation: FIRST_GENERATION, entry: Entry::Vacant { next: NONE } });
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.slots.get_mut(key.index as usize) {
            Some(Slot { generation, entry: Entry::Occupied(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        match self.slots.get(key.index as usize) {
            Some(Slot { generation, entry: Entry::Occupied(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    /// The entry of a slot that is known to be occupied.
    pub(super) fn at_mut(&mut self, index: u32) -> &mut T {
        match &mut self.slots[index as usize].entry {
            Entry::Occupied(value) => value,
            Entry::Vacant { .. } => unreachable!("slot {index} is vacant"),
        }
    }

    /// The key of the entry of a slot that is known to be occupied.
    pub(super) fn key_at(&self, index: u32) -> Key {
        Key { index, generation: self.slots[index as usize].generation }
    }

    /// Takes the entry out, and makes its key stale.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.generation == key.generation)?;
        let Entry::Occupied(_) = slot.entry else { return None };
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        self.len -= 1;
        let next = mem::replace(&mut self.vacant, key.index);
        match mem::replace(&mut slot.entry, Entry::Vacant { next }) {
            Entry::Occupied(value) => Some(value),
            Entry::Vacant { .. } => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match &slot.entry {
            Entry::Occupied(value) => Some(value),
            Entry::Vacant { .. } => None,
        })
    }

    /// Takes any one entry out. Emptying a slab this way looks at each slot a constant number of times.
    pub(crate) fn pop(&mut self) -> Option<T> {
        while let Some(slot) = self.slots.pop() {
            if let Entry::Occupied(value) = slot.entry {
                self.len -= 1;
                // The list of vacant slots may lead to slots that are gone now; the slab is on its way out.
                self.vacant = NONE;
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn stale_keys_find_nothing() {
        let mut slab: Slab<_> = Slab::default();
        let first = slab.insert("first");
        assert_eq!(slab.remove(first), Some("first"));
        let second = slab.insert("second");
        assert_eq!(second.index, first.index);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get_mut(second), Some(&mut "second"));
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn generations_wrap_within_their_bits() {
        let mut slab: Slab<u32> = Slab::default();
        let keys: Vec<Key> = (0..4)
            .map(|number| {
                let key = slab.insert(number);
                assert_eq!(Key::from_bits(key.to_bits() | 0xfff << 52), key);
                assert_eq!(slab.remove(key), Some(number));
                key
            })
            .collect();
        assert!(keys.iter().map(|key| key.generation).eq([GENERATION_MASK - 1, GENERATION_MASK, 0, 1]));
    }

    #[test]
    fn a_slab_that_is_full_says_so_and_is_as_it_was() {
        let mut slab: Slab<u32, 3> = Slab::default();
        let keys = [0, 1, 2].map(|number| slab.insert(number));
        let refused = catch_unwind(AssertUnwindSafe(|| slab.insert(3))).unwrap_err();
        let said = refused.downcast_ref::<String>().unwrap();
        assert_eq!(said, "more than 3 sockets, timers or tasks of a group are live");
        assert_eq!((slab.len(), keys.map(|key| slab.get(key).copied())), (3, [Some(0), Some(1), Some(2)]));
        assert_eq!(slab.remove(keys[1]), Some(1));
        assert_eq!(slab.insert(4).index, keys[1].index);
    }

    #[test]
    fn pop_empties() {
        let mut slab: Slab<_> = Slab::default();
        let keys: Vec<Key> = (0..10).map(|i| slab.insert(i)).collect();
        slab.remove(keys[9]);
        slab.remove(keys[3]);
        assert!(slab.iter().copied().eq([0, 1, 2, 4, 5, 6, 7, 8]));
        assert_eq!(std::iter::from_fn(|| slab.pop()).count(), 8);
        let key = slab.insert(99);
        assert_eq!((slab.len(), slab.get(key)), (1, Some(&99)));
    }
}
