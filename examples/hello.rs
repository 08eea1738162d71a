//! Two tasks that take turns on one thread.
//!
//! cargo run --example hello

#![forbid(unsafe_code)]

use std::time::Duration;

use epore::time::sleep;

async fn count(name: &str, pause: Duration) -> u32 {
    let mut sum = 0;
    for number in 1..=3 {
        sleep(pause).await;
        println!("{name} counts {number}");
        sum += number;
    }
    sum
}

fn main() {
    epore::block_on(async {
        let hare = epore::spawn(count("the hare", Duration::from_millis(10)));
        let tortoise = epore::spawn(count("the tortoise", Duration::from_millis(25)));
        println!("hello from the main future");
        // A handle gives the output of its task, or says that the task has panicked.
        println!("together they make {}", hare.await.unwrap() + tortoise.await.unwrap());
    });
}
