//! Listening to signals. They belong to the process, so each test has one of its own.

mod support;

#[path = "support/signals.rs"]
mod signals;

use std::fs;
use std::io::{self};
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Waker};
use std::thread;

use epore::signal::{Signal, SignalKind, ctrl_c, signal};
use signals::{FOREIGN, at_the_end, dies_of, disposition, foreign_handler, raise, send, set};
use support::child::in_own_process;
use support::panics::panic_of;
use support::polls::{count_polls, poll_once, run, turns};
use support::tcp::{pair, pattern};
use support::{open_descriptors, wait_until};

const USR1: libc::c_int = libc::SIGUSR1;

fn usr1() -> Signal {
    signal(SignalKind::user_defined1()).unwrap()
}

/// Whether there is news for a listener. It is told of it then.
async fn is_told(listener: &mut Signal) -> bool {
    // What may come needs the reactor to be looked at.
    turns(2).await;
    poll_once(pin!(listener.recv())).await.is_ready()
}

#[test]
fn a_signal_is_received() {
    in_own_process("a_signal_is_received", || {
        // One that another thread is about to handle may come after the listener has gone.
        set(USR1, libc::SIG_IGN);
        run(async {
            let mut listener = usr1();
            let task = epore::spawn(async move {
                for _ in 0..3 {
                    assert_eq!(listener.recv().await, Some(()));
                }
            });
            while !task.is_finished() {
                send(USR1);
                epore::yield_now().await;
            }
            task.await.unwrap();
        });
    });
}

/// R9
#[test]
fn a_signal_wakes_a_runtime_that_sleeps() {
    in_own_process("a_signal_wakes_a_runtime_that_sleeps", || {
        // SAFETY: the call takes no argument.
        let thread = unsafe { libc::gettid() };
        let (waits, is_waiting) = mpsc::channel();
        let sender = thread::spawn(move || {
            for () in is_waiting {
                let stat = format!("/proc/self/task/{thread}/stat");
                wait_until("the runtime sleeps", || fs::read_to_string(&stat).unwrap().contains(") S "));
                send(USR1);
            }
        });
        run(async {
            let mut listener = usr1();
            for _ in 0..10 {
                let (received, polls) = count_polls(listener.recv());
                let mut received = pin!(received);
                assert!(poll_once(received.as_mut()).await.is_pending());
                waits.send(()).unwrap();
                received.await;
                assert!(polls.get() >= 2);
            }
        });
        drop(waits);
        sender.join().unwrap();
    });
}

#[test]
fn signals_that_come_before_a_look_are_one() {
    in_own_process("signals_that_come_before_a_look_are_one", || {
        run(async {
            let mut listener = usr1();
            for _ in 0..3 {
                (0..5).for_each(|_| raise(USR1));
                assert!(is_told(&mut listener).await);
                assert!(!is_told(&mut listener).await);
            }
        });
    });
}

#[test]
fn no_signal_is_missed_that_comes_before_the_listener_waits() {
    in_own_process("no_signal_is_missed_that_comes_before_the_listener_waits", || {
        let mut listener = usr1();
        raise(USR1);
        run(listener.recv());
        // In another runtime, and between two of them.
        raise(USR1);
        run(listener.recv());
    });
}

#[test]
fn a_future_that_is_dropped_takes_no_signal_with_it() {
    in_own_process("a_future_that_is_dropped_takes_no_signal_with_it", || {
        run(async {
            let mut listener = usr1();
            assert!(poll_once(pin!(listener.recv())).await.is_pending());
            raise(USR1);
            drop(listener.recv());
            assert!(is_told(&mut listener).await);
        });
    });
}

