use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use loom::thread;

use super::blocking::{Pool, start};
use super::handle::RemoteHandle;
use super::runtime_id::RuntimeId;
use super::stand_ins::{Runtime, wait};
use crate::model::explore;

/// Any but zero is for ever, see `Condvar::wait_timeout`.
const FOR_EVER: Duration = Duration::MAX;

fn submit<T: Send + 'static>(pool: &Arc<Pool>, f: impl FnOnce() -> T + Send + 'static) -> RemoteHandle<T> {
    RemoteHandle::new(start(pool, f, Location::caller()).unwrap())
}

#[test]
fn each_job_is_done_by_threads_that_stay() {
    explore("two jobs, one thread that stays", || {
        let pool = Pool::new(1, FOR_EVER);
        let [first, second] = [1, 2].map(|number| submit(&pool, move || number));
        assert_eq!((wait(first).unwrap(), wait(second).unwrap()), (1, 2));
        assert_eq!(wait(submit(&pool, || 3)).unwrap(), 3);
        pool.close();
    });
}

#[test]
fn each_job_is_done_by_threads_that_go() {
    explore("two jobs, threads that go when they are idle", || {
        let pool = Pool::new(2, Duration::ZERO);
        let [first, second] = [1, 2].map(|number| submit(&pool, move || number));
        assert_eq!((wait(first).unwrap(), wait(second).unwrap()), (1, 2));
    });
}

#[test]
fn two_threads_submit() {
    explore("jobs of two threads", || {
        let pool = Pool::new(1, FOR_EVER);
        let other = Arc::clone(&pool);
        let thread = thread::spawn(move || wait(submit(&other, || 1)).unwrap());
        assert_eq!(wait(submit(&pool, || 2)).unwrap(), 2);
        assert_eq!(thread.join().unwrap(), 1);
        pool.close();
    });
}

#[test]
fn a_job_is_done_or_cancelled_when_its_pool_closes() {
    explore("a job and the end of its pool", || {
        let pool = Pool::new(1, FOR_EVER);
        let other = Arc::clone(&pool);
        let owned = Arc::new(());
        let share = Arc::clone(&owned);
        let thread = thread::spawn(move || wait(submit(&other, move || drop(share))));
        pool.close();
        assert!(thread.join().unwrap().is_ok_and(|()| true) || Arc::strong_count(&owned) == 1);
    });
}

#[test]
fn an_abort_leaves_a_job_undone_or_comes_too_late() {
    explore("a job and its abort", || {
        let pool = Pool::new(1, FOR_EVER);
        let done = Arc::new(loom::sync::atomic::AtomicBool::new(false));
        let doing = Arc::clone(&done);
        let job = submit(&pool, move || doing.store(true, std::sync::atomic::Ordering::SeqCst));
        job.abort();
        let result = wait(job);
        assert_eq!(result.is_ok(), done.load(std::sync::atomic::Ordering::SeqCst));
        pool.close();
    });
}

#[test]
fn who_waits_for_an_idle_pool_is_woken() {
    explore("a runtime that waits until no job is left", || {
        let pool = Pool::new(1, FOR_EVER);
        let runtime = Runtime::open(&pool);
        drop(submit(&pool, || ()));
        runtime.block_on(poll_fn(|_| match pool.is_idle(RuntimeId::new(1, 0)) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }));
        runtime.close();
        pool.close();
    });
}
