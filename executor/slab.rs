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

/// A table whose entries keep their place, and whose keys tell a stale name from a live one.
pub(crate) struct Slab<T> {
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

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { slots: Vec::new(), vacant: NONE, len: 0 }
    }
}

impl<T> Slab<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        if self.vacant == NONE {
            self.grow();
        }
        let index = self.vacant;
        let Slot { generation, entry } = &mut self.slots[index as usize];
        if let Entry::Vacant { next } = *entry {
            self.vacant = next;
        }
        *entry = Entry::Occupied(value);
        self.len += 1;
        Key { index, generation: *generation }
    }

    #[cold]
    fn grow(&mut self) {
        self.vacant = next_index(self.slots.len());
        self.slots.push(Slot { generation: 0, entry: Entry::Vacant { next: NONE } });
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

/// The index of a new slot after `len` others.
fn next_index(len: usize) -> u32 {
    assert!(len < MAX_ENTRIES, "more than {MAX_ENTRIES} sockets, timers or tasks of a group are live");
    len as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_keys_find_nothing() {
        let mut slab = Slab::default();
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
        let mut slab = Slab::default();
        let mut key = slab.insert(0);
        slab.slots[0].generation = GENERATION_MASK;
        key.generation = GENERATION_MASK;
        assert_eq!(Key::from_bits(key.to_bits() | 0xfff << 52), key);
        slab.remove(key);
        assert_eq!(slab.insert(1).generation, 0);
    }

    #[test]
    #[should_panic = "more than 67108863 sockets, timers or tasks of a group are live"]
    fn a_slab_that_is_full_says_so() {
        assert_eq!(next_index(MAX_ENTRIES - 1), INDEX_MASK - 1);
        next_index(MAX_ENTRIES);
    }

    #[test]
    fn pop_empties() {
        let mut slab = Slab::default();
        let keys: Vec<Key> = (0..10).map(|i| slab.insert(i)).collect();
        slab.remove(keys[9]);
        slab.remove(keys[3]);
        assert!(slab.iter().copied().eq([0, 1, 2, 4, 5, 6, 7, 8]));
        assert_eq!(std::iter::from_fn(|| slab.pop()).count(), 8);
        let key = slab.insert(99);
        assert_eq!((slab.len(), slab.get(key)), (1, Some(&99)));
    }
}
