#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use super::sys;

/// Another timer slack of this thread, until this is dropped.
pub(crate) struct TimerSlack {
    /// What it was before, in nanoseconds.
    former: u64,
}

impl TimerSlack {
    /// Sets the slack. Zero becomes a nanosecond, as the kernel takes 0 for "the default"; it counts up to 292 years.
    pub(crate) fn set(slack: Duration) -> io::Result<TimerSlack> {
        let former = sys::timer_slack()?;
        let nanos = slack.as_nanos().clamp(1, i64::MAX as u128);
        sys::set_timer_slack(nanos as u64)?;
        Ok(TimerSlack { former })
    }
}

impl Drop for TimerSlack {
    fn drop(&mut self) {
        // It was allowed a moment ago.
        let _set_back = sys::set_timer_slack(self.former);
    }
}
