use super::workload::Counted::{ByOperations, ByScale, Not};
use super::workload::Metric::{Bytes, Cpu, Lateness, Time};
use super::workload::{Load, Workload};

/// Where hyper has been put upon the runtime. The floor answers by hand.
const WITH_HYPER: &[&str] = &["epore", "floor", "tokio_spawn", "tokio_local_set", "tokio_local_runtime"];

/// The others have no calls that take several datagrams.
const WITH_BATCHES: &[&str] = &["epore", "floor"];

/// In the order of the tables.
pub const WORKLOADS: [Workload; 29] = [
    local("block_on", "block_on of a ready future", 200_000),
    local("spawn_join", "spawn + join, one at a time", 300_000),
    local("spawn_batch", "spawn + join, in batches of #", 500_000).at(&[10_000]).grows_to(1_000_000),
    local("yield_now", "yield, tasks: #", 500_000).at(&[1, 1000]).grows_to(1_000_000),
    local("ping_pong", "ping-pong of two tasks, a round trip", 300_000),
    local("wake_many", "wake and run, waiting tasks: #", 500_000).at(&[1000]).grows_to(1_000_000),
    local("waker_clone", "waker: clone and drop", 3_000_000),
    local("wake_by_ref", "waker: wake_by_ref", 3_000_000),
    local("wake_remote", "wake from another thread, a round trip", 5000).counted(Not),
    local("timeout", "arm + cancel a timeout, live timers: #", 100_000).at(&[1, 1000, 1_000_000]).grows_to(1_000_000),
    local("sleeps", "a sleep, concurrent ones: #", 100_000).at(&[100_000]).value(Cpu).counted(ByScale),
    local("lateness", "sleep(# µs), median", 100).at(&[100, 1000, 10_000]).value(Lateness).counted(Not),
    local("parked_tasks", "a parked task", 1).at(&[1_000_000]).value(Bytes).counted(ByScale),
    net("echo", "TCP echo server, connections: #", Load::Client("talk"), 30_000)
        .at(&[1, 64, 1000, 8000])
        .grows_to(10_000),
    net("latency", "TCP echo, time of a round trip", Load::Client("talk"), 10_000).value(Time).counted(Not),
    net("client", "TCP clients, connections: #", Load::Server("serve"), 30_000).at(&[100]),
    net("churn_server", "TCP server, connection and message", Load::Client("visit"), 10_000).at(&[16]),
    net("churn_client", "TCP client, connection and message", Load::Server("serve_once"), 10_000).at(&[16]),
    net("bulk_receive", "TCP receive, 64 KiB", Load::Client("send"), 20_000),
    net("bulk_send", "TCP send, 64 KiB", Load::Client("receive"), 20_000),
    net("idle_connections", "an idle connection", Load::Client("idle"), 1).at(&[8000]).value(Bytes).counted(ByScale),
    udp("udp_send", "UDP send, one datagram a call", Load::Server("collect")),
    udp("udp_send_batch", "UDP send, # datagrams a call", Load::Server("collect")).at(&[48]).only(WITH_BATCHES),
    udp("udp_send_gso", "UDP send, # datagrams a buffer (GSO)", Load::Server("collect")).at(&[48]).only(WITH_BATCHES),
    udp("udp_receive", "UDP receive, one datagram a call", Load::Client("flood")),
    udp("udp_receive_batch", "UDP receive, # datagrams a call", Load::Client("flood")).at(&[48]).only(WITH_BATCHES),
    udp("udp_receive_gro", "UDP receive, # datagrams a buffer (GRO)", Load::Client("flood_whole"))
        .at(&[48])
        .only(WITH_BATCHES),
    net("hyper", "hyper “hello”, connections: #", Load::Client("ask"), 30_000).at(&[64]).only(WITH_HYPER),
    net("hyper_wrk", "hyper “hello” under wrk, connections: #", Load::Wrk, 2)
        .at(&[64])
        .value(Time)
        .counted(Not)
        .only(WITH_HYPER),
];

/// The workload of this name.
pub fn workload(name: &str) -> &'static Workload {
    let found = WORKLOADS.iter().find(|workload| workload.name == name);
    found.unwrap_or_else(|| panic!("there is no workload {name}"))
}

const fn local(name: &'static str, title: &'static str, operations: u64) -> Workload {
    Workload::local(name, title, &[1], operations)
}

const fn net(name: &'static str, title: &'static str, load: Load, operations: u64) -> Workload {
    Workload::net(name, title, load, operations)
}

/// Datagrams of 1,200 bytes, in whole windows.
const fn udp(name: &'static str, title: &'static str, load: Load) -> Workload {
    net(name, title, load, 24_000).counted(ByOperations(4800))
}
