//! The other side of the network workloads, by hand on a plain epoll loop: `load ROLE CONNECTIONS OPERATIONS [ADDRESS]`.
//!
//! It checks all that comes, and prints for how much of the time its processor was idle: enough, or it was the bottleneck.

use std::env;
use std::net::SocketAddr;
use std::time::Instant;

use epore_benches::usage::{misused, parsed};
use epore_benches::{harness, load, sys};

const USAGE: &str = "usage: load ROLE CONNECTIONS OPERATIONS [ADDRESS]";

fn main() {
    sys::pin(1);
    sys::end_after(harness::PATIENCE);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [role, connections, operations, address @ ..] = arguments.as_slice() else {
        misused(USAGE);
    };
    let (connections, operations) = (parsed(connections, USAGE), parsed(operations, USAGE));
    let address = || -> SocketAddr { address.first().map_or_else(|| misused(USAGE), |address| parsed(address, USAGE)) };
    let (cpu, start) = (sys::cpu_time(), Instant::now());
    match role.as_str() {
        "talk" => load::talk(address(), connections, operations),
        "ask" => load::ask(address(), connections, operations),
        "collect" => load::collect(operations),
        "flood" => load::flood(address(), operations),
        "flood_whole" => load::flood_whole(address(), operations),
        "visit" => load::visit(address(), connections, operations),
        "idle" => load::idle(address(), connections),
        "send" => load::send(address(), operations),
        "receive" => load::receive(address(), operations),
        "serve" => load::serve(false),
        "serve_once" => load::serve(true),
        _ => misused(format_args!("there is no role {role}")),
    }
    let busy = (sys::cpu_time() - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
    println!("idle {:.3}", 1.0 - busy);
}
