use epore_benches::runtimes::Epore;
use epore_benches::{CountingAllocator, harness};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    #[cfg(feature = "hyper")]
    let own = [harness::EPORE, &harness::with_hyper::<Epore>()].concat();
    #[cfg(not(feature = "hyper"))]
    let own = harness::EPORE.to_vec();
    harness::run::<Epore>(&own);
}
