//! The run queue: first in, first out, each task once; a task that is aborted is dropped where it would be polled.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use epore::{JoinHandle, spawn, yield_now};

use super::Program;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Poll(usize),
    Drop(usize),
}

/// What a task is to do in its next poll.
#[derive(Clone, Copy, Default)]
struct Orders {
    end: bool,
    wake: Option<usize>,
    abort: Option<usize>,
}

/// What the tasks share with the model.
#[derive(Default)]
struct Shared {
    events: RefCell<Vec<Event>>,
    orders: RefCell<Vec<Orders>>,
    wakers: RefCell<Vec<Option<Waker>>>,
    handles: RefCell<Vec<Option<JoinHandle<()>>>>,
}

struct Noted(usize, Rc<Shared>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.events.borrow_mut().push(Event::Drop(self.0));
    }
}

impl Shared {
    fn wake(&self, id: usize) {
        let waker = self.wakers.borrow()[id].clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn abort(&self, id: usize) {
        if let Some(handle) = &self.handles.borrow()[id] {
            handle.abort();
        }
    }

    fn spawn(self: &Rc<Self>) {
        let id = self.handles.borrow().len();
        let noted = Noted(id, self.clone());
        let task = poll_fn(move |cx| {
            let Noted(_, shared) = &noted;
            shared.events.borrow_mut().push(Event::Poll(id));
            shared.wakers.borrow_mut()[id] = Some(cx.waker().clone());
            let orders = std::mem::take(&mut shared.orders.borrow_mut()[id]);
            if let Some(other) = orders.wake {
                shared.wake(other);
            }
            if let Some(other) = orders.abort {
                shared.abort(other);
            }
            if orders.end { Poll::Ready(()) } else { Poll::Pending }
        });
        self.orders.borrow_mut().push(Orders::default());
        self.wakers.borrow_mut().push(None);
        self.handles.borrow_mut().push(Some(spawn(task)));
    }
}

/// The reference.
#[derive(Default)]
struct Model {
    queue: VecDeque<usize>,
    tasks: Vec<Task>,
}

#[derive(Clone, Copy, Default)]
struct Task {
    polled: bool,
    ended: bool,
    aborted: bool,
    detached: bool,
    orders: Orders,
}

impl Model {
    fn queue(&mut self, id: usize) {
        if !self.tasks[id].ended && !self.queue.contains(&id) {
            self.queue.push_back(id);
        }
    }

    /// Nobody has the waker of a task that has not been polled.
    fn wake(&mut self, id: usize) {
        if self.tasks[id].polled {
            self.queue(id);
        }
    }

    fn abort(&mut self, id: usize) {
        if !self.tasks[id].detached && !self.tasks[id].ended {
            self.tasks[id].aborted = true;
            self.queue(id);
        }
    }

    /// One turn of all that were queued when it began.
    fn turn(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..self.queue.len() {
            let id = self.queue.pop_front().unwrap();
            if self.tasks[id].aborted {
                self.tasks[id].ended = true;
                events.push(Event::Drop(id));
                continue;
            }
            self.tasks[id].polled = true;
            events.push(Event::Poll(id));
            let orders = std::mem::take(&mut self.tasks[id].orders);
            if let Some(other) = orders.wake {
                self.wake(other);
            }
            if let Some(other) = orders.abort {
                self.abort(other);
            }
            if orders.end {
                self.tasks[id].ended = true;
                self.queue.retain(|&queued| queued != id);
                events.push(Event::Drop(id));
            }
        }
        events
    }
}

pub fn run(program: &[u8]) {
    let mut program = Program::new(program);
    epore::block_on(async {
        let (shared, mut model) = (Rc::new(Shared::default()), Model::default());
        while let Some(command) = program.next() {
            step(command, &mut program, &shared, &mut model);
            if command % 8 == 7 {
                turn(&shared, &mut model).await;
            }
        }
        turn(&shared, &mut model).await;
    });
}

async fn turn(shared: &Shared, model: &mut Model) {
    yield_now().await;
    assert_eq!(shared.events.take(), model.turn());
    for (handle, task) in shared.handles.borrow().iter().zip(&model.tasks) {
        assert!(handle.as_ref().is_none_or(|handle| handle.is_finished() == task.ended));
    }
}

fn step(command: usize, program: &mut Program<'_>, shared: &Rc<Shared>, model: &mut Model) {
    let count = model.tasks.len();
    if count == 0 || command.is_multiple_of(8) {
        shared.spawn();
        model.tasks.push(Task::default());
        model.queue(count);
        return;
    }
    let (id, other) = (program.below(count), program.below(count));
    match command % 8 {
        1 => {
            shared.wake(id);
            model.wake(id);
        }
        2 => {
            shared.abort(id);
            model.abort(id);
        }
        3 => {
            model.tasks[id].detached = true;
            drop(shared.handles.borrow_mut()[id].take());
        }
        kind @ 4..7 => {
            let orders = match kind {
                4 => Orders { end: true, ..model.tasks[id].orders },
                5 => Orders { wake: Some(other), ..model.tasks[id].orders },
                _ => Orders { abort: Some(other), ..model.tasks[id].orders },
            };
            shared.orders.borrow_mut()[id] = orders;
            model.tasks[id].orders = orders;
        }
        _ => {}
    }
}
