mod support;

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::net::TcpStream;
use std::rc::Rc;

use epore::net::TcpListener;
use epore::time::{Duration, Instant};
use support::child::in_own_process;
use support::clock::paused;
use support::polls::{run, turns};
use support::source_errno;

const LIMIT: u64 = 64;

/// Forbids new descriptors from the limit on. Those that are open stay.
fn limit_descriptors() {
    let limit = libc::rlimit { rlim_cur: LIMIT, rlim_max: LIMIT };
    // SAFETY: the pointer is to a live limit, which the kernel only reads.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
}

/// R6
#[test]
fn accepting_at_the_descriptor_limit_waits_for_others_to_close() {
    in_own_process("accepting_at_the_descriptor_limit_waits_for_others_to_close", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            let hoard: Vec<_> = (0..LIMIT).map(|_| File::open("/dev/null")).collect::<io::Result<_>>()?;
            let clients: Vec<_> = (0..200).map(|_| TcpStream::connect(addr)).collect::<io::Result<_>>()?;
            limit_descriptors();

            let ticks = Rc::new(Cell::new(0));
            let ticking = Rc::clone(&ticks);
            let _ticker = epore::spawn(async move {
                loop {
                    turns(1).await;
                    ticking.set(ticking.get() + 1);
                }
            });
            for _ in 0..3 {
                let before = ticks.get();
                let error = listener.accept().await.unwrap_err();
                assert_eq!(error.to_string(), format!("cannot accept on {addr}: Too many open files (os error 24)"));
                assert!(ticks.get() > before, "other tasks run meanwhile");
            }
            drop(hoard);
            for client in clients {
                assert_eq!(listener.accept().await?.1, client.local_addr()?);
            }
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R6
#[test]
fn the_error_of_the_descriptor_limit_comes_100_milliseconds_late() {
    in_own_process("the_error_of_the_descriptor_limit_comes_100_milliseconds_late", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let _client = TcpStream::connect(listener.local_addr()?)?;
            limit_descriptors();
            let _hoard: Vec<_> = (0..LIMIT).map_while(|_| File::open("/dev/null").ok()).collect();
            let before = Instant::now();
            let error = listener.accept().await.unwrap_err();
            assert!(before.elapsed() >= Duration::from_millis(100));
            assert!(error.to_string().ends_with("Too many open files (os error 24)"));
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R6: the error waited for a clock that stood still.
#[test]
fn the_error_of_the_descriptor_limit_comes_though_the_clock_is_paused() {
    in_own_process("the_error_of_the_descriptor_limit_comes_though_the_clock_is_paused", || {
        paused(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            limit_descriptors();
            let _hoard: Vec<_> = (0..LIMIT).map_while(|_| File::open("/dev/null").ok()).collect();
            let error = listener.accept().await.unwrap_err();
            assert_eq!(source_errno(&error), Some(libc::EMFILE), "{error}");
        });
    });
}