#[test]
fn each_listener_in_each_runtime_is_told_of_each_signal() {
    in_own_process("each_listener_in_each_runtime_is_told_of_each_signal", || {
        const THREADS: usize = 4;
        let steps = Arc::new(Barrier::new(THREADS + 1));
        let listen = |_| {
            let steps = Arc::clone(&steps);
            thread::spawn(move || {
                let (mut first, mut second) = (usr1(), usr1());
                for _ in 0..20 {
                    steps.wait();
                    run(async { futures::join!(first.recv(), second.recv()) });
                    steps.wait();
                }
            })
        };
        let threads: Vec<_> = (0..THREADS).map(listen).collect();
        for _ in 0..20 {
            steps.wait();
            send(USR1);
            steps.wait();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_listener_waits_in_one_runtime_after_another() {
    in_own_process("a_listener_waits_in_one_runtime_after_another", || {
        let mut listener = usr1();
        let (first, second) = (epore::Runtime::new().unwrap(), epore::Runtime::new().unwrap());
        for runtime in [&first, &second, &first] {
            runtime.block_on(async {
                assert!(!is_told(&mut listener).await);
                raise(USR1);
                listener.recv().await;
            });
        }
        thread::spawn(move || run(async { assert!(!is_told(&mut listener).await) })).join().unwrap();
    });
}

#[test]
fn the_default_comes_back_with_the_drop_of_the_last_listener() {
    dies_of(&[USR1], "the_default_comes_back_with_the_drop_of_the_last_listener", || {
        set(USR1, libc::SIG_DFL);
        let (first, second) = (usr1(), usr1());
        drop(first);
        raise(USR1);
        thread::spawn(move || drop(second)).join().unwrap();
        at_the_end();
        raise(USR1);
    });
}

#[test]
fn what_was_before_comes_back() {
    in_own_process("what_was_before_comes_back", || {
        for former in [libc::SIG_DFL, libc::SIG_IGN, foreign_handler()] {
            set(USR1, former);
            for _ in 0..2 {
                let mut listener = usr1();
                raise(USR1);
                run(listener.recv());
                drop(listener);
                assert_eq!(disposition(USR1), former);
            }
        }
        assert_eq!(FOREIGN.load(SeqCst), 0);
        raise(USR1);
        assert_eq!(FOREIGN.load(SeqCst), 1);
    });
}

#[test]
fn what_somebody_else_has_set_meanwhile_stays() {
    in_own_process("what_somebody_else_has_set_meanwhile_stays", || {
        let listener = usr1();
        set(USR1, libc::SIG_IGN);
        drop(listener);
        assert_eq!(disposition(USR1), libc::SIG_IGN);
    });
}

#[test]
fn a_new_listener_takes_the_signal_from_somebody_else_and_gives_it_back() {
    in_own_process("a_new_listener_takes_the_signal_from_somebody_else_and_gives_it_back", || {
        set(USR1, libc::SIG_DFL);
        let mut old = usr1();
        set(USR1, foreign_handler());
        let mut new = usr1();
        raise(USR1);
        run(async { futures::join!(old.recv(), new.recv()) });
        assert_eq!(FOREIGN.load(SeqCst), 0);
        drop((old, new));
        assert_eq!(disposition(USR1), foreign_handler());
    });
}

/// Somebody else has saved our handler as the former one, and put it back when nobody listened any more.
#[test]
fn a_handler_that_comes_back_late_gives_way_to_what_was_before_it() {
    in_own_process("a_handler_that_comes_back_late_gives_way_to_what_was_before_it", || {
        set(USR1, libc::SIG_IGN);
        let listener = usr1();
        let ours = disposition(USR1);
        set(USR1, foreign_handler());
        drop(listener);
        set(USR1, ours);
        drop(usr1());
        assert_eq!(disposition(USR1), libc::SIG_IGN);
    });
}

#[test]
fn a_signal_that_is_awaited_outside_of_a_runtime_is_told_so() {
    let mut listener = signal(SignalKind::window_change()).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let (message, _) = panic_of(|| listener.poll_recv(&mut cx));
    assert!(message.contains("a signal was awaited outside of a runtime"), "{message}");
}

#[test]
fn a_ctrl_c_ends_the_program_when_nobody_waits_for_it_any_more() {
    dies_of(&[libc::SIGINT], "a_ctrl_c_ends_the_program_when_nobody_waits_for_it_any_more", || {
        set(libc::SIGINT, libc::SIG_DFL);
        run(async {
            for _ in 0..2 {
                let mut future = pin!(ctrl_c());
                assert!(poll_once(future.as_mut()).await.is_pending());
                raise(libc::SIGINT);
                future.await.unwrap();
            }
        });
        at_the_end();
        raise(libc::SIGINT);
    });
}

#[test]
fn a_ctrl_c_is_listened_to_from_when_it_is_called() {
    in_own_process("a_ctrl_c_is_listened_to_from_when_it_is_called", || {
        set(libc::SIGINT, libc::SIG_DFL);
        let future = ctrl_c();
        raise(libc::SIGINT);
        run(future).unwrap();
    });
}

#[test]
fn an_executed_program_sees_neither_mask_nor_handlers() {
    in_own_process("an_executed_program_sees_neither_mask_nor_handlers", || {
        let masks = || {
            let output = Command::new("cat").arg("/proc/self/status").output().unwrap();
            let status = String::from_utf8(output.stdout).unwrap();
            let lines =
                status.lines().filter(|line| ["SigBlk", "SigIgn", "SigCgt"].iter().any(|set| line.starts_with(set)));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let before = masks();
        assert_eq!(before.len(), 3);
        // Not those that a program which is started by nohup or in the background may have been told to ignore.
        let kinds = [
            SignalKind::terminate(),
            SignalKind::user_defined2(),
            SignalKind::window_change(),
            SignalKind::user_defined1(),
        ];
        let mut listeners = kinds.map(|kind| signal(kind).unwrap());
        raise(USR1);
        run(listeners[3].recv());
        assert_eq!(masks(), before);
    });
}

#[test]
fn a_listener_leaves_no_descriptor_and_no_registration_behind() {
    in_own_process("a_listener_leaves_no_descriptor_and_no_registration_behind", || {
        run(async {
            // What is opened for the signal itself stays, and so may what the runtime opens when it first waits.
            let mut listener = usr1();
            assert!(!is_told(&mut listener).await);
            let before = (open_descriptors().len(), registrations());
            for _ in 0..10 {
                let mut another = usr1();
                assert!(!is_told(&mut another).await);
                assert_eq!(registrations(), before.1 + 1);
            }
            assert_eq!((open_descriptors().len(), registrations()), before);
        });
    });
}

/// How many descriptors the epoll instances of this process watch.
fn registrations() -> usize {
    let infos =
        open_descriptors().into_iter().filter_map(|fd| fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).ok());
    infos.map(|info| info.lines().filter(|line| line.starts_with("tfd:")).count()).sum()
}

/// R21
#[test]
fn an_echo_works_in_a_storm_of_signals_and_the_last_of_them_is_told() {
    in_own_process("an_echo_works_in_a_storm_of_signals_and_the_last_of_them_is_told", || {
        static ENDED: AtomicBool = AtomicBool::new(false);
        // One that another thread is about to handle may come after the listener has gone.
        set(USR1, libc::SIG_IGN);
        let mut listener = usr1();
        let storm = thread::spawn(|| {
            while !ENDED.load(SeqCst) {
                send(USR1);
            }
        });
        run(async {
            let told = epore::spawn(async move {
                while !ENDED.load(SeqCst) {
                    listener.recv().await;
                }
                listener
            });
            for _ in 0..20 {
                echo(1 << 20).await.unwrap();
            }
            ENDED.store(true, SeqCst);
            storm.join().unwrap();
            // Who waits for the last one must have been told of it.
            raise(USR1);
            told.await.unwrap();
        });
    });
}

async fn echo(bytes: usize) -> io::Result<()> {
    let (stream, peer) = pair()?;
    let peer = epore::net::TcpStream::from_std(peer)?;
    let server = epore::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            match peer.read(&mut buffer).await? {
                0 => return io::Result::Ok(()),
                count => peer.write_all(&buffer[..count]).await?,
            }
        }
    });
    let (sent, mut received) = (pattern(bytes), vec![0; bytes]);
    let (written, read) = futures::join!(stream.write_all(&sent), stream.read_exact(&mut received));
    written.and(read)?;
    assert!(sent == received);
    drop(stream);
    server.await.unwrap()
}

#[test]
fn listeners_come_and_go_on_many_threads_while_signals_come() {
    in_own_process("listeners_come_and_go_on_many_threads_while_signals_come", || {
        set(USR1, libc::SIG_DFL);
        let keeper = usr1();
        let churn = |_| {
            thread::spawn(|| {
                for _ in 0..500 {
                    let mut listener = usr1();
                    raise(USR1);
                    run(listener.recv());
                }
            })
        };
        let threads: Vec<_> = (0..4).map(churn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        drop(keeper);
        assert_eq!(disposition(USR1), libc::SIG_DFL);
    });
}

/// R27
#[test]
fn signals_of_a_forked_child_and_of_its_parent_are_apart() {
    in_own_process("signals_of_a_forked_child_and_of_its_parent_are_apart", || {
        let runtime = epore::Runtime::new().unwrap();
        let mut listener = usr1();
        runtime.block_on(async { assert!(!is_told(&mut listener).await) });
        // SAFETY: no other thread of this process holds a lock that the child needs, as all of them wait.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                run(async {
                    assert!(!is_told(&mut listener).await);
                    raise(USR1);
                    assert!(is_told(&mut listener).await);
                    raise(USR1);
                    listener.recv().await;
                });
                drop(listener);
            }));
            // SAFETY: the call ends the child, of which nothing must be dropped: all of that is the parent's.
            unsafe { libc::_exit(i32::from(told.is_err())) };
        }
        let mut status = 0;
        // SAFETY: `status` is live, and the kernel only writes to it.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "the child has failed");
        runtime.block_on(async {
            assert!(!is_told(&mut listener).await);
            raise(USR1);
            assert!(is_told(&mut listener).await);
        });
    });
}

