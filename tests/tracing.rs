//! What a subscriber is told, in which order, and that nothing it does disturbs the runtime.

#[path = "tracing/collector.rs"]
mod collector;
mod support;

use std::future::{pending, poll_fn};
use std::os::unix::net::UnixStream as StdStream;
use std::panic::Location;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use collector::{Collector, told};
use epore::net::UnixStream;
use epore::{Runtime, block_on, spawn, spawn_blocking, yield_now};
use support::panics::panics_in;
use support::{in_time, wait_until};

const WAKE: &str = "runtime::waker waker.wake_by_ref";
const PARK: &str = "epore::park runtime.park";
const UNPARK: &str = "epore::park runtime.unpark";

/// The waker of the task that awaits this.
async fn own_waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

/// A future that is ready when it is polled for the second time, whoever wakes it, and notes its waker.
fn second_poll(note: Arc<Mutex<Option<Waker>>>) -> impl Future<Output = ()> {
    let mut polls = 0;
    poll_fn(move |cx| {
        polls += 1;
        *note.lock().unwrap() = Some(cx.waker().clone());
        if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
    })
}

#[test]
fn a_span_is_entered_for_each_poll_and_closed_at_the_end_of_its_task() {
    let lines = told(|| block_on(async { spawn(yield_now()).await.unwrap() }));
    let wake = |task| format!("{WAKE} {task}");
    let expected = [
        "new 1 block_on",
        "enter 1",
        "new 2 local",
        "exit 1",
        "enter 2",
        &wake(2),
        "exit 2",
        "enter 2",
        "exit 2",
        "close 2",
        &wake(1),
        "enter 1",
        "exit 1",
        "close 1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_span_says_what_was_spawned_and_where() {
    let collector = Collector::new(|_| ());
    let mut sites = Vec::new();
    collector.watch(|| {
        let runtime = Runtime::new().unwrap();
        let future = async { [0; 100].len() };
        sites.push(("local", Location::caller(), line!(), size_of_val(&future)));
        let task = runtime.spawn(future);
        sites.push(("block_on", Location::caller(), line!(), size_of_val(&task)));
        runtime.block_on(task).unwrap();
        let work = || 42;
        runtime.block_on(async {
            sites.push(("blocking", Location::caller(), line!(), size_of_val(&work)));
            spawn_blocking(work).await.unwrap();
        });
    });
    let spans = [1, 2, 4].map(|span| collector.fields(span));
    for (fields, (kind, file, line, size)) in spans.iter().zip(&sites) {
        let expected = [
            ("name", "runtime.spawn"),
            ("target", "epore::task"),
            ("level", "TRACE"),
            ("is_root", "true"),
            ("kind", kind),
            ("loc.file", file.file()),
            ("loc.line", &(line + 1).to_string()),
            ("size.bytes", &size.to_string()),
        ];
        for (name, value) in expected {
            assert_eq!(fields[name], value, "{name} of {fields:?}");
        }
        assert!(fields["loc.col"].parse::<u32>().unwrap() > 1);
    }
    let numbers: Vec<u64> = spans.iter().map(|fields| fields["task.id"].parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "tasks are numbered in order: {numbers:?}");
}

#[test]
fn a_wake_is_told_on_the_thread_that_wakes_before_the_runtime_knows_of_it() {
    let collector = Collector::new(|_| ());
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let thread = thread::spawn({
        let (collector, waker) = (Arc::clone(&collector), Arc::clone(&waker));
        move || {
            wait_until("the runtime parks", || collector.lines().iter().any(|line| line == PARK));
            collector.watch(|| waker.lock().unwrap().take().unwrap().wake());
        }
    });
    collector.watch(|| block_on(second_poll(Arc::clone(&waker))));
    thread.join().unwrap();
    let wake = format!("{WAKE} 1");
    let expected = ["new 1 block_on", "enter 1", "exit 1", PARK, &wake, UNPARK, "enter 1", "exit 1", "close 1"];
    assert_eq!(collector.lines(), expected);
}

#[test]
fn what_wakes_is_told_after_the_sleep_that_it_ends() {
    let sleep = told(|| block_on(epore::time::sleep(Duration::from_millis(1))));
    let read = told(|| {
        let (ours, theirs) = StdStream::pair().unwrap();
        drop(theirs);
        block_on(async { assert_eq!(UnixStream::from_std(ours).unwrap().read(&mut [0]).await.unwrap(), 0) });
    });
    assert!(!read.iter().any(|line| line == PARK), "what is ready needs no sleep: {read:?}");
    let waits_for_socket = told(|| {
        block_on(async {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let read = spawn(async move { ours.read(&mut [0]).await.unwrap() });
            epore::time::sleep(Duration::from_millis(1)).await;
            drop(theirs);
            read.await.unwrap();
        });
    });
    let wake = format!("{WAKE} 1");
    assert_eq!(sleep, ["new 1 block_on", "enter 1", "exit 1", PARK, UNPARK, &wake, "enter 1", "exit 1", "close 1"]);
    let of_reader: Vec<_> = waits_for_socket.iter().filter(|line| line.ends_with(" 2")).collect();
    assert_eq!(of_reader, ["enter 2", "exit 2", &format!("{WAKE} 2"), "enter 2", "exit 2", "close 2"]);
}

#[test]
fn an_abort_wakes_the_task_and_closes_its_span_without_a_poll_of_its_future() {
    let lines = told(|| {
        block_on(async {
            let task = spawn(pending::<()>());
            yield_now().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        });
    });
    let of_task: Vec<_> = lines.iter().filter(|line| line.contains(" 2")).collect();
    assert_eq!(of_task, ["new 2 local", "enter 2", "exit 2", &format!("{WAKE} 2"), "close 2"]);
}

#[test]
fn a_panic_exits_and_closes_the_span() {
    let mut lines = Vec::new();
    panics_in(|| {
        lines = told(|| {
            block_on(async { assert!(spawn(async { panic!("on purpose") }).await.unwrap_err().is_panic()) });
        });
    });
    let of_task: Vec<_> = lines.iter().filter(|line| line.contains(" 2")).collect();
    assert_eq!(of_task, ["new 2 local", "enter 2", "exit 2", "close 2"]);
}

#[test]
fn blocking_work_is_entered_on_its_own_thread() {
    let lines = told(|| block_on(async { spawn_blocking(|| ()).await.unwrap() }));
    let of_work: Vec<_> = lines.iter().filter(|line| line.contains(" 2")).collect();
    assert_eq!(of_work, ["new 2 blocking", "enter 2", "exit 2", "close 2"]);
}

#[test]
fn the_end_of_the_runtime_closes_all_spans_and_after_it_nothing_is_told() {
    let collector = Collector::new(|_| ());
    let (waker, ended) = collector.watch(|| {
        let runtime = Runtime::new().unwrap();
        let waker = Arc::new(Mutex::new(None));
        drop(runtime.spawn(second_poll(Arc::clone(&waker))));
        drop(runtime.spawn(pending::<()>()));
        let ended = runtime.block_on(async { spawn(own_waker()).await.unwrap() });
        let waker = waker.lock().unwrap().take().unwrap();
        (waker, ended)
    });
    let lines = collector.lines();
    for task in 1..=4 {
        assert_eq!(lines.iter().filter(|line| **line == format!("close {task}")).count(), 1, "{lines:?}");
    }
    for waker in [waker, ended] {
        let watching = Arc::clone(&collector);
        collector.watch(|| waker.wake_by_ref());
        thread::spawn(move || watching.watch(|| waker.wake())).join().unwrap();
    }
    assert_eq!(collector.lines(), lines);
}

#[test]
fn the_waker_of_a_task_that_has_ended_tells_nothing() {
    let lines = told(|| {
        block_on(async {
            let waker = spawn(own_waker()).await.unwrap();
            waker.wake_by_ref();
            thread::spawn(move || waker.wake()).join().unwrap();
        });
    });
    let wakes: Vec<_> = lines.iter().filter(|line| line.starts_with(WAKE)).collect();
    assert_eq!(wakes, [&format!("{WAKE} 1")]);
}

/// Runs tasks that are told of in every way, and gives what comes out.
fn program() -> (u32, usize) {
    block_on(async {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let reader = spawn(async move { ours.read(&mut [0; 8]).await.unwrap() });
        let aborted = spawn(pending::<()>());
        epore::time::sleep(Duration::from_millis(1)).await;
        theirs.write_all(b"abc").await.unwrap();
        aborted.abort();
        let sum = spawn_blocking(|| 40).await.unwrap() + spawn(async { 2 }).await.unwrap();
        assert!(aborted.await.unwrap_err().is_cancelled());
        (sum, reader.await.unwrap())
    })
}

#[test]
fn a_subscriber_that_panics_in_every_call_changes_nothing() {
    let collector = Collector::new(|line| panic!("on purpose, told of {line}"));
    let mut result = None;
    let panics = panics_in(|| collector.watch(|| result = Some(program())));
    assert_eq!(result, Some((42, 3)));
    assert!(panics.iter().any(|(message, _)| message.ends_with(PARK)), "{panics:?}");
    // No span could be opened, so that nobody is told of polls and wakes.
    assert!(!collector.lines().iter().any(|line| line.starts_with("enter")));
}

#[test]
fn a_subscriber_that_panics_in_every_call_but_new_span_changes_nothing() {
    let collector = Collector::new(|line| assert!(line.starts_with("new"), "on purpose, told of {line}"));
    let mut result = None;
    let panics = panics_in(|| collector.watch(|| result = Some(program())));
    assert_eq!(result, Some((42, 3)));
    for what in ["enter 1", "exit 2", "close 3", WAKE, PARK, UNPARK] {
        assert!(panics.iter().any(|(message, _)| message.contains(what)), "{what} is not among {panics:?}");
    }
}

#[test]
fn a_subscriber_that_panics_while_a_task_unwinds_changes_nothing() {
    let collector = Collector::new(|line| assert!(line.starts_with("new"), "on purpose, told of {line}"));
    panics_in(|| {
        collector.watch(|| {
            let error = block_on(async { spawn(async { panic!("of the task") }).await.unwrap_err() });
            assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"of the task"));
        });
    });
    assert!(collector.lines().contains(&"close 2".to_owned()));
}

