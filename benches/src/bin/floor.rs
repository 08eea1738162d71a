use epore_benches::{CountingAllocator, floor, harness};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    harness::run_table(&floor::TABLE);
}
