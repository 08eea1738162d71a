use epore_benches::runtimes::TokioLocalSet;
use epore_benches::{CountingAllocator, harness};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    harness::run::<TokioLocalSet>(&harness::with_hyper::<TokioLocalSet>());
}
