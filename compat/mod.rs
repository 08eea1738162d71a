//! The traits by which other crates use a runtime, each behind a feature of its name. It stands on everything else.

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "tokio-io")]
mod tokio_io;
