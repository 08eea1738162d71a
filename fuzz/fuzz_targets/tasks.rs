#![no_main]

#[path = "../../tests/models/mod.rs"]
#[allow(dead_code)]
mod models;

libfuzzer_sys::fuzz_target!(|program: &[u8]| models::tasks::run(program));
