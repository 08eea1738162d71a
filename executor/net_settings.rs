#![forbid(unsafe_code)]

use std::time::Duration;

use super::resolver::Resolver;

/// What RFC 8305, section 5, recommends where nothing is known of the network: as long as most handshakes take, and hardly
/// long enough to be noticed.
const CONNECT_ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Settings that the executor only keeps, for those above it who connect.
#[derive(Clone, Debug)]
pub(crate) struct NetSettings {
    pub(crate) connect_attempt_delay: Duration,
    /// None for that of the system.
    pub(crate) resolver: Option<Resolver>,
}

impl Default for NetSettings {
    fn default() -> NetSettings {
        NetSettings { connect_attempt_delay: CONNECT_ATTEMPT_DELAY, resolver: None }
    }
}
