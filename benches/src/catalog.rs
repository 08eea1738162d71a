//! What is measured, and of whom.

/// What is shown as one: the best of its programs counts.
pub struct Column {
    pub name: &'static str,
    pub programs: &'static [&'static str],
}

/// All programs, in the order of the tables. The first two are what the others are compared with.
pub const COLUMNS: [Column; 10] = [
    Column { name: "Epore", programs: &["epore"] },
    Column { name: "floor", programs: &["floor"] },
    Column { name: "tokio", programs: &["tokio_spawn", "tokio_local_set", "tokio_local_runtime"] },
    Column { name: "smol", programs: &["smol"] },
    Column { name: "monoio epoll", programs: &["monoio_epoll"] },
    Column { name: "monoio uring", programs: &["monoio_uring"] },
    Column { name: "compio epoll", programs: &["compio_epoll"] },
    Column { name: "compio uring", programs: &["compio_uring"] },
    Column { name: "glommio", programs: &["glommio"] },
    Column { name: "epox", programs: &["epox"] },
];

/// What the value of a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Nanoseconds that pass for each operation.
    Time,
    /// Nanoseconds of processor time for each operation.
    Cpu,
    /// The median lateness in nanoseconds.
    Lateness,
    /// Resident bytes.
    Bytes,
}

impl Metric {
    pub fn unit(self) -> &'static str {
        match self {
            Metric::Time => "ns",
            Metric::Cpu => "ns of CPU",
            Metric::Lateness => "ns late",
            Metric::Bytes => "bytes",
        }
    }
}

/// The part of the load generator.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    None,
    /// It connects to the program, in this role.
    Client(&'static str),
    /// The program connects to it, in this role.
    Server(&'static str),
}

pub struct Workload {
    pub name: &'static str,
    /// `#` stands for the scale.
    pub title: &'static str,
    pub metric: Metric,
    pub load: Load,
    /// How many tasks, timers, connections or microseconds.
    pub scales: &'static [u64],
    /// The operations of one timed run.
    pub operations: u64,
    /// The least operations of a run whose instructions and system calls are counted, if they are.
    pub counted: Option<u64>,
    /// Whether the cost is to be measured from 1 to this scale in steps of 10.
    pub grows_to: Option<u64>,
}

/// A workload of one process.
const fn local(name: &'static str, title: &'static str, scales: &'static [u64], operations: u64) -> Workload {
    let (metric, load) = (Metric::Time, Load::None);
    Workload { name, title, metric, load, scales, operations, counted: Some(20_000), grows_to: None }
}

/// A workload with a load generator. Its value is processor time: how long it takes depends on both sides.
const fn net(name: &'static str, title: &'static str, load: Load, scales: &'static [u64], operations: u64) -> Workload {
    Workload { name, title, metric: Metric::Cpu, load, scales, operations, counted: Some(1000), grows_to: None }
}

pub const WORKLOADS: [Workload; 19] = [
    local("block_on", "block_on of a ready future", &[1], 2_000_000),
    local("spawn_join", "spawn + join, one at a time", &[1], 1_000_000),
    Workload {
        grows_to: Some(1_000_000),
        ..local("spawn_batch", "spawn + join, in batches of #", &[10_000], 1_000_000)
    },
    Workload { grows_to: Some(1_000_000), ..local("yield_now", "yield, tasks: #", &[1, 1000], 2_000_000) },
    local("ping_pong", "ping-pong of two tasks, a round trip", &[1], 1_000_000),
    local("waker_clone", "waker: clone and drop", &[1], 10_000_000),
    local("wake_by_ref", "waker: wake_by_ref", &[1], 10_000_000),
    Workload { counted: None, ..local("wake_remote", "wake from another thread, a round trip", &[1], 5000) },
    Workload {
        grows_to: Some(1_000_000),
        ..local("timeout", "arm + cancel a timeout, live timers: #", &[1, 1000, 1_000_000], 500_000)
    },
    Workload {
        metric: Metric::Cpu,
        counted: None,
        ..local("sleeps", "a sleep, concurrent ones: #", &[100_000], 100_000)
    },
    Workload {
        metric: Metric::Lateness,
        counted: None,
        ..local("lateness", "sleep(# µs), median", &[100, 1000, 10_000], 100)
    },
    Workload {
        metric: Metric::Bytes,
        counted: None,
        ..local("parked_tasks", "memory of a parked task", &[1_000_000], 1)
    },
    Workload {
        grows_to: Some(1000),
        ..net("echo", "TCP echo server, connections: #", Load::Client("talk"), &[1, 64, 1000, 8000], 30_000)
    },
    net("client", "TCP clients, connections: #", Load::Server("serve"), &[100], 30_000),
    net("churn_server", "TCP server, connection and message", Load::Client("visit"), &[16], 10_000),
    net("churn_client", "TCP client, connection and message", Load::Server("serve_once"), &[16], 10_000),
    net("bulk_receive", "TCP receive, 64 KiB", Load::Client("send"), &[1], 20_000),
    net("bulk_send", "TCP send, 64 KiB", Load::Client("receive"), &[1], 20_000),
    Workload {
        metric: Metric::Bytes,
        counted: None,
        ..net("idle_connections", "memory of an idle connection", Load::Client("idle"), &[8000], 1)
    },
];

/// The workload of this name.
pub fn workload(name: &str) -> &'static Workload {
    let found = WORKLOADS.iter().find(|workload| workload.name == name);
    found.unwrap_or_else(|| panic!("there is no workload {name}"))
}
