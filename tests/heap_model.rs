//! The heap of the timers against the simplest thing that does the same: random operations on both, and what they show
//! must agree.

#![forbid(unsafe_code)]

#[path = "../executor/heap.rs"]
mod heap;
#[path = "../executor/slab.rs"]
#[allow(dead_code)]
mod slab;

use std::collections::{BTreeMap, BTreeSet};

use heap::Heap;
use slab::Key;

const SEEDS: u64 = 120;
const STEPS: u64 = 1000;

/// A small generator of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// In which order deadlines come, at each step.
const ORDERS: [fn(u64, &mut Random) -> u64; 6] = [
    |step, _| step,
    |step, _| STEPS - step,
    |_, _| 7,
    |_, random| random.below(10),
    |_, random| random.below(1_000_000_000),
    |step, random| if random.below(4) == 0 { u64::MAX } else { step + random.below(100) },
];

/// A heap of numbers, and what must be true of it.
#[derive(Default)]
struct Model {
    heap: Heap<u64>,
    /// The deadlines of those that stand in the heap.
    linked: BTreeMap<u64, u64>,
    order: BTreeSet<(u64, u64)>,
    keys: BTreeMap<u64, Key>,
}

impl Model {
    fn insert(&mut self, id: u64, deadline: u64) {
        self.keys.insert(id, self.heap.insert(deadline, id));
        self.link(id, deadline);
    }

    fn link(&mut self, id: u64, deadline: u64) {
        self.linked.insert(id, deadline);
        self.order.insert((deadline, id));
    }

    /// Whether it was there.
    fn unlink(&mut self, id: u64) -> bool {
        let deadline = self.linked.remove(&id);
        deadline.is_some_and(|deadline| self.order.remove(&(deadline, id)))
    }

    fn remove(&mut self, id: u64) {
        let key = self.keys.remove(&id).unwrap();
        assert_eq!(self.heap.remove(key), Some(id));
        assert_eq!(self.heap.remove(key), None);
        self.unlink(id);
    }

    fn move_to(&mut self, id: u64, deadline: u64) {
        let was_linked = self.unlink(id);
        assert_eq!(self.heap.move_to(self.keys[&id], deadline), was_linked);
        if was_linked {
            self.link(id, deadline);
        }
    }

    fn take_first(&mut self, now: u64) -> bool {
        let earliest = self.order.first().map(|&(deadline, _)| deadline).filter(|&deadline| deadline <= now);
        let taken = self.heap.take_first(now).copied();
        // Of those with the same deadline any may come first.
        assert_eq!(taken.map(|id| self.linked[&id]), earliest);
        taken.is_some_and(|id| self.unlink(id))
    }

    fn check(&mut self, id: u64) {
        assert_eq!(self.heap.len(), self.keys.len());
        assert_eq!(self.heap.is_empty(), self.linked.is_empty());
        assert_eq!(self.heap.first_deadline(), self.order.first().map(|&(deadline, _)| deadline));
        let second = self.order.iter().nth(1).map(|&(deadline, _)| deadline);
        let any = self.linked.get(&id).copied().unwrap_or_default();
        for limit in [0, any, second.unwrap_or_default(), second.unwrap_or_default().saturating_sub(1), u64::MAX] {
            assert_eq!(self.heap.has_two_by(limit), second.is_some_and(|second| second <= limit));
        }
        let linked = self.linked.contains_key(&id).then_some(id);
        assert_eq!(self.heap.get(self.keys[&id]).copied(), linked);
        assert_eq!(self.heap.get_mut(self.keys[&id]).copied(), linked);
    }

    /// One that is there, whether or not it stands in the heap.
    fn any(&self, random: &mut Random) -> Option<u64> {
        self.keys.keys().nth(random.below(self.keys.len().max(1) as u64) as usize).copied()
    }
}

#[test]
fn the_heap_agrees_with_an_ordered_set() {
    for seed in 1..=SEEDS {
        let mut random = Random(seed);
        let mut model = Model::default();
        let deadline = ORDERS[seed as usize % ORDERS.len()];
        // Some heaps stay small, so that none gets into the tree, and some grow.
        let growth = 2 + random.below(7);
        for step in 0..STEPS {
            let time = deadline(step, &mut random);
            match (random.below(10), model.any(&mut random)) {
                (choice, Some(id)) if choice >= growth && choice % 2 == 0 => model.remove(id),
                (choice, Some(id)) if choice >= growth => model.move_to(id, time),
                (0, _) => while model.take_first(time) && random.below(8) != 0 {},
                _ => model.insert(step, time),
            }
            if let Some(id) = model.any(&mut random).filter(|_| random.below(3) == 0) {
                model.check(id);
            }
        }
        while model.take_first(u64::MAX) {}
        assert!(model.order.is_empty());
        let ids: Vec<u64> = model.keys.keys().copied().collect();
        ids.into_iter().for_each(|id| model.remove(id));
        assert_eq!(model.heap.pop(), None);
    }
}

#[test]
fn popping_empties_the_heap_and_its_slab() {
    let mut heap = Heap::default();
    let keys: Vec<Key> = (0..100).map(|number| heap.insert(number, number)).collect();
    assert_eq!(heap.take_first(50), Some(&mut 0));
    assert_eq!(heap.remove(keys[60]), Some(60));
    assert_eq!(std::iter::from_fn(|| heap.pop()).count(), 99);
    assert_eq!(heap.first_deadline(), None);
}
