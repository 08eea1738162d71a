//! Programs on Epore that use what others have written. All of it is in `examples/` and `tests/`.

#![forbid(unsafe_code)]
