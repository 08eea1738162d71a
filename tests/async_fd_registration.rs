//! What an `AsyncFd` takes over, owned, borrowed or shared, and how long the system watches it.

#[path = "support/fds.rs"]
mod fds;
mod support;

use std::cell::RefCell;
use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
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
use epore::reactor::Interest;
use fds::eventfd;
use support::child::in_own_process;
use support::open_descriptors;
use support::panics::panics_in;
use support::polls::{poll_once, run, turns};

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
