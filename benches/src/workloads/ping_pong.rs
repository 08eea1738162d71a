use std::rc::Rc;

use crate::harness::Job;
use crate::turns::Turns;
use crate::{Meter, Runtime, Sample, in_task};

/// Two tasks wake each other in turn. An operation is a round trip: two wakes and two polls.
pub fn ping_pong<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let turns = Rc::new(Turns::default());
        let meter = Meter::start();
        let other = R::spawn(play(turns.clone(), 1, job.operations));
        play(turns, 0, job.operations).await;
        other.await;
        meter.stop(job.operations)
    })
}

async fn play(turns: Rc<Turns>, player: usize, rounds: u64) {
    for _ in 0..rounds {
        turns.wait(player).await;
        turns.pass(player);
    }
}
