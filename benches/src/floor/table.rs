use crate::floor::{bulk, clients, server, tasks, timers, wakes};
use crate::harness::Named;

/// All workloads, under the names that they have for the runtimes.
pub const TABLE: [Named; 19] = [
    ("block_on", tasks::block_on),
    ("spawn_join", tasks::spawn_batch),
    ("spawn_batch", tasks::spawn_batch),
    ("yield_now", tasks::yield_now),
    ("ping_pong", tasks::ping_pong),
    ("waker_clone", wakes::waker_clone),
    ("wake_by_ref", wakes::wake_by_ref),
    ("wake_remote", wakes::wake_remote),
    ("timeout", timers::timeout),
    ("sleeps", timers::sleeps),
    ("lateness", timers::lateness),
    ("parked_tasks", tasks::parked_tasks),
    ("echo", server::echo),
    ("client", clients::client),
    ("churn_server", server::churn_server),
    ("churn_client", clients::churn_client),
    ("bulk_receive", bulk::bulk_receive),
    ("bulk_send", bulk::bulk_send),
    ("idle_connections", server::idle_connections),
];
