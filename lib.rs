//! Epore is an async runtime for one thread on Linux.
//!
//! It stands on epoll and three small crates. [`block_on`] runs a future and all the tasks that it [`spawn`]s on the
//! thread that calls it; [`net`] has the sockets, [`io`] what goes around them, [`time`] the timers, [`signal`] the signals,
//! and [`spawn_blocking`] takes work that blocks elsewhere. Futures need not be `Send`, so tasks share what they like
//! through `Rc` and `RefCell`.
//!
//! ```
//! use epore::net::{TcpListener, TcpStream};
//!
//! epore::block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let addr = listener.local_addr()?;
//!
//!     let server = epore::spawn(async move {
//!         let (stream, _) = listener.accept().await?;
//!         stream.write_all(b"hello, world").await
//!     });
//!
//!     let mut text = Vec::new();
//!     TcpStream::connect(addr).await?.read_to_end(&mut text).await?;
//!     assert_eq!(text, b"hello, world");
//!     server.await?
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What to know
//!
//! - A task runs until it awaits something that is not ready. One that computes for long keeps the others waiting; move
//!   such work to [`spawn_blocking`].
//! - Tasks of [`spawn`] own all that they use. Those of a [`scope`](scope()) may borrow it.
//! - A panic in a task ends that task alone, and becomes the [`JoinError`] of its handle.
//! - When `block_on` returns, the tasks that are left are dropped. Await what must be finished.
//! - Wakers may be sent to any thread, and outlive their task and its runtime.
//! - Below the futures is the [`reactor`], a safe layer over epoll that can be used alone.
//! - Names follow tokio's: [`coming_from_tokio`] holds them side by side. [`ecosystem`] tells which crates run on it, and how.
//! - [`porting`] shows how programs for tokio, smol and monoio become ones for Epore.
//! - What has a limit says so when it is reached: [`limits`] lists them all.
//!
//! # Features
//!
//! - `futures-io`: `AsyncRead` and `AsyncWrite` of the crate `futures-io` on streams, on references to them, and on halves.
//! - `hyper`: hyper's runtime traits, in the module `hyper`.
//! - `tokio-io`: `AsyncRead` and `AsyncWrite` of tokio on streams and halves, without any other part of tokio.
//! - `tracing`: spans for tasks and events for wakes and sleeps, as the module `tracing` says; `tokio-console` can read them.

#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("epore stands on epoll and packs task names into 64 bits: it builds for 64-bit Linux only");

mod compat;
mod executor;
pub mod io;
pub mod net;
pub mod reactor;
pub mod signal;
pub mod time;

#[cfg(feature = "hyper")]
pub use compat::hyper;
pub use executor::{
    AbortHandle, AccessError, Builder, Cancelled, Handle, JoinError, JoinHandle, JoinSet, LocalKey, RemoteHandle,
    Runtime, Scope, ScopeFuture, ScopedJoinHandle, TaskGroup, TaskLocalFuture, YieldNow, block_on, scope, spawn,
    spawn_blocking, yield_now,
};

/// The items about tasks, under the path that they have in tokio.
pub mod task {
    #[doc(no_inline)]
    pub use crate::{
        AbortHandle, JoinError, JoinHandle, JoinSet, LocalKey, spawn, spawn as spawn_local, spawn_blocking, yield_now,
    };
}

/// The items about runtimes, under the path that they have in tokio.
pub mod runtime {
    #[doc(no_inline)]
    pub use crate::{Builder, Handle, Runtime};
}

#[cfg(doc)]
#[doc = include_str!("docs/tokio.md")]
pub mod coming_from_tokio {}

#[cfg(doc)]
#[doc = include_str!("docs/porting.md")]
pub mod porting {}

#[cfg(all(doc, feature = "tracing"))]
#[doc = include_str!("docs/tracing.md")]
pub mod tracing {}

#[cfg(doc)]
#[doc = include_str!("docs/ecosystem.md")]
pub mod ecosystem {}

#[cfg(doc)]
#[doc = include_str!("docs/LIMITS.md")]
pub mod limits {}

// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("README.md")]
struct Readme;