#[test]
fn the_handler_leaves_errno_as_it_was() {
    in_own_process("the_handler_leaves_errno_as_it_was", || {
        let _listener = usr1();
        // With the counter full, the write of the handler fails, and says so in errno.
        let is_eventfd = |fd: &i32| {
            let link = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
            link.to_string_lossy().contains("eventfd")
        };
        let full = (u64::MAX - 1).to_ne_bytes();
        for fd in open_descriptors().into_iter().filter(is_eventfd) {
            // SAFETY: the bytes are live, and the kernel only reads them.
            let write = || unsafe { libc::write(fd, full.as_ptr().cast(), full.len()) };
            // It may have been full already, by way of a duplicate.
            write();
            assert_eq!(write(), -1);
        }
        // SAFETY: the pointer to this thread's errno is valid as long as the thread is.
        unsafe { *libc::__errno_location() = libc::EXDEV };
        // SAFETY: the call takes no pointer.
        unsafe { libc::raise(USR1) };
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EXDEV));
    });
}

#[test]
fn listeners_and_their_futures_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Sync>(_: &T) {}
    let mut listener = signal(SignalKind::window_change()).unwrap();
    shared(&listener);
    sent(listener.recv());
    sent(listener);
    sent(ctrl_c());
    sent(epore::signal::shutdown_signal());
}
