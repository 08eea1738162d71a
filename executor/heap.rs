#![forbid(unsafe_code)]

use std::cell::Cell;

use super::slab::{Key, Slab};

/// How many children a node of the heap has. Four entries are one cache line, and the tree is half as deep as with two.
const ARITY: usize = 4;

/// How many nodes may wait for their place in the tree. The first of all is looked for among them: four cache lines.
const MAX_WAITING: usize = 16;

/// A slab whose entries stand in a heap by deadline, until they are taken off it.
///
/// Most timers guard against something that does not happen, and go soon after they have come. So a node that comes
/// waits behind the tree, in no order, and finds its place there when so many others have come after it. If it goes
/// before, it costs the same however large the tree is, and wherever in it the node would have stood.
pub(super) struct Heap<T> {
    /// The tree, each node not later than its children, and behind it those that wait.
    nodes: Vec<Node>,
    /// How many nodes the tree has.
    tree: usize,
    /// None of those that wait has an earlier deadline. One that had it may have gone, and nobody has looked since.
    bound: Cell<u64>,
    /// Where the one stood that had it when somebody looked last.
    bearer: Cell<usize>,
    slots: Slab<Slot<T>>,
}

#[derive(Clone, Copy)]
struct Node {
    deadline: u64,
    slot: u32,
}

struct Slot<T> {
    /// Where its node stands, as long as it has one.
    place: Option<u32>,
    value: T,
}

impl<T> Default for Heap<T> {
    fn default() -> Heap<T> {
        Heap { nodes: Vec::new(), tree: 0, bound: Cell::new(u64::MAX), bearer: Cell::new(0), slots: Slab::default() }
    }
}

impl<T> Heap<T> {
    pub(super) fn insert(&mut self, deadline: u64, value: T) -> Key {
        let key = self.slots.insert(Slot { place: Some(self.nodes.len() as u32), value });
        self.append(Node { deadline, slot: key.index });
        key
    }

