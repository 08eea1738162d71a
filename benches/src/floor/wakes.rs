use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;

use crate::harness::Job;
use crate::sys::{self, Epoll, Events, READABLE};
use crate::{Meter, Sample};

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
