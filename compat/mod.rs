//! The traits by which other crates use a runtime, each behind a feature of its name. It stands on everything else.

#[cfg(feature = "hyper")]
pub mod hyper;
