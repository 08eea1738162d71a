//! R12: whatever foreign code the runtime runs may call the runtime back, with every call there is.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{pending, poll_fn};
use std::io::Write;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use epore::net::{TcpStream, UnixStream};
use epore::time::{Sleep, advance, pause, resume, sleep};
use epore::{Handle, JoinHandle, Runtime, block_on, spawn, spawn_blocking, yield_now};
use foreign::On;
use support::panics::panics_in;
use support::{OnDrop, in_time};

/// What an action acts on. Each is there once in a cell of the table.
struct Bench {
    own: OnceCell<JoinHandle<()>>,
    own_waker: OnceCell<Waker>,
    other: JoinHandle<()>,
    other_waker: OnceCell<Waker>,
    /// The handle, the socket and the timer by which a place has its foreign waker called.
    handle: Cell<Option<JoinHandle<()>>>,
    socket: RefCell<Option<Rc<TcpStream>>>,
    timer: Cell<Option<Sleep>>,
    peer: std::net::TcpStream,
    runtime: Handle,
    acted: Cell<bool>,
}

type Act = Rc<dyn Fn()>;
type Action = fn(&Bench);
type Task = Pin<Box<dyn Future<Output = ()>>>;
type Place = fn(Rc<Bench>, Act) -> Task;

const ACTIONS: [(&str, Action); 17] = [
    ("spawn", |_| drop(spawn(async {}))),
    ("wake self", |bench| bench.own_waker.get().into_iter().for_each(Waker::wake_by_ref)),
    ("wake another", |bench| bench.other_waker.get().into_iter().for_each(Waker::wake_by_ref)),
    ("abort self", |bench| bench.own.get().into_iter().for_each(JoinHandle::abort)),
    ("abort another", |bench| bench.other.abort()),
    ("ask whether both have ended", |bench| {
        let _ended = (bench.own.get().map(JoinHandle::is_finished), bench.other.is_finished());
    }),
    ("drop a handle", |bench| drop(bench.handle.take())),
    ("drop a socket", |bench| drop(bench.socket.take())),
    ("wait for another socket", |_| {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let _pending = socket.poll_read_ready(&mut Context::from_waker(Waker::noop()));
    }),
    ("drop a timer", |bench| drop(bench.timer.take())),
    ("use a timer", |_| drop(armed(Waker::noop(), Duration::MAX))),
    ("pause, advance and resume the clock", |_| {
        pause();
        let advancing = pin!(advance(Duration::from_secs(1)));
        let _pending = advancing.poll(&mut Context::from_waker(Waker::noop()));
        resume();
    }),
    ("spawn blocking work", |_| drop(spawn_blocking(|| ()))),
    ("spawn through a handle", |bench| drop(bench.runtime.spawn(async {}))),
    ("use another runtime", |_| {
        let runtime = Runtime::new().unwrap();
        drop(runtime.spawn(async {}));
        let _at_its_end = runtime.spawn(dropping(Rc::new(|| drop(spawn(async {})))));
    }),
    ("format what is there", |bench| {
        let _text = format!("{:?} {:?} {:?}", Handle::current(), bench.runtime, bench.other);
    }),
    ("block on", |_| block_on(async {})),
];