#[test]
fn what_a_subscriber_spawns_runs_and_is_not_told_of() {
    let (spawned, ran) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let collector = Collector::new({
        let (spawned, ran) = (Arc::clone(&spawned), Arc::clone(&ran));
        move |_| {
            if let Some(handle) = epore::Handle::try_current() {
                spawned.fetch_add(1, Relaxed);
                let ran = Arc::clone(&ran);
                drop(handle.spawn(async move { ran.fetch_add(1, Relaxed) }));
            }
        }
    });
    let lines = collector.watch(|| {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async { spawn(yield_now()).await.unwrap() });
        // The last calls were those for the end of the block.
        while ran.load(Relaxed) < spawned.load(Relaxed) {
            runtime.turn();
        }
        collector.lines()
    });
    assert!(spawned.load(Relaxed) >= 13, "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("new")).count(), 2, "{lines:?}");
}

#[test]
fn what_a_subscriber_wakes_while_the_runtime_goes_to_sleep_is_polled() {
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let collector = Collector::new({
        let waker = Arc::clone(&waker);
        move |line| {
            if line == PARK {
                waker.lock().unwrap().take().unwrap().wake();
            }
        }
    });
    in_time("a block that its subscriber wakes", move || {
        collector.watch(|| block_on(second_poll(waker)));
        let lines = collector.lines();
        assert_eq!(lines, ["new 1 block_on", "enter 1", "exit 1", PARK, UNPARK, "enter 1", "exit 1", "close 1"]);
    });
}

#[test]
fn what_a_subscriber_wakes_in_every_call_is_not_told_of() {
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let collector = Collector::new({
        let waker = Arc::clone(&waker);
        move |_| {
            let waker = waker.lock().unwrap().clone();
            waker.inspect(Waker::wake_by_ref);
        }
    });
    let lines = collector.watch(|| {
        block_on(async {
            *waker.lock().unwrap() = Some(own_waker().await);
            spawn(yield_now()).await.unwrap();
        });
        collector.lines()
    });
    let wakes = lines.iter().filter(|line| line.starts_with(WAKE));
    assert_eq!(wakes.count(), 2, "{lines:?}");
}
