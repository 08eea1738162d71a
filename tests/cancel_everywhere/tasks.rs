#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use epore::{Handle, JoinSet, TaskGroup, scope, spawn, spawn_blocking, yield_now};
use futures::{SinkExt, StreamExt};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};

use crate::support::cancel::{Alive, Cut, at_every_await};

pub fn all() -> usize {
    at_every_await("JoinHandle", join_handle)
        + at_every_await("JoinHandle, dropped", dropped_handle)
        + at_every_await("JoinSet", join_set)
        + at_every_await("JoinSet::shutdown", join_set_shutdown)
        + at_every_await("TaskGroup", task_group)
        + at_every_await("TaskGroup::shutdown", task_group_shutdown)
        + at_every_await("TaskGroup::cancelled", cancelled)
        + at_every_await("TaskGroup::run_until_cancelled", run_until_cancelled)
        + at_every_await("scope", scoped)
        + at_every_await("spawn_blocking", blocking)
        + at_every_await("spawn_blocking, dropped", dropped_work)
        + at_every_await("Handle::spawn", remote)
        + at_every_await("mpsc, tokio's", tokio_channel)
        + at_every_await("mpsc::reserve", reserve)
        + at_every_await("mpsc, of futures", futures_channel)
        + at_every_await("oneshot", one_shot)
        + at_every_await("mutex, semaphore and notify", locks)
}

/// A task that ends after some turns.
async fn after_turns<T>(turns: usize, value: T) -> T {
    for _ in 0..turns {
        yield_now().await;
    }
    value
}

async fn join_handle(cut: &Cut) -> io::Result<()> {
    let mut task = spawn(after_turns(3, 42));
    let value = match cut.here_of_lent(&mut task).await {
        Some(value) => value,
        None => task.await,
    };
    assert_eq!(value.unwrap(), 42);
    Ok(())
}

/// The task goes on, and forgets who waited.
async fn dropped_handle(cut: &Cut) -> io::Result<()> {
    let alive = Alive::default();
    cut.here(spawn(after_turns(3, alive.clone()))).await;
    after_turns(4, ()).await;
    assert_eq!(alive.count(), 0);
    Ok(())
}

async fn join_set(cut: &Cut) -> io::Result<()> {
    let mut set = JoinSet::new();
    for turns in [3, 1, 2] {
        set.spawn(after_turns(turns, turns));
    }
    let mut joined = Vec::new();
    let all = async {
        while let Some(result) = set.join_next().await {
            joined.push(result.unwrap());
        }
    };
    cut.here_of_lent(all).await;
    while let Some(result) = set.join_next().await {
        joined.push(result.unwrap());
    }
    assert_eq!(joined, [1, 2, 3]);
    Ok(())
}

async fn join_set_shutdown(cut: &Cut) -> io::Result<()> {
    let (alive, mut set) = (Alive::default(), JoinSet::new());
    for _ in 0..3 {
        set.spawn(after_turns(usize::MAX, alive.clone()));
    }
    yield_now().await;
    cut.here_of_lent(set.shutdown()).await;
    drop(set);
    yield_now().await;
    assert_eq!(alive.count(), 0);
    Ok(())
}

async fn task_group(cut: &Cut) -> io::Result<()> {
    let (alive, group) = (Alive::default(), TaskGroup::new());
    for turns in [3, 1, 2] {
        drop(group.spawn(after_turns(turns, alive.clone())));
    }
    group.close();
    cut.here(group.wait()).await;
    group.wait().await;
    assert_eq!((alive.count(), group.len()), (0, 0));
    Ok(())
}

async fn task_group_shutdown(cut: &Cut) -> io::Result<()> {
    let (alive, group) = (Alive::default(), TaskGroup::new());
    drop(group.spawn(after_turns(usize::MAX, alive.clone())));
    let (cancelled, polite) = (group.cancelled(), alive.clone());
    drop(group.spawn(async move {
        cancelled.await;
        drop(polite);
    }));
    cut.here(group.shutdown(Duration::from_millis(1))).await;
    group.abort_all();
    group.close();
    group.wait().await;
    assert_eq!(alive.count(), 0);
    Ok(())
}

/// A group that is cancelled some turns later.
fn cancelled_later() -> TaskGroup {
    let group = TaskGroup::new();
    let cancelling = group.clone();
    drop(spawn(async move {
        after_turns(3, ()).await;
        cancelling.cancel();
    }));
    group
}

async fn cancelled(cut: &Cut) -> io::Result<()> {
    let group = cancelled_later();
    let other = spawn(group.cancelled());
    cut.here(group.cancelled()).await;
    group.cancelled().await;
    other.await.unwrap();
    Ok(())
}

