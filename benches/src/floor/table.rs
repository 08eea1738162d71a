use crate::floor::{bulk, clients, datagrams, server, tasks, timers, wakes};
use crate::harness::Named;

/// All workloads, under the names that they have for the runtimes.
pub const TABLE: [Named; 28] = [
    ("block_on", tasks::block_on),
    ("spawn_join", tasks::spawn_batch),
    ("spawn_batch", tasks::spawn_batch),
    ("yield_now", tasks::yield_now),
    ("ping_pong", tasks::ping_pong),
    ("wake_many", wakes::wake_many),
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
    ("udp_send", datagrams::udp_send),
    ("udp_send_batch", datagrams::udp_send_batch),
    ("udp_send_gso", datagrams::udp_send_gso),
    ("udp_receive", datagrams::udp_receive),
    ("udp_receive_batch", datagrams::udp_receive_batch),
    ("udp_receive_gro", datagrams::udp_receive_gro),
    ("hyper", server::hyper),
    ("hyper_wrk", server::hyper),
];
