#![forbid(unsafe_code)]

use std::mem;
use std::rc::Rc;

use super::slab::{self, GENERATION_BITS, Key};
use super::task::Run;

/// Follows the last slot of a list, and is first in one that is empty. No slot has it for its index.
const END: u32 = u32::MAX;

/// Follows a slot that stands in no list.
const UNLISTED: u32 = END - 1;

/// Set in the generation of a vacant slot, so that no key has it.
const VACANT: u32 = 1 << GENERATION_BITS;

/// The tasks of a runtime, and the queue of those that were woken.
///
/// The queue is a list that runs through the slots. So it takes no memory of its own, and no task stands in it twice,
/// however often it is woken before its poll. The vacant slots form such a list too. A slot that is vacated while it
/// stands in the queue stays there, and is free when its turn comes.
pub(super) struct Tasks {
    slots: Vec<Slot>,
    first: u32,
    last: u32,
    vacant: u32,
    len: usize,
}

struct Slot {
    /// None for the future of `block_on`, which lives on the stack, and in a vacant slot.
    task: Option<Rc<dyn Run>>,
    /// That of its key, or that of its next one.
    generation: u32,
    /// Which slot follows in the queue, or in the list of vacant slots.
    next: u32,
}

/// Whose turn it is.
pub(super) enum Next {
    Main(Key),
    Task(Key, Rc<dyn Run>),
}

impl Default for Tasks {
    fn default() -> Tasks {
        Tasks { slots: Vec::new(), first: END, last: END, vacant: END, len: 0 }
    }
}

impl Tasks {
    /// Adds a task and queues it for its first poll.
    pub(super) fn insert(&mut self, task: Rc<dyn Run>) -> Key {
        let key = self.occupy(Some(task), END);
        self.append(key.index);
        key
    }

    /// Gives the future of `block_on` a name to be woken by.
    pub(super) fn insert_main(&mut self) -> Key {
        self.occupy(None, UNLISTED)
    }

    fn occupy(&mut self, task: Option<Rc<dyn Run>>, next: u32) -> Key {
        self.len += 1;
        let index = self.vacant;
        let Some(slot) = self.slots.get_mut(index as usize) else { return self.grow(task, next) };
        self.vacant = mem::replace(&mut slot.next, next);
        slot.generation &= !VACANT;
        slot.task = task;
        Key { index, generation: slot.generation }
    }

    #[cold]
    fn grow(&mut self, task: Option<Rc<dyn Run>>, next: u32) -> Key {
        let key = Key { index: slab::next_index(self.slots.len()), generation: 0 };
        self.slots.push(Slot { task, generation: key.generation, next });
        key
    }

    /// Queues the task, unless it is queued or gone.
    pub(super) fn wake(&mut self, key: Key) {
        if let Some(slot) = self.slots.get_mut(key.index as usize)
            && slot.generation == key.generation
            && slot.next == UNLISTED
        {
            slot.next = END;
            self.append(key.index);
        }
    }

    /// Puts a slot that nothing follows at the end of the queue.
    fn append(&mut self, index: u32) {
        if self.is_idle() {
            self.first = index;
        } else if let Some(last) = self.slots.get_mut(self.last as usize) {
            last.next = index;
        }
        self.last = index;
    }

    /// Takes the first task out of the queue, before its poll: a wake during the poll queues it again.
    pub(super) fn next(&mut self) -> Option<Next> {
        loop {
            let index = self.first;
            let slot = self.slots.get_mut(index as usize)?;
            self.first = mem::replace(&mut slot.next, UNLISTED);
            let key = Key { index, generation: slot.generation };
            match &slot.task {
                Some(task) => return Some(Next::Task(key, Rc::clone(task))),
                None if slot.generation & VACANT == 0 => return Some(Next::Main(key)),
                None => slot.next = mem::replace(&mut self.vacant, index),
            }
        }
    }

    /// Forgets a task. What is handed back must be dropped after the borrow of `self` has ended.
    #[must_use]
    pub(super) fn remove(&mut self, key: Key) -> Option<Rc<dyn Run>> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.generation == key.generation)?;
        slot.generation = ((key.generation + 1) % VACANT) | VACANT;
        if slot.next == UNLISTED {
            slot.next = mem::replace(&mut self.vacant, key.index);
        }
        self.len -= 1;
        slot.task.take()
    }

    /// Forgets any one task, or says that there is none. The runtime is on its way out, and polls none of those left.
    pub(super) fn pop(&mut self) -> Option<Rc<dyn Run>> {
        (self.first, self.vacant) = (END, END);
        while let Some(slot) = self.slots.pop() {
            if slot.task.is_some() {
                self.len -= 1;
                return slot.task;
            }
        }
        None
    }

    pub(super) fn is_idle(&self) -> bool {
        self.first == END
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::executor::task::Task;

    fn insert(tasks: &mut Tasks) -> Key {
        tasks.insert(Rc::new(Task::new(async {}, Location::caller())))
    }

    fn next(tasks: &mut Tasks) -> Option<Key> {
        tasks.next().map(|(Next::Main(key) | Next::Task(key, _))| key)
    }

    #[test]
    fn the_queue_is_first_in_first_out_and_holds_each_task_once() {
        let mut tasks = Tasks::default();
        let keys = [(); 3].map(|()| insert(&mut tasks));
        tasks.wake(keys[0]);
        assert_eq!(keys.map(|_| next(&mut tasks)), keys.map(Some));
        assert!(tasks.is_idle());
        for key in [keys[2], keys[0], keys[2]] {
            tasks.wake(key);
        }
        assert_eq!([(); 3].map(|()| next(&mut tasks)), [Some(keys[2]), Some(keys[0]), None]);
    }

    #[test]
    fn a_slot_that_is_vacated_in_the_queue_is_free_when_its_turn_comes() {
        let mut tasks = Tasks::default();
        let [first, second, third] = [(); 3].map(|()| insert(&mut tasks));
        assert!(tasks.remove(second).is_some());
        assert!(tasks.remove(second).is_none());
        let fourth = insert(&mut tasks);
        assert_ne!(fourth.index, second.index);
        tasks.wake(second);
        assert_eq!([(); 4].map(|()| next(&mut tasks)), [Some(first), Some(third), Some(fourth), None]);
        let fifth = insert(&mut tasks);
        assert_eq!(fifth.index, second.index);
        tasks.wake(second);
        assert_eq!([(); 2].map(|()| next(&mut tasks)), [Some(fifth), None]);
        assert_eq!(tasks.len(), 4);
    }

    #[test]
    fn the_main_future_is_woken_by_its_name_and_forgotten_with_it() {
        let mut tasks = Tasks::default();
        let main = tasks.insert_main();
        assert!(tasks.is_idle());
        tasks.wake(main);
        assert_eq!(next(&mut tasks), Some(main));
        tasks.wake(main);
        assert!(tasks.remove(main).is_none());
        assert_eq!((next(&mut tasks), tasks.len()), (None, 0));
    }

    #[test]
    fn generations_wrap_within_their_bits() {
        let mut tasks = Tasks::default();
        let key = tasks.insert_main();
        tasks.slots[key.index as usize].generation = VACANT - 1;
        let last = Key { generation: VACANT - 1, ..key };
        assert!(tasks.remove(last).is_none());
        assert_eq!(tasks.insert_main(), key);
    }
}
