#![forbid(unsafe_code)]

use std::mem;

use super::runtime_id::RuntimeId;
#[cfg(test)]
use super::task;
use super::task::TaskRef;
use super::token::{Stamp, TaskToken};

/// Follows the last slot of a list, and is first in one that is empty. No slot has it for its index.
const END: u32 = u32::MAX;

/// Follows a slot that stands in no list.
const UNLISTED: u32 = END - 1;

/// How many tasks a runtime holds at most: the indices that are left. Their slots alone would fill 64 GiB.
const MAX_TASKS: usize = UNLISTED as usize;

/// The slot of the future of `block_on`, which lives on the stack.
const MAIN: u32 = 0;

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
}

struct Slot {
    /// None in a vacant slot, and in that of the future of `block_on`.
    task: Option<TaskRef<'static>>,
    /// That of the token of its task, or of the next one.
    stamp: Stamp,
    /// Which slot follows in the queue, or in the list of vacant slots.
    next: u32,
}

/// Whose turn it is.
pub(super) enum Next {
    Main,
    Task(TaskToken, TaskRef<'static>),
}

impl Tasks {
    pub(super) fn new(runtime: RuntimeId) -> Tasks {
        let main = Slot { task: None, stamp: Stamp::first(runtime), next: UNLISTED };
        Tasks { slots: vec![main], first: END, last: END, vacant: END }
    }

    /// The name by which the future of `block_on` is woken.
    pub(super) fn main(&self) -> TaskToken {
        TaskToken::new(self.slots[MAIN as usize].stamp, MAIN)
    }

    /// Adds a task and queues it for its first poll.
    #[inline]
    pub(super) fn insert(&mut self, task: TaskRef<'static>) -> TaskToken {
        let index = self.vacant;
        let Some(slot) = self.slots.get_mut(index as usize) else { return self.grow(task) };
        self.vacant = mem::replace(&mut slot.next, END);
        // A vacant slot has nothing to drop.
        mem::forget(slot.task.replace(task));
        let token = TaskToken::new(slot.stamp, index);
        self.append(index);
        token
    }

    #[cold]
    fn grow(&mut self, task: TaskRef<'static>) -> TaskToken {
        assert!(self.slots.len() < MAX_TASKS, "more than {MAX_TASKS} tasks are live in one runtime");
        // The slot of the main future is never vacated, so that it has the stamp of a new one.
        let (index, stamp) = (self.slots.len() as u32, self.slots[MAIN as usize].stamp);
        self.slots.push(Slot { task: Some(task), stamp, next: END });
        self.append(index);
        TaskToken::new(stamp, index)
    }

    /// Queues the task, unless it is queued already. False means that nobody here has that name, or not any more.
    pub(super) fn wake(&mut self, token: TaskToken) -> bool {
        let Some(slot) = self.slots.get_mut(token.index() as usize) else { return false };
        if slot.stamp != token.stamp() {
            return false;
        }
        // A vacant slot stands in a list, so that a forged name cannot queue it.
        if slot.next == UNLISTED {
            slot.next = END;
            self.append(token.index());
        }
        true
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
            match &slot.task {
                Some(task) => return Some(Next::Task(TaskToken::new(slot.stamp, index), task.clone())),
                None if index == MAIN => return Some(Next::Main),
                None => slot.next = mem::replace(&mut self.vacant, index),
            }
        }
    }

    /// Has the processor read a task ahead that was woken, and that waits for its turn behind others.
    #[inline]
    pub(super) fn fetch(&self, token: TaskToken) {
        if let Some(Slot { task: Some(task), .. }) = self.slots.get(token.index() as usize) {
            task.fetch();
        }
    }

