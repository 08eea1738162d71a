//! `AsyncFd` and its guards.

#[path = "support/fds.rs"]
mod fds;
#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::{Cell, RefCell};
use std::fs;
use std::future::poll_fn;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Context;
use std::thread;

use epore::Runtime;
use epore::net::AsyncFd;
use epore::reactor::{Interest, Ready};
use fds::{eventfd, is_nonblocking};
use foreign::On;
use futures::future::{join, join_all};
use support::child::in_own_process;
use support::open_descriptors;
use support::panics::panics_in;
use support::polls::{poll_once, run, turns};

fn both() -> Interest {
    Interest::READABLE | Interest::WRITABLE
}

/// A pair of sockets, the first of which can be waited for.
fn socket() -> io::Result<(AsyncFd<UnixStream>, UnixStream)> {
    let (socket, peer) = UnixStream::pair()?;
    Ok((AsyncFd::new(socket)?, peer))
}

fn would_block<R>() -> io::Result<R> {
    Err(ErrorKind::WouldBlock.into())
}

/// Writes until there is no more room, and says how many bytes that were.
fn fill(mut socket: &UnixStream) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match socket.write(&[b'.'; 4096]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// A socket that is registered and full, its peer, and how many bytes there are to read.
async fn full_socket() -> io::Result<(AsyncFd<UnixStream>, UnixStream, usize)> {
    let (socket, peer) = socket()?;
    let mut guard = socket.writable().await?;
    let filled = fill(guard.get_inner())?;
    guard.clear_ready();
    Ok((socket, peer, filled))
}

/// Waits for something that only comes with `event`.
async fn waits_for<F: Future>(future: F, event: impl FnOnce() -> io::Result<()>) -> io::Result<F::Output> {
    let mut future = pin!(future);
    for _ in 0..5 {
        assert!(poll_once(future.as_mut()).await.is_pending());
        turns(1).await;
    }
    event()?;
    Ok(future.await)
}

#[test]
fn a_guard_that_has_met_would_block_has_the_next_wait_be_a_real_one() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"hello")?;
        let mut guard = socket.readable().await?;
        assert!(guard.ready().is_readable());
        let count = guard.try_io(|socket| socket.get_ref().read(&mut [0; 16])).unwrap()?;
        assert_eq!(count, 5);
        let again = guard.try_io(|socket| socket.get_ref().read(&mut [0; 16]));
        assert_eq!(again.unwrap_err().to_string(), "the operation would have had to wait");
        assert!(guard.ready().is_empty());

        let guard = waits_for(socket.readable(), || peer.write_all(b"more")).await??;
        assert_eq!(guard.get_inner().read(&mut [0; 16])?, 4);
        Ok(())
    })
}

#[test]
fn what_a_guard_does_not_clear_stays_ready() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"0123456789")?;
        for _ in 0..5 {
            let mut guard = socket.readable().await?;
            assert_eq!(guard.try_io(|socket| socket.get_ref().read(&mut [0; 2])).unwrap()?, 2);
            guard.retain_ready();
        }
        // Drained, but nobody has said so.
        drop(socket.readable().await?);
        let mut guard = socket.readable().await?;
        guard.clear_ready();
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        Ok(())
    })
}

#[test]
fn errors_of_the_operation_come_out_and_clear_nothing() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        let failed = guard.try_io(|_| io::Result::<()>::Err(ErrorKind::InvalidData.into())).unwrap();
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidData);
        let failed = socket.async_io(Interest::READABLE, |_| io::Result::<()>::Err(ErrorKind::InvalidData.into()));
        assert_eq!(failed.await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(socket.async_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16])).await?, 1);
        Ok(())
    })
}

/// R1
#[test]
fn an_event_that_comes_while_a_guard_is_held_outlives_its_clear() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
        peer.write_all(b"y")?;
        turns(2).await;
        guard.clear_ready();
        drop(socket.readable().await?);
        Ok(())
    })
}

/// R1: no number of events makes an old guard look new.
#[test]
fn many_events_that_come_while_a_guard_is_held_outlive_its_clear() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut seen = 0;
        let guards = [socket.readable().await?, socket.readable().await?, socket.readable().await?];
        for (mut guard, events) in guards.into_iter().zip([1 << 8, 1 << 15, 1 << 16]) {
            while seen < events {
                assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
                socket.readable().await?.clear_ready();
                peer.write_all(b"y")?;
                drop(socket.readable().await?);
                seen += 1;
            }
            guard.clear_ready();
            assert!(poll_once(pin!(socket.readable())).await.is_ready(), "after {events} events");
        }
        Ok(())
    })
}