/// Where foreign code runs: each makes a task that has `act` called there.
const PLACES: [(&str, Place); 16] = [
    ("a poll", |_, act| {
        Box::pin(async move {
            act();
            yield_now().await;
        })
    }),
    ("the drop of a future that has ended", |_, act| {
        let mut guard = Some(OnDrop(move || act()));
        Box::pin(poll_fn(move |_| {
            assert!(guard.as_mut().is_some());
            Poll::Ready(())
        }))
    }),
    ("the drop of a future that has panicked", |_, act| {
        let mut guard = Some(OnDrop(move || act()));
        Box::pin(poll_fn(move |_| match guard.as_mut() {
            Some(_) => resume_unwind(Box::new("on purpose")),
            None => Poll::Pending,
        }))
    }),
    ("the drop of a future that was aborted", |_, act| {
        Box::pin(async move {
            let task = spawn(dropping(act));
            yield_now().await;
            task.abort();
            yield_now().await;
        })
    }),
    ("the drop of an output that nobody wants", |_, act| {
        Box::pin(async move {
            drop(spawn(async move { OnDrop(move || act()) }));
            yield_now().await;
        })
    }),
    ("the drop of an output by its handle", |_, act| {
        Box::pin(async move {
            let task = spawn(async move { OnDrop(move || act()) });
            yield_now().await;
            drop(task);
        })
    }),
    ("Waker::clone, for a timer", |bench, act| Box::pin(by_timer(bench, foreign::waker(On::Clone, act)))),
    ("Waker::wake, by a timer that fires", |bench, act| Box::pin(by_timer(bench, foreign::waker(On::Wake, act)))),
    ("Waker::drop, by a timer that is dropped", |_, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            let timer = armed(&waker, Duration::MAX);
            mem::forget(waker);
            drop(timer);
        })
    }),
    ("Waker::drop, by a timer with a newer one", |_, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            let mut timer = armed(&waker, Duration::MAX);
            mem::forget(waker);
            assert!(Pin::new(&mut timer).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        })
    }),
    ("Waker::clone, for a socket", |bench, act| Box::pin(by_socket(bench, foreign::waker(On::Clone, act)))),
    ("Waker::wake, by a socket that is ready", |bench, act| Box::pin(by_socket(bench, foreign::waker(On::Wake, act)))),
    ("Waker::drop, by a socket with a newer one", |bench, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            read_from(&bench, &waker);
            mem::forget(waker);
            read_from(&bench, Waker::noop());
        })
    }),
    ("Waker::drop, by a socket that is dropped", |bench, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            read_from(&bench, &waker);
            mem::forget(waker);
            drop(bench.socket.take());
        })
    }),
    ("Waker::clone, for a handle", |bench, act| Box::pin(by_handle(bench, foreign::waker(On::Clone, act)))),
    ("Waker::wake, by a task that ends", |bench, act| Box::pin(by_handle(bench, foreign::waker(On::Wake, act)))),
];

thread_local! {
    /// What outlives the runtime of a cell.
    static KEPT: RefCell<Vec<(Rc<Bench>, Waker)>> = const { RefCell::new(Vec::new()) };
}

/// Where foreign code runs when the runtime is dropped.
const PLACES_AT_THE_END: [(&str, Place); 5] = [
    ("the drop of a task by the runtime", |_, act| Box::pin(dropping(act))),
    ("the drop of mail by the runtime", |bench, act| {
        let waker = Cell::new(Some(foreign::waker(On::Drop, act)));
        Box::pin(dropping(Rc::new(move || {
            let waker = waker.take();
            drop(bench.runtime.spawn(async move { drop(waker) }));
        })))
    }),
    ("Waker::drop, by a timer that the runtime drops", |_, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            mem::forget((armed(&waker, Duration::MAX), waker));
            pending().await
        })
    }),
    ("Waker::drop, by a socket that the runtime drops", |bench, act| {
        Box::pin(async move {
            let waker = foreign::waker(On::Drop, act);
            read_from(&bench, &waker);
            KEPT.with_borrow_mut(|kept| kept.push((bench, waker)));
            pending().await
        })
    }),
    ("Waker::wake, by a task that the runtime drops", |bench, act| {
        Box::pin(async move {
            let mut task = spawn(pending());
            let waker = foreign::waker(On::Wake, act);
            assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
            bench.handle.set(Some(task));
            pending().await
        })
    }),
];

