use epore_benches::runtimes::TokioSpawn;
use epore_benches::{CountingAllocator, harness};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    harness::run::<TokioSpawn>(&harness::with_hyper::<TokioSpawn>());
}
