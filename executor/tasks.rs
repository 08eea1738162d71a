#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::rc::Rc;

use super::slab::{Key, Slab};
use super::task::Run;

/// The tasks of a runtime, and the queue of those that were woken.
///
/// A key stands in the queue at most once for each life of its slot, so the queue is never longer than the number of
/// tasks and of those that finished since it was last walked through.
#[derive(Default)]
pub(super) struct Tasks {
    slots: Slab<Slot>,
    queue: VecDeque<Key>,
}

struct Slot {
    /// None for the future of `block_on`, which lives on the stack.
    task: Option<Rc<dyn Run>>,
    /// Set when the key is put in the queue, cleared when it is taken out: a task woken twice is polled once.
    queued: bool,
}

/// Whose turn it is.
pub(super) enum Next {
    Main(Key),
    Task(Key, Rc<dyn Run>),
}

impl Tasks {
    /// Adds a task and queues it for its first poll.
    pub(super) fn insert(&mut self, task: Rc<dyn Run>) -> Key {
        let key = self.slots.insert(Slot { task: Some(task), queued: true });
        self.queue.push_back(key);
        key
    }

    /// Gives the future of `block_on` a name to be woken by.
    pub(super) fn insert_main(&mut self) -> Key {
        self.slots.insert(Slot { task: None, queued: false })
    }

    /// Queues the task, unless it is queued or gone.
    pub(super) fn wake(&mut self, key: Key) {
        if let Some(slot) = self.slots.get_mut(key)
            && !slot.queued
        {
            slot.queued = true;
            self.queue.push_back(key);
        }
    }

    /// Takes the first task out of the queue, before its poll: a wake during the poll queues it again.
    pub(super) fn next(&mut self) -> Option<Next> {
        while let Some(key) = self.queue.pop_front() {
            if let Some(slot) = self.slots.get_mut(key) {
                slot.queued = false;
                return Some(match &slot.task {
                    Some(task) => Next::Task(key, Rc::clone(task)),
                    None => Next::Main(key),
                });
            }
        }
        None
    }

    /// Forgets a task. What is handed back must be dropped after the borrow of `self` has ended.
    #[must_use]
    pub(super) fn remove(&mut self, key: Key) -> Option<Rc<dyn Run>> {
        self.slots.remove(key)?.task
    }

    /// Forgets any one task, or says that there is none.
    pub(super) fn pop(&mut self) -> Option<Rc<dyn Run>> {
        while let Some(slot) = self.slots.pop() {
            if slot.task.is_some() {
                return slot.task;
            }
        }
        None
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}