    /// Takes an entry out, whether or not it stands in the heap.
    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.remove(key)?;
        if let Some(place) = slot.place {
            self.take(place as usize);
        }
        Some(slot.value)
    }

    /// Gives an entry of the heap another deadline. False means that it is not in the heap.
    pub(super) fn move_to(&mut self, key: Key, deadline: u64) -> bool {
        let Some(Slot { place: Some(place), .. }) = self.slots.get(key) else { return false };
        let place = *place as usize;
        let node = Node { deadline, slot: key.index };
        if place < self.tree {
            self.fill(place, node);
        } else {
            self.nodes[place] = node;
            self.learn(deadline);
        }
        true
    }

    /// How many entries there are, whether or not they stand in the heap.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no entry stands in the heap.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The earliest deadline in the heap.
    pub(super) fn first_deadline(&self) -> Option<u64> {
        self.nodes.first().map(|first| first.deadline.min(self.first_waiting()))
    }

    /// Whether two deadlines or more are not after the given one. The second of the tree is among the children of the first.
    pub(super) fn has_two_by(&self, deadline: u64) -> bool {
        let (tree, waiting) = self.nodes.split_at(self.tree);
        let candidates = tree.iter().take(1 + ARITY).chain(waiting);
        candidates.filter(|node| node.deadline <= deadline).nth(1).is_some()
    }

    /// Takes the first entry off the heap if its deadline is not after `now`. It keeps its place in the slab.
    pub(super) fn take_first(&mut self, now: u64) -> Option<&mut T> {
        let waiting = if self.bound.get() > now { u64::MAX } else { self.first_waiting() };
        let first = self.nodes.first()?.deadline;
        let (place, deadline) = if waiting < first { (self.bearer.get(), waiting) } else { (0, first) };
        if deadline > now {
            return None;
        }
        let slot = self.nodes[place].slot;
        self.take(place);
        let slot = self.slots.at_mut(slot);
        slot.place = None;
        Some(&mut slot.value)
    }

    /// The value of an entry that stands in the heap.
    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.slots.get_mut(key).filter(|slot| slot.place.is_some()).map(|slot| &mut slot.value)
    }

    /// As [`get_mut`](Heap::get_mut).
    pub(super) fn get(&self, key: Key) -> Option<&T> {
        self.slots.get(key).filter(|slot| slot.place.is_some()).map(|slot| &slot.value)
    }

    /// Takes any one entry out of a heap that is on its way out: first those that stand in it, then the others.
    pub(super) fn pop(&mut self) -> Option<T> {
        match self.nodes.last() {
            Some(last) => self.remove(self.slots.key_at(last.slot)),
            None => self.slots.pop().map(|slot| slot.value),
        }
    }

    /// The earliest deadline of those that wait, if it is before the first of the tree. As long as one stands where it was
    /// found, nobody need look again. If that is in the tree by now, the first of the tree is no later.
    fn first_waiting(&self) -> u64 {
        let bound = self.bound.get();
        let is_borne = self.nodes.get(self.bearer.get()).is_some_and(|node| node.deadline == bound);
        if is_borne { bound } else { self.look() }
    }

    /// Looks for the earliest deadline of those that wait.
    fn look(&self) -> u64 {
        let waiting = self.nodes.iter().enumerate().skip(self.tree);
        let earliest = waiting.min_by_key(|(_, node)| node.deadline);
        let (bearer, bound) = earliest.map_or((0, u64::MAX), |(place, node)| (place, node.deadline));
        self.bearer.set(bearer);
        self.bound.set(bound);
        bound
    }

    /// Takes note of a deadline that comes.
    fn learn(&self, deadline: u64) {
        self.bound.set(self.bound.get().min(deadline));
    }

    /// Adds a node to those that wait. If they are too many, the one that stands next to the tree finds its place.
    fn append(&mut self, node: Node) {
        self.nodes.push(node);
        self.learn(node.deadline);
        if self.nodes.len() - self.tree > MAX_WAITING {
            let next = self.nodes[self.tree];
            self.tree += 1;
            self.sift_up(self.tree - 1, next);
        }
    }

    /// Takes a node out. The last of those that wait fills its place or, if it was one of the tree, the place beside the
    /// tree that is free then.
    fn take(&mut self, place: usize) {
        let free = if place < self.tree { self.take_from_tree(place) } else { place };
        if let Some(last) = self.nodes.pop()
            && free < self.nodes.len()
        {
            self.put(free, last);
        }
    }

    /// Lets the last node of the tree take the place of another, and says where the last one stood.
    #[cold]
    fn take_from_tree(&mut self, place: usize) -> usize {
        self.tree -= 1;
        if place < self.tree {
            self.fill(place, self.nodes[self.tree]);
        }
        self.tree
    }

    fn fill(&mut self, place: usize, node: Node) {
        let parent = place.checked_sub(1).map(|below| self.nodes[below / ARITY]);
        if parent.is_some_and(|parent| node.deadline < parent.deadline) {
            self.sift_up(place, node);
        } else {
            self.sift_down(place, node);
        }
    }

    fn sift_up(&mut self, mut place: usize, node: Node) {
        while place > 0 {
            let above = (place - 1) / ARITY;
            let parent = self.nodes[above];
            if parent.deadline <= node.deadline {
                break;
            }
            self.put(place, parent);
            place = above;
        }
        self.put(place, node);
    }

    fn sift_down(&mut self, mut place: usize, node: Node) {
        loop {
            let first = place * ARITY + 1;
            let children = self.nodes[..self.tree].get(first..).unwrap_or_default();
            let mut earliest = (place, node);
            for (nth, &child) in children.iter().take(ARITY).enumerate() {
                if child.deadline < earliest.1.deadline {
                    earliest = (first + nth, child);
                }
            }
            if earliest.0 == place {
                break;
            }
            self.put(place, earliest.1);
            place = earliest.0;
        }
        self.put(place, node);
    }

    fn put(&mut self, place: usize, node: Node) {
        self.nodes[place] = node;
        self.slots.at_mut(node.slot).place = Some(place as u32);
    }
}