/// R2
#[test]
fn an_event_in_the_other_direction_does_not_keep_a_guard_from_clearing() -> io::Result<()> {
    run(async {
        let (socket, mut peer, filled) = full_socket().await?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
        peer.read_exact(&mut vec![0; filled])?;
        drop(socket.writable().await?);
        guard.clear_ready();
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        Ok(())
    })
}

#[test]
fn some_conditions_can_be_cleared_and_others_kept() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        drop(socket.readable().await?);
        let mut guard = socket.ready(both()).await?;
        assert_eq!(guard.ready(), Ready::READABLE | Ready::WRITABLE);
        guard.clear_ready_matching(Ready::READABLE);
        assert_eq!(guard.ready(), Ready::WRITABLE);
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        assert_eq!(socket.ready(both()).await?.ready(), Ready::WRITABLE);
        Ok(())
    })
}

#[test]
fn waiting_for_both_directions_ends_with_either() -> io::Result<()> {
    run(async {
        let (socket, mut peer, filled) = full_socket().await?;
        let guard = waits_for(socket.ready(both()), || peer.write_all(b"x")).await??;
        assert_eq!(guard.ready(), Ready::READABLE);

        assert_eq!(socket.async_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 1])).await?, 1);
        let nothing = socket.try_io(both(), |mut socket| socket.read(&mut [0; 1]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        let guard = waits_for(socket.ready(both()), || peer.read_exact(&mut vec![0; filled])).await??;
        assert_eq!(guard.ready(), Ready::WRITABLE);
        Ok(())
    })
}

#[test]
fn the_end_is_part_of_the_readiness() -> io::Result<()> {
    run(async {
        let (socket, peer) = socket()?;
        peer.shutdown(std::net::Shutdown::Write)?;
        let ready = socket.readable().await?.ready();
        assert!(ready.is_read_closed() && !ready.is_write_closed());
        drop(peer);
        turns(2).await;
        let ready = socket.ready(both() | Interest::ERROR).await?.ready();
        assert!(ready.is_read_closed() && ready.is_write_closed() && ready.is_writable());
        Ok(())
    })
}

#[test]
fn an_error_can_be_waited_for() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        let writer = AsyncFd::with_interest(writer, Interest::ERROR)?;
        let closing = || {
            drop(reader);
            Ok(())
        };
        assert_eq!(waits_for(writer.ready(Interest::ERROR), closing).await??.ready(), Ready::ERROR);
        Ok(())
    })
}

#[test]
fn all_who_wait_wake() -> io::Result<()> {
    run(async {
        let (socket, mut peer, _) = full_socket().await?;
        let interests = [Interest::READABLE, both(), Interest::READABLE | Interest::PRIORITY];
        let waiting = join_all((0..99).map(|place| socket.ready(interests[place % 3])));
        let guards = waits_for(waiting, || peer.write_all(b"x")).await?;
        guards.into_iter().try_for_each(|guard| guard.map(drop))
    })
}

#[test]
fn a_wait_that_is_dropped_takes_its_wakers_off_both_lists() -> io::Result<()> {
    run(async {
        let (socket, mut peer, _) = full_socket().await?;
        for ends in [false, true] {
            let dropped = Rc::new(Cell::new(0));
            let counter = Rc::clone(&dropped);
            let waker = foreign::waker(On::Drop, Rc::new(move || counter.set(counter.get() + 1)));
            {
                let mut waiting = pin!(socket.ready(both()));
                let mut cx = Context::from_waker(&waker);
                assert!(waiting.as_mut().poll(&mut cx).is_pending());
                assert!(waiting.as_mut().poll(&mut cx).is_pending());
                if ends {
                    peer.write_all(b"x")?;
                    turns(2).await;
                    assert_eq!(dropped.get(), 1, "the one that was woken");
                    assert!(waiting.as_mut().poll(&mut cx).is_ready());
                } else {
                    assert_eq!(dropped.get(), 0);
                }
            }
            assert_eq!(dropped.get(), 2);
        }
        Ok(())
    })
}

/// R10
#[test]
fn a_descriptor_that_is_always_ready_lets_other_tasks_run() -> io::Result<()> {
    run(async {
        let (socket, _peer) = socket()?;
        // From here on the reactor need not be asked.
        drop(socket.writable().await?);
        let ran = Rc::new(Cell::new(false));
        let other = Rc::clone(&ran);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            drop(socket.ready(both()).await?);
            if ran.get() {
                return Ok(());
            }
        }
        panic!("a million waits, and no other task has run");
    })
}

