//! The workloads, each written once for all runtimes.

mod block_on;
mod bulk;
mod churn;
mod client;
mod echo;
#[cfg(feature = "hyper")]
mod hyper;
mod idle;
mod lateness;
mod parked;
mod ping_pong;
mod sleeps;
mod spawn;
mod timeout;
mod udp;
mod udp_batch;
mod wake_many;
mod wake_remote;
mod waker;
mod yield_now;

pub use block_on::block_on;
pub use bulk::{bulk_receive, bulk_send};
pub use churn::{churn_client, churn_server};
pub use client::client;
pub use echo::{accept_all, echo, serve};
#[cfg(feature = "hyper")]
pub use hyper::{WithHyper, hyper};
pub use idle::idle_connections;
pub use lateness::{lateness, median};
pub use parked::parked_tasks;
pub use ping_pong::ping_pong;
pub use sleeps::{sleeps, spread};
pub use spawn::{spawn_batch, spawn_join};
pub use timeout::timeout;
pub use udp::{udp_receive, udp_send};
pub use udp_batch::{udp_receive_batch, udp_receive_gro, udp_send_batch, udp_send_gso};
pub use wake_many::wake_many;
pub use wake_remote::wake_remote;
pub use waker::{wake_by_ref, waker_clone};
pub use yield_now::yield_now;
