//! The slots of the tasks: a name finds its task until that is removed, and wakes no other. The names of removed tasks, those
//! of other runtimes and forged ones are hints, which queue nothing that is not there.

use std::collections::{BTreeMap, VecDeque};

use super::Program;

#[path = "../../executor/runtime_id.rs"]
#[allow(dead_code)]
mod runtime_id;
#[path = "../../executor/tasks.rs"]
#[allow(clippy::module_inception)]
mod tasks;
#[path = "../../executor/token.rs"]
mod token;

use runtime_id::RuntimeId;
use tasks::{Next, Tasks};
use token::TaskToken;

/// A task that is only a number.
mod task {
    use std::marker::PhantomData;
    use std::rc::Rc;

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TaskRef<'a>(pub Rc<usize>, PhantomData<&'a ()>);

    impl TaskRef<'_> {
        pub fn of(number: usize) -> TaskRef<'static> {
            TaskRef(Rc::new(number), PhantomData)
        }

        pub fn fetch(&self) {}
    }

    #[cfg(test)]
    pub fn new(_: impl Future, _: &'static std::panic::Location<'static>) -> (TaskRef<'static>, ()) {
        (TaskRef::of(0), ())
    }
}

use task::TaskRef;

/// The tasks of a runtime, and the reference.
struct Both {
    tasks: Tasks,
    numbers: BTreeMap<TaskToken, usize>,
    /// A task that is removed keeps its place here, and its slot is free when its turn comes.
    queue: VecDeque<TaskToken>,
    /// The slots that will be used again, the next one last.
    vacant: Vec<u32>,
    slots: u32,
    main: TaskToken,
}

impl Both {
    fn new(index: usize) -> Both {
        let tasks = Tasks::new(RuntimeId::new(1, index));
        let main = tasks.main();
        Both { tasks, main, numbers: BTreeMap::new(), queue: VecDeque::new(), vacant: Vec::new(), slots: 1 }
    }

    fn insert(&mut self, value: usize) -> TaskToken {
        let token = self.tasks.insert(TaskRef::of(value));
        let index = self.vacant.pop().unwrap_or(self.slots);
        self.slots = self.slots.max(index + 1);
        assert_eq!(token.index(), index, "a slot that is vacant is used first");
        assert_eq!(self.numbers.insert(token, value), None, "two tasks have one name");
        self.queue.push_back(token);
        token
    }

    fn is_live(&self, token: TaskToken) -> bool {
        token == self.main || self.numbers.contains_key(&token)
    }

    fn wake(&mut self, token: TaskToken) -> bool {
        if self.is_live(token) && !self.queue.contains(&token) {
            self.queue.push_back(token);
        }
        // A hint for any name, stale or forged, which changes nothing.
        self.tasks.fetch(token);
        self.tasks.wake(token)
    }

    fn remove(&mut self, token: TaskToken) {
        let expected = self.numbers.remove(&token);
        assert_eq!(self.tasks.remove(token), expected.map(TaskRef::of));
        if expected.is_some() && !self.queue.contains(&token) {
            self.vacant.push(token.index());
        }
    }

    fn next(&mut self) {
        let mut expected = self.queue.pop_front();
        while let Some(gone) = expected.filter(|token| !self.is_live(*token)) {
            self.vacant.push(gone.index());
            expected = self.queue.pop_front();
        }
        let (found, task) = match self.tasks.next() {
            Some(Next::Main) => (Some(self.main), None),
            Some(Next::Task(token, task)) => (Some(token), Some(task)),
            None => (None, None),
        };
        assert_eq!(found, expected);
        assert_eq!(task, found.and_then(|token| self.numbers.get(&token)).copied().map(TaskRef::of));
    }

    fn check(&self, tokens: &[TaskToken]) {
        assert_eq!(self.tasks.count(), self.numbers.len());
        assert_eq!(self.queue.is_empty(), self.tasks.is_idle());
        for token in tokens {
            assert_eq!(self.tasks.get(*token), self.numbers.get(token).copied().map(TaskRef::of), "{token:?}");
        }
    }

    fn end(mut self) {
        while !self.queue.is_empty() {
            self.next();
        }
        self.next();
        assert!(self.tasks.is_idle());
        let mut left: Vec<usize> = std::iter::from_fn(|| self.tasks.pop()).map(|task| *task.0).collect();
        let mut expected: Vec<usize> = self.numbers.into_values().collect();
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }
}

pub fn run(program: &[u8]) {
    let mut program = Program::new(program);
    let mut runtimes = [7, 8].map(Both::new);
    let mut tokens = Vec::from_iter(runtimes.iter().map(|both| both.main));
    while let Some(command) = program.next() {
        let argument = program.below(256);
        let known = tokens[argument % tokens.len()];
        let both = &mut runtimes[command / 8 % 2];
        match command % 8 {
            2 => assert_eq!(both.wake(known), both.is_live(known), "{known:?}"),
            3 => both.remove(known),
            // The name of whoever has the slot next: nobody was given it, and it must queue no vacant slot.
            4 => drop(both.wake(TaskToken::new(known.stamp().next(), known.index()))),
            5 => drop(both.wake(TaskToken::new(known.stamp(), argument as u32))),
            6 | 7 => both.next(),
            _ => tokens.push(both.insert(argument)),
        }
        both.check(&tokens);
    }
    runtimes.into_iter().for_each(Both::end);
}
