#![forbid(unsafe_code)]

use std::future::pending;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use epore::time::{interval, sleep, sleep_until, timeout};
use futures::future::{join, select};

use crate::support::cancel::{Cut, at_every_await};

const SHORT: Duration = Duration::from_micros(100);

pub fn all() -> usize {
    at_every_await("sleep", sleeping)
        + at_every_await("timeout", limited)
        + at_every_await("timeout within timeouts", nested)
        + at_every_await("interval", ticking)
        + at_every_await("select and join", combined)
}

async fn sleeping(cut: &Cut) -> io::Result<()> {
    let begun = Instant::now();
    let sleeps = async {
        sleep(SHORT).await;
        let mut moved = sleep_until(begun + Duration::from_secs(3600));
        moved.reset(begun + 3 * SHORT);
        moved.await;
    };
    let completed = cut.here(sleeps).await.is_some();
    assert!(!completed || begun.elapsed() >= 3 * SHORT);
    Ok(())
}

async fn limited(cut: &Cut) -> io::Result<()> {
    let expired = cut.here(timeout(SHORT, pending::<()>())).await;
    assert!(expired.is_none_or(|result| result.is_err()));
    Ok(())
}

async fn nested(cut: &Cut) -> io::Result<()> {
    let inner = timeout(Duration::from_secs(3600), async {
        sleep(SHORT).await;
        timeout(SHORT, pending::<()>()).await
    });
    let result = cut.here(timeout(Duration::MAX, inner)).await;
    assert!(result.is_none_or(|result| result.unwrap().unwrap().is_err()));
    Ok(())
}

/// A tick that is given up is not lost: the next is still due when it was.
async fn ticking(cut: &Cut) -> io::Result<()> {
    let begun = Instant::now();
    let mut ticks = interval(SHORT);
    let mut count = 0;
    let counting = async {
        while count < 4 {
            ticks.tick().await;
            count += 1;
        }
    };
    cut.here_of_lent(counting).await;
    while count < 4 {
        ticks.tick().await;
        count += 1;
    }
    assert!(begun.elapsed() >= 3 * SHORT);
    Ok(())
}

async fn combined(cut: &Cut) -> io::Result<()> {
    let both = join(sleep(SHORT), async {
        let never = pin!(sleep(Duration::from_secs(3600)));
        select(never, pin!(sleep(2 * SHORT))).await;
    });
    cut.here(both).await;
    Ok(())
}
