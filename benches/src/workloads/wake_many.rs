use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// `scale` tasks wait, and are all woken, again and again. An operation is one wake and the poll that it brings.
pub fn wake_many<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let rounds = (job.operations / job.scale).max(1);
        let crowd = Rc::new(Crowd::default());
        let tasks: Vec<_> = (0..job.scale).map(|_| R::spawn(wait(crowd.clone(), rounds))).collect();
        crowd.gather(job.scale).await;
        let meter = Meter::start();
        for _ in 0..rounds {
            crowd.gather(job.scale).await;
            crowd.wake();
        }
        for task in tasks {
            task.await;
        }
        meter.stop(rounds * job.scale)
    })
}

async fn wait(crowd: Rc<Crowd>, rounds: u64) {
    for round in 0..rounds {
        crowd.wait(round).await;
    }
}

/// Tasks that wait for a round to end, and the one that waits for all of them: by hand, the same for all runtimes.
#[derive(Default)]
struct Crowd {
    rounds: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
    /// The one that waits for the others, and for how many.
    gathering: RefCell<Option<(usize, Waker)>>,
}

impl Crowd {
    async fn wait(&self, round: u64) {
        poll_fn(|cx| {
            if self.rounds.get() > round {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(cx.waker().clone());
            if let Some((_, waker)) = self.gathering.borrow_mut().take_if(|(count, _)| *count == waiting.len()) {
                waker.wake();
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until `count` tasks wait.
    async fn gather(&self, count: u64) {
        poll_fn(|cx| {
            if self.waiting.borrow().len() as u64 == count {
                return Poll::Ready(());
            }
            *self.gathering.borrow_mut() = Some((count as usize, cx.waker().clone()));
            Poll::Pending
        })
        .await
    }

    /// Ends the round.
    fn wake(&self) {
        self.rounds.set(self.rounds.get() + 1);
        let mut waiting = self.waiting.take();
        for waker in waiting.drain(..) {
            waker.wake();
        }
        // The memory of the list is used again.
        *self.waiting.borrow_mut() = waiting;
    }
}
