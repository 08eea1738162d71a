//! Sockets, and the names of their addresses.
//!
//! A socket costs nothing until it has to wait: only then is it registered with the reactor, once, for good. It is bound
//! then to the runtime that it waited in. Waiting for it in another one is an error that says so;
//! [`into_std`](TcpStream::into_std) and [`from_std`](TcpStream::from_std) move it.
//!
//! All operations take `&self`, and any number of tasks may wait for one socket. All of them are woken when it becomes
//! ready, and the first to come wins.
//!
//! # Cancel safety
//!
//! Dropping a pending future loses nothing that its documentation does not name: a single read, write, accept or wait has
//! either happened and said so, or has not happened.
//!
//! # Forks
//!
//! A child that was forked shares the reactor of its parent, and must leave it alone. There a socket that has to be
//! registered gives an error, and a runtime of the parent that has to wait panics; both say so. Closing sockets and
//! giving them away is harmless. A new runtime works.
//!
//! # Fairness
//!
//! A socket that is always ready would let a loop of reads run for ever. So a task yields by itself after 128 operations
//! in one poll, and one more in each direction of each socket, so that no branch of a `join!` is left out.

mod accept;
mod async_fd;
mod device;
mod int_option;
mod linger;
mod lookup;
mod operation;
mod readiness;
mod registration;
mod resolve;
mod source;
pub mod stream;
mod sys;
pub mod tcp;
pub mod udp;
pub mod unix;

pub use async_fd::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, TryIoError};
pub use lookup::{ToSocketAddrs, lookup_host, system_resolver};
#[doc(inline)]
pub use stream::Stream;
#[doc(inline)]
pub use tcp::{TcpListener, TcpSocket, TcpStream};
#[doc(inline)]
pub use udp::UdpSocket;
#[doc(inline)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
