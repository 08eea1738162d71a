use epore_benches::CountingAllocator;
use epore_benches::runtimes::Epox;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    epore_benches::harness::run::<Epox>(&[]);
}
