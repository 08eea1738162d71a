#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::mem;
use std::task::{Context, Poll, Waker};

use super::slab::{Key, Slab};
use super::wakes::Wakes;

/// How many children a node of the heap has. Four entries are one cache line, and the tree is half as deep as with two.
const ARITY: usize = 4;

/// The timers of a runtime, in a heap by deadline.
///
/// Deadlines are nanoseconds since the runtime began. Most timers guard against something that does not happen: they
/// are armed later than all others, at the bottom of the heap, and cancelled there, both without a single swap.
#[derive(Default)]
pub(super) struct Timers {
    heap: Vec<Node>,
    slots: Slab<Slot>,
}

#[derive(Clone, Copy)]
struct Node {
    deadline: u64,
    timer: Key,
}

struct Slot {
    state: State,
    waker: Waker,
}

enum State {
    /// Where in the heap the timer stands.
    Armed(u32),
    Fired,
}

impl Slot {
    fn has_fired(&self) -> bool {
        matches!(self.state, State::Fired)
    }
}

impl Timers {
    pub(super) fn insert(&mut self, deadline: u64, waker: Waker) -> Key {
        let timer = self.slots.insert(Slot { state: State::Fired, waker });
        self.put_node(Node { deadline, timer });
        timer
    }

    /// Cancels a timer, if it is still there. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, timer: Key) -> Option<Waker> {
        let slot = self.slots.remove(timer)?;
        if let State::Armed(place) = slot.state {
            self.take_node(place as usize);
        }
        Some(slot.waker)
    }

    /// Gives a timer another deadline. False means that it has fired.
    pub(super) fn move_to(&mut self, timer: Key, deadline: u64) -> bool {
        let Some(Slot { state: State::Armed(place), .. }) = self.slots.get(timer) else { return false };
        self.take_node(*place as usize);
        self.put_node(Node { deadline, timer });
        true
    }

    /// Ready if the timer has fired. If not, whoever asks will be woken when it does.
    pub(super) fn poll(timers: &RefCell<Timers>, timer: Key, cx: &mut Context<'_>) -> Poll<()> {
        let known = match timers.borrow().slots.get(timer) {
            Some(slot) if !slot.has_fired() => slot.waker.will_wake(cx.waker()),
            _ => return Poll::Ready(()),
        };
        if !known {
            // Cloning and dropping wakers is foreign code, which runs outside of the borrow.
            let waker = cx.waker().clone();
            let former = timers.borrow_mut().replace_waker(timer, waker);
            drop(former);
        }
        Poll::Pending
    }

    fn replace_waker(&mut self, timer: Key, waker: Waker) -> Option<Waker> {
        self.slots.get_mut(timer).map(|slot| mem::replace(&mut slot.waker, waker))
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.heap.first().map(|node| node.deadline)
    }

    /// Fires all timers whose deadline is not after `now`, and wakes whom they wake, earliest first. Says whether any
    /// has fired.
    pub(super) fn expire(&mut self, now: u64, wakes: &mut Wakes<'_>) -> bool {
        let mut fired = false;
        while let Some(first) = self.heap.first().filter(|first| first.deadline <= now) {
            let timer = first.timer;
            self.take_node(0);
            if let Some(slot) = self.slots.get_mut(timer) {
                slot.state = State::Fired;
                fired = true;
                wakes.push(mem::replace(&mut slot.waker, Waker::noop().clone()));
            }
        }
        fired
    }

    /// Forgets any one timer, or says that there is none. Its waker is to be dropped outside of all borrows.
    pub(super) fn pop(&mut self) -> Option<Waker> {
        self.heap.clear();
        self.slots.pop().map(|slot| slot.waker)
    }

    fn put_node(&mut self, node: Node) {
        self.heap.push(node);
        self.sift_up(self.heap.len() - 1, node);
    }

    /// Takes a node out of the heap and lets the last one fill its place.
    fn take_node(&mut self, place: usize) {
        let Some(last) = self.heap.pop() else { return };
        if place == self.heap.len() {
            return;
        }
        let parent = place.checked_sub(1).map(|below| self.heap[below / ARITY]);
        if parent.is_some_and(|parent| last.deadline < parent.deadline) {
            self.sift_up(place, last);
        } else {
            self.sift_down(place, last);
        }
    }

    fn sift_up(&mut self, mut place: usize, node: Node) {
        while place > 0 {
            let above = (place - 1) / ARITY;
            let parent = self.heap[above];
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
            let children = self.heap.get(first..).unwrap_or_default().iter().take(ARITY);
            let earliest = children.enumerate().min_by_key(|(_, child)| child.deadline);
            let Some((nth, &child)) = earliest.filter(|(_, child)| child.deadline < node.deadline) else {
                break;
            };
            self.put(place, child);
            place = first + nth;
        }
        self.put(place, node);
    }

    fn put(&mut self, place: usize, node: Node) {
        self.heap[place] = node;
        if let Some(slot) = self.slots.get_mut(node.timer) {
            slot.state = State::Armed(place as u32);
        }
    }
}