#[test]
fn foreign_code_may_call_the_runtime_from_wherever_the_runtime_calls_it() {
    let mut cells = 0;
    for (action_name, action) in ACTIONS {
        let places = PLACES.iter().map(|&(name, place)| (name, place, false));
        for (name, place, at_the_end) in
            places.chain(PLACES_AT_THE_END.iter().map(|&(name, place)| (name, place, true)))
        {
            let what = format!("{action_name}, from {name}");
            let panics = in_time(&what, move || panics_in(|| cell(place, action, at_the_end)));
            match action_name {
                "block on" => assert!(
                    matches!(&panics[..], [(one, _)] if one.contains("`block_on` was called inside of a runtime")),
                    "{what}: {panics:?}"
                ),
                _ => assert_eq!(panics, [], "{what}"),
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 17 * 21);
}

/// Runs one cell of the table, on a thread of its own.
fn cell(place: Place, action: Action, at_the_end: bool) {
    let runtime = Runtime::new().unwrap();
    let bench = runtime.block_on(async {
        let bench = Bench::new().await;
        let actor = bench.clone();
        let act = Rc::new(move || {
            if !actor.acted.replace(true) {
                let _the_hook_has_noted_it = catch_unwind(AssertUnwindSafe(|| action(&actor)));
            }
        });
        let mut task = place(bench.clone(), act);
        let wakers = bench.clone();
        let task = spawn(poll_fn(move |cx| {
            wakers.own_waker.get_or_init(|| cx.waker().clone());
            task.as_mut().poll(cx)
        }));
        bench.own.set(task).expect("this is the first");
        yield_now().await;
        while !at_the_end && !bench.acted.get() {
            sleep(Duration::from_micros(100)).await;
        }
        let usable = spawn(async { sleep(Duration::ZERO).await });
        usable.await.unwrap();
        bench
    });
    assert_eq!(bench.acted.get(), !at_the_end);
    drop(runtime);
    assert!(bench.acted.get());
    drop(KEPT.take());
}

impl Bench {
    async fn new() -> Rc<Bench> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = TcpStream::from_std(listener.accept().unwrap().0).unwrap();
        let waker = Rc::new(OnceCell::new());
        let other = spawn({
            let waker = waker.clone();
            poll_fn(move |cx| {
                let _first = waker.set(cx.waker().clone());
                Poll::Pending
            })
        });
        yield_now().await;
        Rc::new(Bench {
            own: OnceCell::new(),
            own_waker: OnceCell::new(),
            other,
            other_waker: waker.as_ref().clone(),
            handle: Cell::new(Some(spawn(async {}))),
            socket: RefCell::new(Some(Rc::new(socket))),
            timer: Cell::new(Some(armed(Waker::noop(), Duration::MAX))),
            peer,
            runtime: Handle::current(),
            acted: Cell::new(false),
        })
    }
}

/// A task that calls `act` when it is dropped, and waits for that.
async fn dropping(act: Act) {
    let _guard = OnDrop(move || act());
    pending().await
}

fn armed(waker: &Waker, duration: Duration) -> Sleep {
    let mut timer = sleep(duration);
    assert!(Pin::new(&mut timer).poll(&mut Context::from_waker(waker)).is_pending());
    timer
}

/// Polls a read that has to wait.
fn read_from(bench: &Bench, waker: &Waker) {
    let socket = bench.socket.borrow().clone().expect("it is there still");
    assert!(socket.poll_read(&mut Context::from_waker(waker), &mut [0]).is_pending());
}

async fn by_timer(bench: Rc<Bench>, waker: Waker) {
    bench.timer.set(Some(armed(&waker, Duration::from_micros(100))));
    pending().await
}

async fn by_socket(bench: Rc<Bench>, waker: Waker) {
    read_from(&bench, &waker);
    (&bench.peer).write_all(b"!").unwrap();
    pending().await
}

async fn by_handle(bench: Rc<Bench>, waker: Waker) {
    let mut task = spawn(async {});
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
    bench.handle.set(Some(task));
    pending().await
}