async fn run_until_cancelled(cut: &Cut) -> io::Result<()> {
    let (alive, group) = (Alive::default(), cancelled_later());
    let guard = alive.clone();
    let endless = group.run_until_cancelled(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let ended = cut.here(endless).await;
    assert_eq!((ended.flatten(), alive.count()), (None, 0), "what ran is dropped");
    group.cancelled().await;
    Ok(())
}

async fn scoped(cut: &Cut) -> io::Result<()> {
    let alive = Alive::default();
    let done = RefCell::new(Vec::new());
    let future = scope(async |scope| {
        for turns in [3, 1] {
            let (done, guard) = (&done, alive.clone());
            drop(scope.spawn(async move {
                let _guard = guard;
                let turns = after_turns(turns, turns).await;
                done.borrow_mut().push(turns);
            }));
        }
        scope.spawn(after_turns(2, alive.clone())).await.map(drop).unwrap();
    });
    let completed = cut.here(future).await.is_some();
    assert_eq!(alive.count(), 0, "the scope's end is the end of its tasks");
    assert!(!completed || *done.borrow() == [1, 3]);
    Ok(())
}

async fn blocking(cut: &Cut) -> io::Result<()> {
    let mut work = spawn_blocking(|| vec![0; 100]);
    let result = match cut.here_of_lent(&mut work).await {
        Some(result) => result,
        None => work.await,
    };
    assert_eq!(result.unwrap().len(), 100);
    Ok(())
}

async fn dropped_work(cut: &Cut) -> io::Result<()> {
    let (end, ended) = std::sync::mpsc::channel();
    let ending = spawn(async move {
        after_turns(3, ()).await;
        end.send(()).unwrap();
    });
    let (done, is_done) = std::sync::mpsc::channel();
    cut.here(spawn_blocking(move || {
        ended.recv().unwrap();
        done.send(()).unwrap();
    }))
    .await;
    ending.await.unwrap();
    is_done.recv().unwrap();
    Ok(())
}

async fn remote(cut: &Cut) -> io::Result<()> {
    let handle = Handle::current();
    let mut task = spawn_blocking(move || handle.spawn(after_turns(3, 42))).await?;
    let result = match cut.here_of_lent(&mut task).await {
        Some(result) => result,
        None => task.await,
    };
    assert_eq!(result.unwrap(), 42);
    Ok(())
}

/// Between tasks: the receiver is dropped at each of its awaits, and again receives where it was.
async fn tokio_channel(cut: &Cut) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel(1);
    let sending = spawn(async move {
        for value in 0..5 {
            sender.send(value).await.unwrap();
        }
    });
    let mut received = Vec::new();
    let receiving = async {
        while let Some(value) = receiver.recv().await {
            received.push(value);
        }
    };
    cut.here_of_lent(receiving).await;
    while let Some(value) = receiver.recv().await {
        received.push(value);
    }
    assert_eq!(received, [0, 1, 2, 3, 4]);
    sending.await.unwrap();
    Ok(())
}

/// R29: room that was reserved and is given up is room for another.
async fn reserve(cut: &Cut) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(0).await.unwrap();
    let receiving = spawn(async move {
        let mut received = Vec::new();
        while let Some(value) = receiver.recv().await {
            received.push(value);
            yield_now().await;
        }
        received
    });
    let completed = match cut.here(sender.reserve()).await {
        Some(permit) => {
            permit.unwrap().send(1);
            true
        }
        None => false,
    };
    sender.send(2).await.unwrap();
    drop(sender);
    assert_eq!(receiving.await.unwrap(), if completed { vec![0, 1, 2] } else { vec![0, 2] });
    Ok(())
}

async fn futures_channel(cut: &Cut) -> io::Result<()> {
    let (mut sender, mut receiver) = futures::channel::mpsc::channel(0);
    let sending = spawn(async move {
        for value in 0..5 {
            sender.send(value).await.unwrap();
        }
    });
    let mut received = Vec::new();
    let receiving = async {
        while let Some(value) = receiver.next().await {
            received.push(value);
        }
    };
    cut.here_of_lent(receiving).await;
    while let Some(value) = receiver.next().await {
        received.push(value);
    }
    assert_eq!(received, [0, 1, 2, 3, 4]);
    sending.await.unwrap();
    Ok(())
}

async fn one_shot(cut: &Cut) -> io::Result<()> {
    let (sender, mut receiver) = oneshot::channel();
    let sending = spawn(async move {
        yield_now().await;
        sender.send(42).unwrap();
    });
    let value = match cut.here_of_lent(&mut receiver).await {
        Some(value) => value,
        None => receiver.await,
    };
    assert_eq!(value.unwrap(), 42);
    sending.await.unwrap();
    Ok(())
}

/// Who gives up waiting takes no turn from those behind.
async fn locks(cut: &Cut) -> io::Result<()> {
    let all = Rc::new((Mutex::new(()), Semaphore::new(1), Notify::new()));
    let held = all.clone();
    let holder = spawn(async move {
        let guards = (held.0.lock().await, held.1.acquire().await.unwrap());
        after_turns(2, ()).await;
        drop(guards);
        held.2.notify_one();
    });
    yield_now().await;
    let in_turn = async {
        drop(all.0.lock().await);
        drop(all.1.acquire().await.unwrap());
        all.2.notified().await;
    };
    let behind = all.clone();
    let behind = spawn(async move {
        drop(behind.0.lock().await);
        drop(behind.1.acquire().await.unwrap());
    });
    if cut.here(in_turn).await.is_none() {
        all.2.notified().await;
    }
    behind.await.unwrap();
    holder.await.unwrap();
    Ok(())
}
