use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::harness::Job;
use crate::sys::{Epoll, Events};
use crate::workloads::{median, spread};
use crate::{Meter, Sample};

/// What is to be done when, each thing under a number of its own.
type Timers = BTreeMap<(Instant, u64), Box<dyn FnOnce()>>;

/// Inserts into an ordered map and removes.
pub fn timeout(job: Job) -> Sample {
    let mut timers = Timers::new();
    for number in 0..job.scale {
        let deadline = Instant::now() + Duration::from_millis(3_600_000 + number);
        timers.insert((deadline, number), Box::new(|| ()));
    }
    let meter = Meter::start();
    for number in 0..job.operations {
        let key = (Instant::now() + Duration::from_secs(60), job.scale + number);
        timers.insert(key, Box::new(|| ()));
        assert!(timers.remove(&key).is_some());
    }
    meter.stop(job.operations)
}

/// Waits for the first of many deadlines, again and again.
pub fn sleeps(job: Job) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let mut timers = Timers::new();
    let meter = Meter::start();
    for number in 0..job.scale {
        timers.insert((Instant::now() + spread(number), number), Box::new(|| ()));
    }
    while let Some((&(deadline, _), _)) = timers.first_key_value() {
        let now = Instant::now();
        if deadline > now {
            epoll.wait(&mut events, Some(deadline - now));
            continue;
        }
        let (_, call) = timers.pop_first().expect("it was there");
        call();
    }
    meter.stop(job.scale).by_cpu()
}

/// The wait of the system itself.
pub fn lateness(job: Job) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let duration = Duration::from_micros(job.scale);
    let late = (0..job.operations).map(|_| {
        let start = Instant::now();
        epoll.wait(&mut events, Some(duration));
        start.elapsed().checked_sub(duration).expect("the wait ended early")
    });
    median(late.collect())
}
