use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;

use crate::harness::Job;
use crate::sys::{self, Epoll, Events, READABLE};
use crate::{Meter, Sample};

/// Queues all closures that wait. Each notes its place among those that wait again.
pub fn wake_many(job: Job) -> Sample {
    let rounds = (job.operations / job.scale).max(1);
    let waiting: Rc<RefCell<Vec<usize>>> = Rc::default();
    let waits = |place: usize| {
        let waiting = waiting.clone();
        Box::new(move || waiting.borrow_mut().push(place)) as Box<dyn FnMut()>
    };
    let mut closures: Vec<Box<dyn FnMut()>> = (0..job.scale as usize).map(waits).collect();
    closures.iter_mut().for_each(|wait| wait());
    let mut queue = VecDeque::with_capacity(closures.len());
    let meter = Meter::start();
    for _ in 0..rounds {
        queue.extend(waiting.borrow_mut().drain(..));
        while let Some(place) = queue.pop_front() {
            closures[place]();
        }
    }
    assert_eq!(waiting.borrow().len(), closures.len());
    meter.stop(rounds * job.scale)
}

/// Counts a reference, and counts it back.
pub fn waker_clone(job: Job) -> Sample {
    let waker = Rc::new(Cell::new(0));
    let meter = Meter::start();
    for _ in 0..job.operations {
        drop(black_box(black_box(&waker).clone()));
    }
    meter.stop(job.operations)
}

/// Sets a flag, and queues if it was not set.
pub fn wake_by_ref(job: Job) -> Sample {
    let queued = Cell::new(false);
    let queue = RefCell::new(Vec::new());
    let meter = Meter::start();
    for number in 0..job.operations {
        if !black_box(&queued).replace(true) {
            queue.borrow_mut().push(number);
        }
    }
    assert_eq!(queue.borrow().len(), 1);
    meter.stop(job.operations)
}

/// A thread answers a byte, and a plain epoll loop waits for it.
pub fn wake_remote(job: Job) -> Sample {
    let (mut asking, mut answering) = UnixStream::pair().unwrap();
    let thread = thread::spawn(move || {
        sys::pin(1);
        let mut byte = [0];
        while answering.read(&mut byte).unwrap() == 1 {
            answering.write_all(&byte).unwrap();
        }
    });
    let (epoll, mut events) = (Epoll::new(), Events::new());
    epoll.add(&asking, 0, READABLE);
    let meter = Meter::start();
    for _ in 0..job.operations {
        asking.write_all(&[1]).unwrap();
        epoll.wait(&mut events, None);
        asking.read_exact(&mut [0]).unwrap();
    }
    let sample = meter.stop(job.operations);
    drop(asking);
    thread.join().unwrap();
    sample
}
