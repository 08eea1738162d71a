#![forbid(unsafe_code)]

use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets the other tasks that are ready run, then goes on.
///
/// ```
/// # epore::block_on(async {
/// let task = epore::spawn(async { 6 * 7 });
/// epore::yield_now().await;
/// assert!(task.is_finished());
/// # });
/// ```
///
/// # Cancel safety
///
/// It can be dropped at any time.
#[inline]
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
///
/// ```
/// # epore::block_on(async {
/// let mut yielding: epore::YieldNow = epore::yield_now();
/// assert!(futures::poll!(&mut yielding).is_pending());
/// assert!(futures::poll!(&mut yielding).is_ready());
/// # });
/// ```
///
/// # Cancel safety
///
/// It can be dropped at any time. The task that has polled it is polled once more.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
