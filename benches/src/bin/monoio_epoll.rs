use epore_benches::CountingAllocator;
use epore_benches::runtimes::MonoioEpoll;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    epore_benches::harness::run::<MonoioEpoll>(&[]);
}
