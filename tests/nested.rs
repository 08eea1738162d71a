//! A runtime inside of another event loop.

mod support;

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use epore::net::TcpListener;
use epore::reactor::{Interest, Poll, Token};
use epore::{Runtime, yield_now};
use support::PATIENCE;
use support::panics::panic_of;

/// The token of the runtime in the outer loop.
const RUNTIME: Token = Token(7);

/// A loop that waits for the runtime, and for whatever else is registered.
struct Outer {
    poll: Poll,
    runtime: Runtime,
    /// How often it has waited.
    waits: usize,
    _storm: Option<storm::Storm>,
}

impl Outer {
    fn new() -> io::Result<Outer> {
        let (poll, runtime) = (Poll::new()?, Runtime::new()?);
        poll.registry().register(&runtime, RUNTIME, Interest::READABLE.level())?;
        Ok(Outer { poll, runtime, waits: 0, _storm: storm::begin() })
    }

    /// Waits as long as the runtime allows, and lets it do what it has to.
    fn round(&mut self) -> io::Result<Vec<Token>> {
        let mut events = Vec::with_capacity(8);
        let latest = Instant::now() + PATIENCE;
        let deadline = self.runtime.next_deadline().unwrap_or(latest).min(latest);
        self.waits += 1;
        self.poll.poll(&mut events, Some(deadline.saturating_duration_since(Instant::now())))?;
        assert!(Instant::now() < latest, "the outer loop has waited in vain");
        self.runtime.turn();
        Ok(events.iter().map(|event| event.token()).collect())
    }
}

#[test]
fn tasks_run_when_the_outer_loop_turns() -> io::Result<()> {
    let mut outer = Outer::new()?;
    assert_eq!(outer.runtime.next_deadline(), None);
    let task = outer.runtime.spawn(async {
        yield_now().await;
        epore::spawn(async { 42 }).await.unwrap()
    });
    assert!(outer.runtime.next_deadline().unwrap() <= Instant::now());
    while !task.is_finished() {
        outer.round()?;
    }
    assert_eq!(outer.runtime.next_deadline(), None);
    assert_eq!(outer.runtime.block_on(task).unwrap(), 42);
    Ok(())
}

#[test]
fn sockets_make_the_descriptor_readable() -> io::Result<()> {
    let mut outer = Outer::new()?;
    let listener = outer.runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let addr = listener.local_addr()?;
    let server = outer.runtime.spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).await?;
        stream.write_all(&buffer).await
    });
    let client = thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(addr)?;
        stream.write_all(b"hello")?;
        let mut echo = Vec::new();
        stream.read_to_end(&mut echo).map(|_| echo)
    });
    while !server.is_finished() {
        outer.round()?;
    }
    assert_eq!(client.join().unwrap()?, b"hello");
    Ok(())
}

#[test]
fn the_outer_loop_sleeps_until_the_deadline_and_no_longer() -> io::Result<()> {
    let mut outer = Outer::new()?;
    let limit = Duration::from_millis(20);
    let before = Instant::now();
    let task = outer.runtime.spawn(epore::time::sleep(limit));
    outer.round()?;
    let deadline = outer.runtime.next_deadline().unwrap();
    assert!(deadline > before && deadline <= Instant::now() + limit);
    while !task.is_finished() {
        outer.round()?;
    }
    assert!(before.elapsed() >= limit);
    // One to run the task, one to wait, and one for the task that was woken, if it came a moment too early.
    assert!(outer.waits <= 4, "{} rounds", outer.waits);
    Ok(())
}

#[test]
fn other_threads_wake_the_outer_loop() -> io::Result<()> {
    let mut outer = Outer::new()?;
    let (send, receive) = futures::channel::oneshot::channel();
    let (ready, is_ready) = mpsc::channel();
    let task = outer.runtime.spawn(receive);
    outer.round()?;
    assert_eq!(outer.runtime.next_deadline(), None);
    let thread = thread::spawn(move || {
        is_ready.recv().unwrap();
        send.send(42).unwrap();
    });
    ready.send(()).unwrap();
    while !task.is_finished() {
        assert_eq!(outer.round()?, [RUNTIME], "nothing but the other thread ends the wait");
    }
    thread.join().unwrap();
    assert_eq!(outer.runtime.block_on(task).unwrap(), Ok(42));
    Ok(())
}

#[test]
fn mail_that_came_before_the_outer_loop_waits_is_not_missed() -> io::Result<()> {
    let mut outer = Outer::new()?;
    let handle = outer.runtime.handle();
    thread::spawn(move || drop(handle.spawn(async {}))).join().unwrap();
    assert!(outer.runtime.next_deadline().unwrap() <= Instant::now());
    outer.round()?;
    assert_eq!(outer.runtime.next_deadline(), None);
    Ok(())
}

#[test]
fn a_task_that_is_spawned_before_the_outer_loop_waits_is_not_missed() -> io::Result<()> {
    let outer = Outer::new()?;
    outer.runtime.turn();
    assert_eq!(outer.runtime.next_deadline(), None);
    let _task = outer.runtime.spawn(async {});
    let (mut poll, mut events) = (outer.poll, Vec::with_capacity(8));
    poll.poll(&mut events, Some(PATIENCE))?;
    assert_eq!(events.len(), 1, "the descriptor is readable");
    Ok(())
}

#[test]
fn a_turn_is_bounded() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let polls = Rc::new(Cell::new(0));
    let counting = Rc::clone(&polls);
    let _endless = runtime.spawn(async move {
        loop {
            counting.set(counting.get() + 1);
            yield_now().await;
        }
    });
    runtime.turn();
    assert_eq!(polls.get(), 128);
    assert!(runtime.next_deadline().is_some());
    Ok(())
}

#[test]
fn a_turn_within_the_runtime_says_what_to_do() -> io::Result<()> {
    let runtime = Rc::new(Runtime::new()?);
    let inner = Rc::clone(&runtime);
    let (message, _) = panic_of(|| runtime.block_on(async move { inner.turn() }));
    assert!(message.starts_with("`Runtime::turn` was called inside of a runtime"), "{message}");
    Ok(())
}

/// Whoever had not asked for the next deadline in between was not woken.
#[test]
fn mail_that_comes_after_a_turn_makes_the_descriptor_readable() -> io::Result<()> {
    let mut outer = Outer::new()?;
    let handle = outer.runtime.handle();
    outer.runtime.turn();
    thread::spawn(move || drop(handle.spawn(async {}))).join().unwrap();
    let mut events = Vec::with_capacity(8);
    outer.poll.poll(&mut events, Some(PATIENCE))?;
    assert_eq!(events.iter().map(|event| event.token()).collect::<Vec<_>>(), [RUNTIME]);
    Ok(())
}
