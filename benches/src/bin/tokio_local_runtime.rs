use epore_benches::runtimes::TokioLocalRuntime;
use epore_benches::{CountingAllocator, harness};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    harness::run::<TokioLocalRuntime>(&harness::with_hyper::<TokioLocalRuntime>());
}
