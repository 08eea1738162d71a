use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use epore::time::{Elapsed, timeout};

/// How long a try has waited for a connection of its host, which is no time of its own.
#[derive(Debug, Default)]
pub struct Queue {
    before: Cell<Duration>,
    since: Cell<Option<Instant>>,
}

impl Queue {
    /// Waits for something, and counts the time.
    pub async fn wait<F: Future>(&self, turn: F) -> F::Output {
        self.since.set(Some(Instant::now()));
        let output = turn.await;
        self.before.set(self.total());
        self.since.set(None);
        output
    }

    fn total(&self) -> Duration {
        self.before.get() + self.since.get().map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Gives a try so much time, beside what it has waited in the queue.
    pub async fn limit<F: Future>(&self, limit: Duration, attempt: F) -> Result<F::Output, Elapsed> {
        let begin = Instant::now();
        let mut attempt = pin!(attempt);
        loop {
            let left = (limit + self.total()).saturating_sub(begin.elapsed());
            match timeout(left, attempt.as_mut()).await {
                Err(_) if begin.elapsed() < limit + self.total() => {}
                result => return result,
            }
        }
    }
}
