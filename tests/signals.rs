//! R21: signals that interrupt system calls.

mod support;

use std::io::{self, Read, Write};
use std::mem::zeroed;
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use support::polls::run;
use support::tcp::{pair, pattern};

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    SIGNALS.fetch_add(1, SeqCst);
}

/// Runs `body` on a thread that is sent a signal a few thousand times a second, until it has ended.
fn in_a_storm_of_signals(body: impl FnOnce() + Send + 'static) {
    // SAFETY: all zeros is a valid action; the handler only adds to an atomic; no flag asks to restart system calls.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = count as *const () as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
    static ENDED: AtomicBool = AtomicBool::new(false);
    let victim = thread::spawn(move || {
        struct End;
        impl Drop for End {
            fn drop(&mut self) {
                ENDED.store(true, SeqCst);
            }
        }
        let _end = End;
        body();
    });
    while !ENDED.load(SeqCst) {
        // SAFETY: the thread has not been joined, so that its handle is valid.
        unsafe { libc::pthread_kill(victim.as_pthread_t(), libc::SIGUSR1) };
        thread::sleep(Duration::from_micros(200));
    }
    victim.join().unwrap();
}

/// R21
#[test]
fn sleeps_and_sockets_work_in_a_storm_of_signals() {
    in_a_storm_of_signals(|| {
        run(async {
            for millis in [0, 1, 20, 50] {
                let (duration, before) = (Duration::from_millis(millis), Instant::now());
                epore::time::sleep(duration).await;
                assert!(before.elapsed() >= duration, "{:?} are less than {duration:?}", before.elapsed());
            }
            exchange(8 << 20).await
        })
        .unwrap();
        // Something to be interrupted in, until it has been.
        while SIGNALS.load(SeqCst) < 100 {
            run(epore::time::sleep(Duration::from_millis(10)));
        }
    });
}

/// Sends bytes to a thread, which sends them back.
async fn exchange(bytes: usize) -> io::Result<()> {
    let (stream, mut peer) = pair()?;
    let echo = thread::spawn(move || {
        let mut buffer = vec![0; bytes];
        peer.read_exact(&mut buffer)?;
        peer.write_all(&buffer)
    });
    let (sent, mut received) = (pattern(bytes), vec![0; bytes]);
    stream.write_all(&sent).await?;
    stream.read_exact(&mut received).await?;
    assert!(received == sent);
    echo.join().unwrap()
}
