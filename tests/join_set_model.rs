//! R29: a set against the simplest thing that does the same: random operations on both, and what they show must agree.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::task::{Poll, Waker};

use epore::{AbortHandle, JoinError, JoinSet, yield_now};
use support::polls::run;

const SEEDS: u64 = 200;
const STEPS: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Output(u64),
    Panic(u64),
    Cancelled,
}

#[derive(Default)]
struct Control {
    end: Cell<Option<Outcome>>,
    waker: Cell<Option<Waker>>,
}

/// A task that ends when it is told to, and how.
async fn controlled(control: Rc<Control>) -> u64 {
    let end = poll_fn(|cx| {
        control.waker.set(Some(cx.waker().clone()));
        control.end.get().map_or(Poll::Pending, Poll::Ready)
    });
    match end.await {
        Outcome::Panic(id) => resume_unwind(Box::new(id)),
        Outcome::Output(id) => id,
        Outcome::Cancelled => unreachable!("no task is told to be cancelled"),
    }
}

fn outcome(result: Result<u64, JoinError>) -> Outcome {
    match result.map_err(JoinError::try_into_panic) {
        Ok(id) => Outcome::Output(id),
        Err(Ok(payload)) => Outcome::Panic(*payload.downcast().unwrap()),
        Err(Err(_)) => Outcome::Cancelled,
    }
}

/// What the model knows of a task that has not finished.
struct Running {
    control: Rc<Control>,
    handle: AbortHandle,
    aborted: bool,
}

#[derive(Default)]
struct Model {
    running: BTreeMap<u64, Running>,
    /// Those that the runtime will come to at the next yield, in order.
    queue: Vec<u64>,
    finished: VecDeque<Outcome>,
    ended: Vec<AbortHandle>,
}

impl Model {
    fn queue(&mut self, id: u64) {
        if !self.queue.contains(&id) {
            self.queue.push(id);
        }
    }

    fn abort(&mut self, id: u64) {
        self.running.get_mut(&id).unwrap().aborted = true;
        self.queue(id);
    }

    fn turn(&mut self) {
        for id in std::mem::take(&mut self.queue) {
            let task = &self.running[&id];
            let end = if task.aborted { Some(Outcome::Cancelled) } else { task.control.end.get() };
            if let Some(end) = end {
                self.ended.push(self.running.remove(&id).unwrap().handle);
                self.finished.push_back(end);
            }
        }
    }

    fn len(&self) -> usize {
        self.running.len() + self.finished.len()
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % limit
    }
}

async fn step(random: &mut Random, next_id: &mut u64, set: &mut JoinSet<u64>, model: &mut Model) {
    let ids: Vec<u64> = model.running.keys().copied().collect();
    let chosen = (!ids.is_empty()).then(|| ids[random.below(ids.len())]);
    match (random.below(100), chosen) {
        (0..30, _) => {
            let control = Rc::new(Control::default());
            let handle = set.spawn(controlled(control.clone()));
            model.running.insert(*next_id, Running { control, handle, aborted: false });
            model.queue(*next_id);
            *next_id += 1;
        }
        (how @ 30..60, Some(id)) => {
            let control = &model.running[&id].control;
            control.end.set(Some(if how < 50 { Outcome::Output(id) } else { Outcome::Panic(id) }));
            if let Some(waker) = control.waker.take() {
                waker.wake();
            }
            model.queue(id);
        }
        (60..67, Some(id)) => {
            model.running[&id].handle.abort();
            model.abort(id);
        }
        (67..69, _) => {
            set.abort_all();
            // In the order of the slots of the set, which the runtime comes to in the same turn: as any are cancelled
            // alike, the model's order will do.
            ids.into_iter().for_each(|id| model.abort(id));
        }
        (69, _) => {
            set.detach_all();
            *model = Model::default();
            yield_now().await;
        }
        (70..85, _) => assert_eq!(set.try_join_next().map(outcome), model.finished.pop_front()),
        (85..90, _) if !model.finished.is_empty() || model.len() == 0 => {
            assert_eq!(set.join_next().await.map(outcome), model.finished.pop_front());
        }
        _ => {
            yield_now().await;
            model.turn();
        }
    }
    assert_eq!((set.len(), set.is_empty()), (model.len(), model.len() == 0));
    assert!(model.running.values().all(|task| !task.handle.is_finished()));
    assert!(model.ended.iter().all(AbortHandle::is_finished));
}

#[test]
fn a_set_does_as_its_model() {
    run(async {
        for seed in 1..=SEEDS {
            let (mut random, mut next_id) = (Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), 0);
            let (mut set, mut model) = (JoinSet::new(), Model::default());
            for _ in 0..STEPS {
                step(&mut random, &mut next_id, &mut set, &mut model).await;
            }
            set.abort_all();
            while let Some(result) = set.join_next().await {
                if let Some(expected) = model.finished.pop_front() {
                    assert_eq!(outcome(result), expected, "seed {seed}");
                }
            }
            assert!(model.finished.is_empty());
        }
    });
}
