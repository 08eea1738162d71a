//! Descriptors of any kind as something that can be waited for.

#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod async_fd;
mod operations;
mod ready_guard;
mod ready_mut_guard;
mod try_io_error;
mod waiting;

pub use async_fd::AsyncFd;
pub use ready_guard::AsyncFdReadyGuard;
pub use ready_mut_guard::AsyncFdReadyMutGuard;
pub use try_io_error::TryIoError;