    pub(super) fn get(&self, token: TaskToken) -> Option<TaskRef<'static>> {
        self.slots.get(token.index() as usize).filter(|slot| slot.stamp == token.stamp())?.task.clone()
    }

    /// Forgets a task. What is handed back must be dropped after the borrow of `self` has ended.
    #[must_use]
    pub(super) fn remove(&mut self, token: TaskToken) -> Option<TaskRef<'static>> {
        let slot = self.slots.get_mut(token.index() as usize).filter(|slot| slot.stamp == token.stamp())?;
        let task = slot.task.take()?;
        slot.stamp = slot.stamp.next();
        if slot.next == UNLISTED {
            slot.next = mem::replace(&mut self.vacant, token.index());
        }
        Some(task)
    }

    /// Forgets any one task, or says that there is none. The runtime is on its way out, and polls none of those left.
    pub(super) fn pop(&mut self) -> Option<TaskRef<'static>> {
        (self.first, self.vacant) = (END, END);
        while let Some(slot) = self.slots.pop() {
            if slot.task.is_some() {
                return slot.task;
            }
        }
        None
    }

    pub(super) fn is_idle(&self) -> bool {
        self.first == END
    }

    /// How many tasks there are, which takes a look at each slot.
    pub(super) fn count(&self) -> usize {
        self.slots.iter().filter(|slot| slot.task.is_some()).count()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    fn tasks() -> Tasks {
        Tasks::new(RuntimeId::new(1, 7))
    }

    fn insert(tasks: &mut Tasks) -> TaskToken {
        tasks.insert(task::new(async {}, Location::caller()).0)
    }

    fn next(tasks: &mut Tasks) -> Option<TaskToken> {
        match tasks.next()? {
            Next::Main => Some(tasks.main()),
            Next::Task(token, _) => Some(token),
        }
    }

    #[test]
    fn the_queue_is_first_in_first_out_and_holds_each_task_once() {
        let mut tasks = tasks();
        let tokens = [(); 3].map(|()| insert(&mut tasks));
        assert!(tasks.wake(tokens[0]));
        assert_eq!(tokens.map(|_| next(&mut tasks)), tokens.map(Some));
        assert!(tasks.is_idle());
        for token in [tokens[2], tokens[0], tokens[2]] {
            assert!(tasks.wake(token));
        }
        assert_eq!([(); 3].map(|()| next(&mut tasks)), [Some(tokens[2]), Some(tokens[0]), None]);
    }

    #[test]
    fn a_slot_that_is_vacated_in_the_queue_is_free_when_its_turn_comes() {
        let mut tasks = tasks();
        let [first, second, third] = [(); 3].map(|()| insert(&mut tasks));
        assert!(tasks.remove(second).is_some());
        assert!(tasks.remove(second).is_none());
        let fourth = insert(&mut tasks);
        assert_ne!(fourth.index(), second.index());
        assert!(!tasks.wake(second));
        assert_eq!([(); 4].map(|()| next(&mut tasks)), [Some(first), Some(third), Some(fourth), None]);
        let fifth = insert(&mut tasks);
        assert_eq!(fifth.index(), second.index());
        assert!(!tasks.wake(second));
        assert_eq!([(); 2].map(|()| next(&mut tasks)), [Some(fifth), None]);
        assert_eq!(tasks.count(), 4);
    }

    #[test]
    fn the_main_future_is_woken_by_its_name_and_cannot_be_removed() {
        let mut tasks = tasks();
        let main = tasks.main();
        assert!(tasks.is_idle());
        assert!(tasks.wake(main));
        assert_eq!(next(&mut tasks), Some(main));
        assert!(tasks.remove(main).is_none());
        assert!(tasks.wake(main));
        assert_eq!([(); 2].map(|()| next(&mut tasks)), [Some(main), None]);
    }

    #[test]
    fn a_forged_name_of_a_vacant_slot_queues_nothing() {
        let mut tasks = tasks();
        let tokens = [(); 2].map(|()| insert(&mut tasks));
        assert_eq!([(); 2].map(|()| next(&mut tasks)), tokens.map(Some));
        for token in tokens {
            assert!(tasks.remove(token).is_some());
            tasks.wake(TaskToken::new(token.stamp().next(), token.index()));
        }
        assert!(tasks.is_idle());
    }

    #[test]
    fn the_name_of_another_runtimes_task_is_unknown() {
        let mut tasks = tasks();
        let own = insert(&mut tasks);
        assert_eq!(next(&mut tasks), Some(own));
        assert!(!tasks.wake(TaskToken::new(Stamp::first(RuntimeId::new(1, 8)), own.index())));
        assert!(tasks.is_idle());
    }
}
