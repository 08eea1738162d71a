use std::collections::VecDeque;

/// Work to be done, in order.
#[derive(Default)]
pub struct Queue {
    work: VecDeque<Work>,
}

/// A closure that gets the queue, to add to it.
type Work = Box<dyn FnOnce(&mut Queue)>;

impl Queue {
    pub fn push(&mut self, work: impl FnOnce(&mut Queue) + 'static) {
        self.work.push_back(Box::new(work));
    }

    /// Works until there is nothing left.
    pub fn run(&mut self) {
        while let Some(work) = self.work.pop_front() {
            work(self);
        }
    }
}
