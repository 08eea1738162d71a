use std::cell::Cell;
use std::collections::VecDeque;
use std::hint::black_box;
use std::rc::Rc;

use crate::floor::queue::Queue;
use crate::harness::Job;
use crate::{Meter, Sample, sys};

/// A call.
pub fn block_on(job: Job) -> Sample {
    let meter = Meter::start();
    for number in 0..job.operations {
        let call = black_box(|number: u64| black_box(number));
        assert_eq!(call(number), number);
    }
    meter.stop(job.operations)
}

/// Queues closures that leave their results where they are looked for.
pub fn spawn_batch(job: Job) -> Sample {
    let mut queue = Queue::default();
    let results: Rc<[Cell<Option<u64>>]> = (0..job.scale).map(|_| Cell::new(None)).collect();
    let batches = (job.operations / job.scale).max(1);
    let meter = Meter::start();
    for _ in 0..batches {
        for number in 0..job.scale {
            let results = results.clone();
            queue.push(move |_| results[number as usize].set(Some(black_box(number))));
        }
        queue.run();
        for (number, result) in results.iter().enumerate() {
            assert_eq!(result.take(), Some(number as u64));
        }
    }
    meter.stop(batches * job.scale)
}

/// A closure that is called until it says that it has finished.
type Repeated = Box<dyn FnMut() -> bool>;

/// Closures take turns in a queue.
pub fn yield_now(job: Job) -> Sample {
    let rounds = (job.operations / job.scale).max(1);
    let mut queue: VecDeque<Repeated> = VecDeque::with_capacity(job.scale as usize);
    let meter = Meter::start();
    for _ in 0..job.scale {
        let mut left = rounds;
        queue.push_back(Box::new(move || {
            left -= 1;
            black_box(left) == 0
        }));
    }
    while let Some(mut call) = queue.pop_front() {
        if !call() {
            queue.push_back(call);
        }
    }
    meter.stop(rounds * job.scale)
}

/// Two closures queue each other.
pub fn ping_pong(job: Job) -> Sample {
    let turn = Rc::new(Cell::new(0));
    let mut queue = VecDeque::from([0]);
    let player = |player: usize| {
        let turn = turn.clone();
        Box::new(move || {
            assert_eq!(turn.replace(1 - player), player);
            1 - player
        })
    };
    let mut players: [Box<dyn FnMut() -> usize>; 2] = [player(0), player(1)];
    let meter = Meter::start();
    for _ in 0..2 * job.operations {
        let player: usize = queue.pop_front().expect("each queues the other");
        queue.push_back(players[player]());
    }
    meter.stop(job.operations)
}

/// A boxed closure of 8 bytes, in a list.
pub fn parked_tasks(job: Job) -> Sample {
    let (meter, before) = (Meter::start(), sys::resident_bytes());
    let mut parked: Vec<Box<dyn Fn() -> u64>> = Vec::new();
    for number in 0..job.scale {
        parked.push(Box::new(move || number));
    }
    let sample = meter.stop(job.scale).with_value((sys::resident_bytes() - before) as f64 / job.scale as f64);
    assert_eq!(parked[black_box(0)](), 0);
    sample
}