#[test]
fn an_operation_that_would_block_although_ready_is_tried_with_the_next_event() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let tries = Cell::new(0);
        let reading = socket.async_io(Interest::READABLE, |mut socket| {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { would_block() } else { socket.read(&mut [0; 16]) }
        });
        let sending = async {
            for tried in 1..3 {
                while tries.get() < tried {
                    turns(1).await;
                }
                turns(3).await;
                assert_eq!(tries.get(), tried);
                peer.write_all(b"x")?;
            }
            io::Result::Ok(())
        };
        let (count, sent) = join(reading, sending).await;
        sent?;
        assert_eq!(count?, 3);
        Ok(())
    })
}

#[test]
fn what_would_block_before_the_first_wait_is_waited_for() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        let nothing = socket.try_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        peer.write_all(b"x")?;
        assert_eq!(socket.try_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16]))?, 1);
        Ok(())
    })
}

#[test]
fn operations_may_need_what_was_taken_over_for_themselves_alone() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        let (mut reader, mut writer) = (AsyncFd::new(reader)?, AsyncFd::new(writer)?);
        let count = writer.writable_mut().await?.try_io(|writer| writer.get_mut().write(b"hello")).unwrap()?;
        assert_eq!(count, 5);
        let mut guard = reader.readable_mut().await?;
        assert_eq!(guard.get_inner_mut().read(&mut [0; 1])?, 1);
        assert_eq!(guard.try_io(|reader| reader.get_mut().read(&mut [0; 1])).unwrap()?, 1);
        guard.retain_ready();
        assert_eq!(reader.async_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 16])).await?, 3);
        poll_fn(|cx| reader.poll_read_ready_mut(cx).map_ok(|mut guard| guard.clear_ready())).await?;
        let nothing = reader.try_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 1]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(poll_once(pin!(reader.readable_mut())).await.is_pending());
        writer.async_io_mut(Interest::WRITABLE, |writer| writer.write_all(b"x")).await?;
        let guard = reader.ready_mut(Interest::READABLE).await?;
        assert!(guard.ready().is_readable() && guard.get_ref().get_ref().as_fd().as_raw_fd() >= 0);
        Ok(())
    })
}

#[test]
fn the_poll_forms_wait_too() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        assert!(poll_fn(|cx| socket.poll_write_ready(cx)).await?.ready().is_writable());
        let guard = waits_for(poll_fn(|cx| socket.poll_read_ready(cx)), || peer.write_all(b"x")).await??;
        assert!(guard.ready().is_readable());
        Ok(())
    })
}

#[test]
fn what_was_left_out_of_the_interest_is_refused() -> io::Result<()> {
    run(async {
        let (reader, mut writer) = pipe()?;
        // The trigger is of no account: one that repeats events would make the loop spin.
        let reader = AsyncFd::with_interest(reader, Interest::READABLE.level().one_shot())?;
        for interest in [Interest::WRITABLE, both(), Interest::PRIORITY] {
            let error = reader.ready(interest).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("with_interest"), "{error}");
        }
        let waiting = reader.ready(Interest::READABLE | Interest::ERROR);
        waits_for(waiting, || writer.write_all(b"x")).await??.clear_ready();
        // Unread, it would be reported for ever; and one event does not end the interest.
        drop(waits_for(reader.readable(), || writer.write_all(b"y")).await??);
        Ok(())
    })
}

#[test]
fn the_system_is_asked_only_for_what_is_in_the_interest() -> io::Result<()> {
    run(async {
        let [all, some] = [eventfd()?, eventfd()?];
        let (all, some) = (AsyncFd::new(all)?, AsyncFd::with_interest(some, Interest::READABLE)?);
        for (fd, writable) in [(&all, true), (&some, false)] {
            assert!(poll_once(pin!(fd.readable())).await.is_pending());
            turns(1).await;
            assert_eq!(asked_for(fd.as_raw_fd()) & libc::EPOLLOUT as u32 != 0, writable);
        }
        Ok(())
    })
}

/// R28
#[test]
fn the_flags_are_changed_by_new_and_kept_where_that_is_asked_for() -> io::Result<()> {
    let (reader, writer) = pipe()?;
    let reader = AsyncFd::keeping_flags(reader, Interest::READABLE);
    assert!(!is_nonblocking(&reader));
    let reader = AsyncFd::new(reader.into_inner())?;
    assert!(is_nonblocking(&reader) && is_nonblocking(&reader.into_inner()));
    assert!(is_nonblocking(&AsyncFd::with_interest(writer, Interest::WRITABLE)?));
    Ok(())
}

