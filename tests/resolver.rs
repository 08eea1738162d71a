//! A runtime may look names up in a way of its own.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::{pending, ready};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use epore::net::{TcpListener, TcpStream, lookup_host, system_resolver};
use epore::time::{sleep, timeout};
use epore::{Builder, Runtime};
use support::polls::poll_once;
use support::{OnDrop, PATIENCE};

type Addrs = io::Result<Vec<SocketAddr>>;

fn runtime<A>(resolve: impl Fn(String, u16) -> A + Send + Sync + 'static) -> Runtime
where
    A: Future<Output = Addrs> + Send + 'static,
{
    Builder::new().resolver(resolve).build().unwrap()
}

fn run<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    let _storm = storm::begin();
    runtime.block_on(timeout(PATIENCE, future)).expect("the test has hung")
}

/// Knows one host, which is this machine.
async fn only_home(host: String, port: u16) -> Addrs {
    match host.as_str() {
        "home" => Ok(vec![(Ipv4Addr::LOCALHOST, port).into()]),
        _ => Err(io::Error::new(ErrorKind::PermissionDenied, "home is best")),
    }
}

#[test]
fn it_finds_the_names_of_all_who_ask() -> io::Result<()> {
    run(&runtime(only_home), async {
        let listener = TcpListener::bind("home:0").await?;
        let addr = listener.local_addr()?;
        assert_eq!(addr.ip(), Ipv4Addr::LOCALHOST);
        assert!(lookup_host(("home", addr.port())).await?.eq([addr]));
        assert_eq!(TcpStream::connect(format!("home:{}", addr.port())).await?.peer_addr()?, addr);
        Ok(())
    })
}

#[test]
fn its_errors_keep_their_kind_and_name_the_host() {
    run(&runtime(only_home), async {
        let errors = [
            lookup_host("localhost:80").await.map(drop).unwrap_err(),
            TcpStream::connect("localhost:80").await.unwrap_err(),
            TcpListener::bind("localhost:80").await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert_eq!(error.to_string(), "cannot look up the host `localhost`: home is best");
        }
    });
}

#[test]
fn an_answer_without_an_address_is_an_error() {
    run(&runtime(|_, _| ready(Ok(Vec::new()))), async {
        let error = TcpStream::connect("nowhere:80").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "cannot look up the host `nowhere`: it has no address");
    });
}

#[test]
fn it_is_asked_for_names_only() -> io::Result<()> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolve = move |host, port| {
        count.fetch_add(1, Relaxed);
        only_home(host, port)
    };
    run(&runtime(resolve), async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        TcpStream::connect(addr).await?;
        TcpStream::connect(addr.to_string()).await?;
        TcpStream::connect(("127.0.0.1", addr.port())).await?;
        TcpStream::connect([addr, addr]).await?;
        lookup_host("[::1]:80").await?.for_each(drop);
        lookup_host("no port").await.map(drop).unwrap_err();
        assert_eq!(asked.load(Relaxed), 0);
        lookup_host("home:80").await?.for_each(drop);
        assert_eq!(asked.load(Relaxed), 1);
        Ok(())
    })
}

#[test]
fn it_may_wait_while_other_tasks_run() -> io::Result<()> {
    let slow = |host, port| async move {
        sleep(Duration::from_millis(1)).await;
        only_home(host, port).await
    };
    run(&runtime(slow), async {
        let turns = Rc::new(Cell::new(0));
        let other = Rc::clone(&turns);
        let _other = epore::spawn(async move {
            loop {
                other.set(other.get() + 1);
                epore::yield_now().await;
            }
        });
        lookup_host("home:80").await?.for_each(drop);
        assert!(turns.get() > 0);
        Ok(())
    })
}

#[test]
fn it_may_ask_a_server_by_its_address() -> io::Result<()> {
    let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    let server_addr = server.local_addr()?;
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = server.accept()?;
        io::Write::write_all(&mut stream, &[127, 0, 0, 7])
    });
    let ask = move |_, port| async move {
        let mut ip = [0; 4];
        TcpStream::connect(server_addr).await?.read_exact(&mut ip).await?;
        Ok(vec![(ip, port).into()])
    };
    let addrs: Vec<SocketAddr> = run(&runtime(ask), lookup_host("seven:80"))?.collect();
    thread.join().unwrap()?;
    assert_eq!(addrs, [([127, 0, 0, 7], 80).into()]);
    Ok(())
}

#[test]
fn it_may_leave_a_name_to_the_system() -> io::Result<()> {
    run(&runtime(system_resolver), async {
        let addrs: Vec<SocketAddr> = lookup_host("localhost:80").await?.collect();
        assert!(!addrs.is_empty());
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80), "{addrs:?}");
        let error = lookup_host("no-such-host.invalid:80").await.map(drop).unwrap_err().to_string();
        assert_eq!(error.matches("cannot look up the host `no-such-host.invalid`: ").count(), 1, "{error}");
        Ok(())
    })
}

#[test]
fn it_is_that_of_one_runtime_and_goes_with_it() {
    let token = Arc::new(());
    let held = Arc::clone(&token);
    let resolve = move |host, port| {
        let _held = &held;
        only_home(host, port)
    };
    let own = runtime(resolve);
    assert!(run(&own, lookup_host("localhost:80")).is_err());
    assert!(run(&Runtime::new().unwrap(), lookup_host("localhost:80")).is_ok());
    drop(own);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn a_look_up_that_is_given_up_is_dropped() {
    let (dropped, was_dropped) = mpsc::channel();
    let stuck = move |_, _| {
        let dropped = dropped.clone();
        async move {
            let _guard = OnDrop(|| dropped.send(()).unwrap());
            pending().await
        }
    };
    let runtime = runtime(stuck);
    runtime.block_on(async {
        {
            let mut connect = Box::pin(TcpStream::connect("home:80"));
            assert!(poll_once(connect.as_mut()).await.is_pending());
            assert!(was_dropped.try_recv().is_err());
        }
        was_dropped.try_recv().expect("it went with the connect");
        drop(epore::spawn(TcpStream::connect("home:80")));
        epore::yield_now().await;
    });
    drop(runtime);
    was_dropped.try_recv().expect("it went with the runtime");
}

#[test]
fn a_look_up_that_is_stuck_in_the_system_does_not_delay_the_end() {
    let (release, blocked) = mpsc::channel::<()>();
    let runtime = Builder::new().max_blocking_threads(1).resolver(system_resolver).build().unwrap();
    runtime.block_on(async {
        // The one thread is busy for as long as the test runs, so the look-up cannot even begin.
        let _busy = epore::spawn_blocking(move || blocked.recv());
        timeout(Duration::from_millis(1), TcpStream::connect("localhost:80")).await.map(drop).unwrap_err();
    });
    drop(runtime);
    drop(release);
}
