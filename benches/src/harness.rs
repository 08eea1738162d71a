//! The programs of the runtimes: each runs one workload once.

use std::env;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::{panic, process};

use crate::usage::{misused, parsed};
use crate::workloads;
use crate::{Runtime, Sample, sys, wire};

/// What a program was told to do.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// How many tasks, timers or connections there are, or what else the workload makes of it.
    pub scale: u64,
    pub operations: u64,
    /// Where the server is, for clients.
    address: Option<SocketAddr>,
}

impl Job {
    pub fn address(&self) -> SocketAddr {
        self.address.expect("a workload that connects is told where")
    }

    /// Listens, and tells the runner where.
    pub fn listen(&self) -> TcpListener {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        sys::lengthen_backlog(&listener);
        println!("listening {}", listener.local_addr().unwrap());
        listener
    }

    /// A socket that sends datagrams.
    pub fn sender(&self) -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    /// A socket that receives datagrams. The runner is told where.
    pub fn receiver(&self) -> UdpSocket {
        let socket = self.sender();
        println!("listening {}", socket.local_addr().unwrap());
        socket
    }

    /// How many windows of datagrams that makes.
    pub fn windows(&self) -> u64 {
        self.operations / wire::WINDOW as u64
    }
}

/// The seconds that a run may take: the longest takes ten, or a hundred under callgrind.
pub const PATIENCE: u32 = 300;

/// The name of a workload and the function that does it.
pub type Named = (&'static str, fn(Job) -> Sample);

/// The `main` of a runtime's program. It may have workloads of its own.
pub fn run<R: Runtime>(own: &[Named]) {
    let all: [Named; 23] = [
        ("block_on", workloads::block_on::<R>),
        ("spawn_join", workloads::spawn_join::<R>),
        ("spawn_batch", workloads::spawn_batch::<R>),
        ("yield_now", workloads::yield_now::<R>),
        ("ping_pong", workloads::ping_pong::<R>),
        ("wake_many", workloads::wake_many::<R>),
        ("waker_clone", workloads::waker_clone::<R>),
        ("wake_by_ref", workloads::wake_by_ref::<R>),
        ("wake_remote", workloads::wake_remote::<R>),
        ("timeout", workloads::timeout::<R>),
        ("sleeps", workloads::sleeps::<R>),
        ("lateness", workloads::lateness::<R>),
        ("parked_tasks", workloads::parked_tasks::<R>),
        ("echo", workloads::echo::<R>),
        ("latency", workloads::echo::<R>),
        ("client", workloads::client::<R>),
        ("churn_server", workloads::churn_server::<R>),
        ("churn_client", workloads::churn_client::<R>),
        ("bulk_receive", workloads::bulk_receive::<R>),
        ("bulk_send", workloads::bulk_send::<R>),
        ("idle_connections", workloads::idle_connections::<R>),
        ("udp_send", workloads::udp_send::<R>),
        ("udp_receive", workloads::udp_receive::<R>),
    ];
    run_table(&[&all, own].concat());
}

/// The workloads that only Epore has.
pub const EPORE: &[Named] = &[
    ("udp_send_batch", workloads::udp_send_batch),
    ("udp_send_gso", workloads::udp_send_gso),
    ("udp_receive_batch", workloads::udp_receive_batch),
    ("udp_receive_gro", workloads::udp_receive_gro),
];

/// The workloads of a runtime on which hyper can be put.
#[cfg(feature = "hyper")]
pub fn with_hyper<R: workloads::WithHyper>() -> [Named; 2] {
    [("hyper", workloads::hyper::<R>), ("hyper_wrk", workloads::hyper::<R>)]
}

const USAGE: &str = "usage: WORKLOAD SCALE OPERATIONS [ADDRESS]";

/// Does what the arguments say: `WORKLOAD SCALE OPERATIONS [ADDRESS]`.
pub fn run_table(table: &[Named]) {
    sys::pin(0);
    sys::end_after(PATIENCE);
    end_at_panics();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [workload, scale, operations, address @ ..] = arguments.as_slice() else {
        misused(USAGE);
    };
    let job = Job {
        scale: parsed(scale, USAGE),
        operations: parsed(operations, USAGE),
        address: address.first().map(|address| parsed(address, USAGE)),
    };
    let entry = table.iter().find(|(name, _)| name == workload);
    let (_, run) = entry.unwrap_or_else(|| misused(format_args!("there is no workload {workload}")));
    println!("{}", run(job));
}

/// Ends the process at the first panic, of whichever thread: another might wait for the one that has panicked.
fn end_at_panics() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        show(panic);
        process::exit(1);
    }));
}