/// The descriptors that can be waited for, whoever owns them.
#[test]
fn what_is_taken_over_may_be_owned_borrowed_shared_or_boxed() -> io::Result<()> {
    async fn hears(peer: &UnixStream, fd: AsyncFd<impl AsFd>) -> io::Result<()> {
        assert!(poll_once(pin!(fd.readable())).await.is_pending());
        (&mut { peer }).write_all(b"x")?;
        fd.readable().await?.clear_ready();
        drop(fd);
        Ok(())
    }
    run(async {
        let (socket, peer) = UnixStream::pair()?;
        let drain = || (&socket).read(&mut [0; 1]);
        hears(&peer, AsyncFd::new(&socket)?).await?;
        drain()?;
        hears(&peer, AsyncFd::new(socket.as_fd())?).await?;
        drain()?;
        hears(&peer, AsyncFd::new(Box::new(&socket) as Box<dyn AsFd + '_>)?).await?;
        drain()?;
        let shared = Rc::new(OwnedFd::from(socket.try_clone()?));
        hears(&peer, AsyncFd::new(Rc::clone(&shared))?).await?;
        drain()?;
        hears(&peer, AsyncFd::new(shared)?).await?;
        drain()?;
        hears(&peer, AsyncFd::new(Arc::new(socket))?).await
    })
}

/// Gives one of two descriptors, or none.
struct Fickle {
    files: [PipeReader; 2],
    which: AtomicUsize,
}

impl AsFd for Fickle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.files.get(self.which.load(Relaxed)).expect("a descriptor is there").as_fd()
    }
}

fn fickle_file() -> io::Result<(Fickle, [PipeWriter; 2])> {
    let ((first, first_writer), (second, second_writer)) = (pipe()?, pipe()?);
    Ok((Fickle { files: [first, second], which: AtomicUsize::new(0) }, [first_writer, second_writer]))
}

fn fickle() -> io::Result<(AsyncFd<Fickle>, [PipeWriter; 2])> {
    let (file, writers) = fickle_file()?;
    Ok((AsyncFd::new(file)?, writers))
}

#[test]
fn what_is_given_at_the_first_wait_is_waited_for_and_deregistered() -> io::Result<()> {
    run(async {
        let (fd, [mut first, _second]) = fickle()?;
        assert!(poll_once(pin!(fd.readable())).await.is_pending());
        fd.get_ref().which.store(1, Relaxed);
        first.write_all(b"x")?;
        drop(fd.readable().await?);

        let second = fd.get_ref().files[1].as_fd();
        let of_another = AsyncFd::new(second)?;
        assert!(poll_once(pin!(of_another.readable())).await.is_pending());
        drop(of_another);
        let Fickle { files: [first, _], .. } = fd.into_inner();
        // It is registered no more.
        drop(AsyncFd::new(first)?.readable().await?);
        Ok(())
    })
}

/// The second of the two, always.
struct Second(Arc<Fickle>);

impl AsFd for Second {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.files[1].as_fd()
    }
}

