//! Channels of other crates, between tasks and between threads. They know nothing of a runtime, and so run on any.
//!
//! ```text
//! cargo run -p epore-ecosystem --example channels
//! ```

#![forbid(unsafe_code)]

use std::thread;

use futures::channel::mpsc as futures_channel;
use futures::{SinkExt, StreamExt};
use tokio::sync;

const COUNT: u64 = 1000;

/// What the numbers up to `COUNT` come to.
const SUM: u64 = COUNT * (COUNT + 1) / 2;

fn main() {
    epore::block_on(async {
        println!("async-channel: {}", through_async_channel().await);
        println!("flume: {}", through_flume().await);
        println!("futures: {}", through_futures().await);
        println!("tokio::sync: {}", through_tokio().await);
        println!("tokio's Semaphore let in at most {} of 10 at once", guarded_by_tokio().await);
        println!("each should be {SUM}, and the last 3");
    });
}

/// Four threads take numbers from one task, and give it their sums.
async fn through_async_channel() -> u64 {
    let (numbers, work) = async_channel::bounded(8);
    let (sums, results) = async_channel::unbounded();
    for _ in 0..4 {
        let (work, sums) = (work.clone(), sums.clone());
        thread::spawn(move || {
            let mut sum = 0;
            while let Ok(number) = work.recv_blocking() {
                sum += number;
            }
            sums.send_blocking(sum)
        });
    }
    drop(sums);
    for number in 1..=COUNT {
        numbers.send(number).await.expect("the threads listen");
    }
    drop(numbers);
    results.fold(0, async |sum, part: u64| sum + part).await
}

/// A thread sends to a task, and has to wait for it since the channel holds no more than one number.
async fn through_flume() -> u64 {
    let (sender, receiver) = flume::bounded(1);
    thread::spawn(move || (1..=COUNT).try_for_each(|number| sender.send(number)));
    let mut sum = 0;
    while let Ok(number) = receiver.recv_async().await {
        sum += number;
    }
    sum
}

/// From task to task.
async fn through_futures() -> u64 {
    let (mut sender, receiver) = futures_channel::channel(0);
    epore::spawn(async move {
        for number in 1..=COUNT {
            sender.send(number).await.expect("the receiver is there");
        }
    });
    receiver.fold(0, async |sum, number: u64| sum + number).await
}

/// A request to a thread, whose answer comes by a channel that goes with it.
async fn through_tokio() -> u64 {
    let (requests, mut inbox) = sync::mpsc::channel::<(u64, sync::oneshot::Sender<u64>)>(8);
    thread::spawn(move || {
        while let Some((number, answer)) = inbox.blocking_recv() {
            let _nobody_waits = answer.send(number);
        }
    });
    let mut sum = 0;
    for number in 1..=COUNT {
        let (sender, answer) = sync::oneshot::channel();
        requests.send((number, sender)).await.expect("the thread listens");
        sum += answer.await.expect("the thread answers");
    }
    sum
}

/// Ten tasks, of which three at once may be inside.
async fn guarded_by_tokio() -> usize {
    let door = std::rc::Rc::new(sync::Semaphore::new(3));
    let inside = std::rc::Rc::new(std::cell::Cell::new(0));
    let tasks = (0..10).map(|_| {
        let (door, inside) = (door.clone(), inside.clone());
        epore::spawn(async move {
            let _permit = door.acquire().await.expect("nobody closes it");
            inside.set(inside.get() + 1);
            let seen = inside.get();
            epore::yield_now().await;
            inside.set(inside.get() - 1);
            seen
        })
    });
    let seen = futures::future::try_join_all(tasks).await.expect("no task panics");
    seen.into_iter().max().unwrap_or(0)
}
