//! Timers under the paused clock: each fires when its deadline has come, once, in the order of the deadlines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use epore::time::{Sleep, advance, now, sleep};
use epore::{Builder, JoinHandle, spawn, yield_now};

use super::Program;

/// Deadlines that meet, that lie far apart, and that are never reached.
const UNITS: [Duration; 4] =
    [Duration::from_nanos(1), Duration::from_millis(1), Duration::from_secs(3600), Duration::from_secs(u64::MAX / 512)];

struct Armed {
    sleep: Rc<RefCell<Sleep>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Model {
    /// Deadlines, `None` for those that are beyond what the clock counts to.
    deadlines: BTreeMap<usize, Option<Instant>>,
    armed: BTreeMap<usize, Armed>,
    next: usize,
}

type Fired = Rc<RefCell<Vec<(usize, Instant)>>>;

impl Model {
    fn arm(&mut self, duration: Duration, fired: &Fired) {
        let (id, fired) = (self.next, fired.clone());
        self.next += 1;
        let sleep = Rc::new(RefCell::new(sleep(duration)));
        let sleeping = sleep.clone();
        let task = spawn(async move {
            poll_fn(|cx| match Pin::new(&mut *sleeping.borrow_mut()).poll(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            })
            .await;
            fired.borrow_mut().push((id, now()));
        });
        self.deadlines.insert(id, now().checked_add(duration));
        self.armed.insert(id, Armed { sleep, task });
    }

    /// The timer that an argument names, if there is one.
    fn chosen(&self, argument: usize) -> Option<usize> {
        self.armed.keys().nth(argument % self.armed.len().max(1)).copied()
    }

    /// Checks those that fired against those that were due.
    fn check(&mut self, fired: &Fired) {
        let fired = fired.take();
        let is_due = |deadline: &Option<Instant>| deadline.is_some_and(|deadline| deadline <= now());
        let mut due: Vec<(Instant, usize)> = Vec::new();
        for (&id, deadline) in self.deadlines.iter().filter(|(_, deadline)| is_due(deadline)) {
            due.push((deadline.unwrap(), id));
        }
        assert!(fired.is_sorted_by_key(|&(id, _)| self.deadlines[&id]), "in the order of their deadlines");
        for (id, at) in &fired {
            assert!(self.deadlines[id].is_some_and(|deadline| deadline <= *at), "timer {id} is early");
        }
        let mut ids: Vec<usize> = fired.into_iter().map(|(id, _)| id).collect();
        let mut expected: Vec<usize> = due.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ids, expected);
        for id in ids {
            self.deadlines.remove(&id);
            self.armed.remove(&id);
        }
    }
}

pub fn run(program: &[u8]) {
    let mut program = Program::new(program);
    let runtime = Builder::new().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (fired, mut model) = (Fired::default(), Model::default());
        while let Some(command) = program.next() {
            let argument = program.below(256);
            let duration = UNITS[command / 4 % 4] * argument as u32;
            match command % 4 {
                0 => model.arm(duration, &fired),
                1 => {
                    if let Some(id) = model.chosen(argument) {
                        let deadline = now() + duration.min(UNITS[2] * 255);
                        model.armed[&id].sleep.borrow_mut().reset(deadline);
                        model.deadlines.insert(id, Some(deadline));
                    }
                }
                2 => {
                    if let Some(id) = model.chosen(argument) {
                        model.armed.remove(&id).unwrap().task.abort();
                        model.deadlines.remove(&id);
                    }
                }
                _ => {
                    advance(duration.min(UNITS[2] * 255)).await;
                    yield_now().await;
                    model.check(&fired);
                }
            }
        }
    });
}