#[test]
fn ending_one_registration_leaves_that_of_another_in_place() -> io::Result<()> {
    for elsewhere in [false, true] {
        run(async move {
            let (fickle, [_first, mut second]) = fickle_file()?;
            let fickle = Arc::new(fickle);
            let fd = AsyncFd::new(Arc::clone(&fickle))?;
            assert!(poll_once(pin!(fd.readable())).await.is_pending());
            let another = AsyncFd::new(Second(Arc::clone(&fickle)))?;
            assert!(poll_once(pin!(another.readable())).await.is_pending());
            fickle.which.store(1, Relaxed);
            if elsewhere {
                thread::spawn(move || drop(fd)).join().unwrap();
            } else {
                drop(fd);
            }
            turns(2).await;
            second.write_all(b"x")?;
            drop(another.readable().await?);
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn the_panic_of_as_fd_does_not_come_out_of_a_drop() -> io::Result<()> {
    for elsewhere in [false, true] {
        run(async move {
            let (fd, [mut first, _second]) = fickle()?;
            assert!(poll_once(pin!(fd.readable())).await.is_pending());
            let again = fd.get_ref().files[0].try_clone()?;
            fd.get_ref().which.store(2, Relaxed);
            if elsewhere {
                thread::spawn(move || drop(fd)).join().unwrap();
            } else {
                assert!(panics_in(|| drop(fd)).is_empty(), "it is not even asked");
            }
            let again = AsyncFd::new(again)?;
            first.write_all(b"x")?;
            drop(again.readable().await?);
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

/// What the epoll instances of this process watch a descriptor of that number for, as proc(5) says of `fdinfo`.
fn asked_for(number: i32) -> u32 {
    let infos = open_descriptors().into_iter().map(|fd| fs::read_to_string(format!("/proc/self/fdinfo/{fd}")));
    let number = number.to_string();
    let events = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["tfd:", watched, "events:", events, ..] if watched == number => u32::from_str_radix(events, 16).ok(),
        _ => None,
    };
    let events = |info: String| info.lines().filter_map(events).fold(0, |all, one| all | one);
    infos.map(Result::unwrap_or_default).map(events).fold(0, |all, one| all | one)
}

fn is_watched(number: i32) -> bool {
    asked_for(number) != 0
}

#[test]
fn whoever_drops_it_wherever_ends_the_registration() {
    let drops: [fn(AsyncFd<Arc<Fickle>>); 3] =
        [drop, |fd| thread::spawn(move || drop(fd)).join().unwrap(), |fd| drop(fd.into_inner())];
    in_own_process("whoever_drops_it_wherever_ends_the_registration", || {
        let runtime = Runtime::new().unwrap();
        for (end, which) in drops.into_iter().flat_map(|end| [(end, 0), (end, 1), (end, 2)]) {
            let (fickle, _writers) = fickle_file().unwrap();
            let fickle = Arc::new(fickle);
            let number = fickle.files[0].as_raw_fd();
            let fd = AsyncFd::new(Arc::clone(&fickle)).unwrap();
            runtime.block_on(async { assert!(poll_once(pin!(fd.readable())).await.is_pending()) });
            assert!(is_watched(number));
            fickle.which.store(which, Relaxed);
            end(fd);
            assert_eq!(is_watched(number), which != 0, "it is ended at once if the same descriptor is given");
            runtime.block_on(turns(1));
            assert!(!is_watched(number), "and else by the runtime itself");
        }
    });
}

#[test]
fn the_panic_of_as_fd_in_a_wait_leaves_nothing_behind() -> io::Result<()> {
    run(async {
        let (fd, [mut first, _second]) = fickle()?;
        fd.get_ref().which.store(2, Relaxed);
        let task = {
            let fd = Rc::new(fd);
            let waiting = Rc::clone(&fd);
            let error = epore::spawn(async move { waiting.readable().await.map(drop) }).await.unwrap_err();
            assert!(error.is_panic());
            fd
        };
        task.get_ref().which.store(0, Relaxed);
        first.write_all(b"x")?;
        drop(task.readable().await?);
        Ok(())
    })
}

/// What is taken over uses the runtime as it is dropped, when nothing of it is registered any more.
struct UsesTheRuntime(PipeReader, Rc<RefCell<Vec<String>>>);

impl AsFd for UsesTheRuntime {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Drop for UsesTheRuntime {
    fn drop(&mut self) {
        let again = AsyncFd::new(&self.0).unwrap();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let polled = again.poll_read_ready(&mut cx).map_ok(drop).map_err(|error| error.to_string());
        drop(epore::spawn(async {}));
        self.1.borrow_mut().push(format!("{polled:?}"));
    }
}

#[test]
fn what_was_taken_over_may_use_the_runtime_as_it_is_dropped() -> io::Result<()> {
    let told = Rc::default();
    run(async {
        let (reader, _writer) = pipe()?;
        let fd = AsyncFd::new(UsesTheRuntime(reader, Rc::clone(&told)))?;
        assert!(poll_once(pin!(fd.readable())).await.is_pending());
        drop(fd);
        io::Result::Ok(())
    })?;
    assert_eq!(*told.borrow(), ["Pending"]);
    Ok(())
}

#[test]
fn into_inner_moves_it_to_another_runtime() -> io::Result<()> {
    let (reader, mut writer) = pipe()?;
    let reader = AsyncFd::new(reader)?;
    let first = Runtime::new()?;
    first.block_on(async { assert!(poll_once(pin!(reader.readable())).await.is_pending()) });
    run(async {
        let error = reader.readable().await.unwrap_err();
        assert!(error.to_string().contains("into_inner"), "{error}");
        let reader = AsyncFd::new(reader.into_inner())?;
        writer.write_all(b"x")?;
        drop(reader.readable().await?);
        io::Result::Ok(())
    })?;
    drop(first);
    Ok(())
}
