#![forbid(unsafe_code)]

use std::time::Duration;

/// How the runtime waits.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitSettings {
    /// The timer slack of the thread while it is in `block_on`; None leaves it as it is.
    pub(super) timer_slack: Option<Duration>,
    /// How long to look at the reactor before sleeping.
    pub(super) spin_before_park: Duration,
}
