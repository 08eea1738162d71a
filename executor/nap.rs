#![forbid(unsafe_code)]

use std::sync::PoisonError;
use std::time::Duration;

use super::sync::{Condvar, Mutex};

/// A sleep of a thread that another one can end. A channel would say it in fewer lines, but brings all kinds of channels into
/// each program that connects by name.
#[derive(Default)]
pub(super) struct Nap {
    is_over: Mutex<bool>,
    news: Condvar,
}

impl Nap {
    /// Sleeps until the time has passed, or the nap was ended.
    pub(super) fn sleep(&self, duration: Duration) {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let _ended_or_not = self.news.wait_timeout_while(is_over, duration, |is_over| !*is_over);
    }

    /// Ends it, whether or not it has begun.
    pub(super) fn end(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.news.notify_one();
    }
}
