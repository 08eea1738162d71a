//! `AsyncFd` over descriptors of many kinds: what is there is found, what is not is waited for, and the end is told.

#[path = "support/fds.rs"]
mod fds;
mod support;

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::time::Duration;

use epore::net::AsyncFd;
use epore::reactor::Interest;
use fds::{eventfd, inotify, pidfd, terminal, timerfd, wait_for};
use support::child::{in_own_process, is_child, rerun};
use support::polls::{count_polls, poll_once, run, turns};
use support::{in_time, program};

/// Reads once there is something.
async fn read<T: AsFd>(fd: &AsyncFd<T>, buffer: &mut [u8]) -> io::Result<usize>
where
    for<'a> &'a T: Read,
{
    fd.async_io(Interest::READABLE, |mut file| file.read(buffer)).await
}

async fn write<T: AsFd>(fd: &AsyncFd<T>, buffer: &[u8]) -> io::Result<usize>
where
    for<'a> &'a T: Write,
{
    fd.async_io(Interest::WRITABLE, |mut file| file.write(buffer)).await
}

fn pipe() -> io::Result<(AsyncFd<PipeReader>, AsyncFd<PipeWriter>)> {
    let (reader, writer) = std::io::pipe()?;
    Ok((AsyncFd::new(reader)?, AsyncFd::new(writer)?))
}

/// Writes until there is no more room, and says how many bytes that were.
fn fill(writer: &AsyncFd<PipeWriter>) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match writer.try_io(Interest::WRITABLE, |mut pipe| pipe.write(&[b'.'; 4096])) {
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// R3
#[test]
fn what_is_left_in_a_pipe_is_found_again() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        write(&writer, b"0123456789").await?;
        for _ in 0..5 {
            assert_eq!(read(&reader, &mut [0; 2]).await?, 2);
        }
        let mut buffer = [0; 2];
        let mut reading = pin!(read(&reader, &mut buffer));
        turns(2).await;
        assert!(poll_once(reading.as_mut()).await.is_pending());
        write(&writer, b"x").await?;
        assert_eq!(reading.await?, 1);
        Ok(())
    })
}

/// R3
#[test]
fn data_and_the_end_of_a_pipe_in_one_event_are_both_read() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        assert!(poll_once(pin!(reader.readable())).await.is_pending());
        write(&writer, b"0123456789").await?;
        drop(writer);
        assert_eq!(read(&reader, &mut [0; 64]).await?, 10);
        assert_eq!(read(&reader, &mut [0; 64]).await?, 0);
        assert_eq!(read(&reader, &mut [0; 64]).await?, 0);
        Ok(())
    })
}

/// R5
#[test]
fn who_reads_a_drained_pipe_learns_that_the_writer_is_gone() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        write(&writer, b"x").await?;
        assert_eq!(read(&reader, &mut [0; 1]).await?, 1);
        let reading = epore::spawn(async move { read(&reader, &mut [0; 1]).await });
        turns(3).await;
        assert!(!reading.is_finished());
        drop(writer);
        assert_eq!(reading.await.unwrap()?, 0);
        Ok(())
    })
}

/// R5
#[test]
fn who_writes_to_a_full_pipe_learns_that_the_reader_is_gone() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        fill(&writer)?;
        let writing = epore::spawn(async move { write(&writer, b"x").await });
        turns(3).await;
        assert!(!writing.is_finished());
        drop(reader);
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
}

#[test]
fn a_full_pipe_is_writable_when_it_has_been_read() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        let filled = fill(&writer)?;
        let writing = epore::spawn(async move { write(&writer, b"more").await });
        turns(3).await;
        assert!(!writing.is_finished());
        let mut left = filled;
        while left > 0 {
            left -= read(&reader, &mut [0; 4096]).await?;
        }
        assert_eq!(writing.await.unwrap()?, 4);
        Ok(())
    })
}

/// R28
#[test]
fn a_blocking_pipe_does_not_stall_the_loop() -> io::Result<()> {
    in_time("a pipe that blocked before", || {
        run(async {
            let (reader, mut writer) = std::io::pipe()?;
            let reader = AsyncFd::new(reader)?;
            let reading = epore::spawn(async move {
                assert_eq!(read(&reader, &mut [0; 16]).await?, 5);
                // It is thought to be ready still, and tried in vain.
                read(&reader, &mut [0; 16]).await
            });
            epore::time::sleep(Duration::from_millis(1)).await;
            assert!(!reading.is_finished());
            writer.write_all(b"hello")?;
            turns(3).await;
            assert!(!reading.is_finished());
            writer.write_all(b"more")?;
            assert_eq!(reading.await.unwrap()?, 4);
            Ok(())
        })
    })
}

/// R3: a terminal gives short reads with more data behind.
#[test]
fn what_is_left_in_a_terminal_is_found_again() -> io::Result<()> {
    run(async {
        let (master, mut slave) = terminal()?;
        let master = AsyncFd::new(master)?;
        assert!(poll_once(pin!(master.readable())).await.is_pending());
        let text = support::tcp::pattern(3000);
        slave.write_all(&text)?;
        let mut all = Vec::new();
        while all.len() < text.len() {
            let mut buffer = [0; 700];
            let count = read(&master, &mut buffer).await?;
            all.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(all, text);
        Ok(())
    })
}

/// R3, R5: the other side's end is an error of a terminal, which comes behind its data.
#[test]
fn data_and_the_hang_up_of_a_terminal_are_both_told() -> io::Result<()> {
    run(async {
        let (master, mut slave) = terminal()?;
        let master = AsyncFd::new(master)?;
        assert!(poll_once(pin!(master.readable())).await.is_pending());
        slave.write_all(b"hello")?;
        drop(slave);
        assert_eq!(read(&master, &mut [0; 64]).await?, 5);
        assert_eq!(read(&master, &mut [0; 64]).await.unwrap_err().raw_os_error(), Some(libc::EIO));
        Ok(())
    })
}

#[test]
fn both_ends_of_a_terminal_wait_for_each_other() -> io::Result<()> {
    run(async {
        let (master, slave) = terminal()?;
        let (master, slave) = (AsyncFd::new(master)?, AsyncFd::new(slave)?);
        let echo = epore::spawn(async move {
            let mut buffer = [0; 16];
            for _ in 0..100 {
                let count = read(&slave, &mut buffer).await?;
                write(&slave, &buffer[..count]).await?;
            }
            io::Result::Ok(slave)
        });
        for round in 0..100 {
            write(&master, &[round]).await?;
            let mut buffer = [0; 16];
            assert_eq!(read(&master, &mut buffer).await?, 1);
            assert_eq!(buffer[0], round);
        }
        echo.await.unwrap()?;
        Ok(())
    })
}

/// R26: the end of a child that came before the first wait is found.
#[test]
fn a_pidfd_tells_of_a_child_that_has_ended_before() -> io::Result<()> {
    run(async {
        let mut child = Command::new("sh").args(["-c", "exit 7"]).stdout(Stdio::piped()).spawn()?;
        let pidfd = AsyncFd::new(pidfd(child.id())?)?;
        // Its output ends when it does, or a little before.
        io::copy(&mut child.stdout.take().unwrap(), &mut io::sink())?;
        assert_eq!(pidfd.async_io(Interest::READABLE, wait_for).await?, 7);
        Ok(())
    })
}

/// R26
#[test]
fn a_pidfd_tells_of_a_child_that_ends_later() -> io::Result<()> {
    run(async {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn()?;
        let pidfd = AsyncFd::new(pidfd(child.id())?)?;
        let waiting = epore::spawn(async move { pidfd.async_io(Interest::READABLE, wait_for).await });
        turns(3).await;
        assert!(!waiting.is_finished());
        drop(child.stdin.take());
        assert_eq!(waiting.await.unwrap()?, 0);
        Ok(())
    })
}

const WAITS_UNDER_STRACE: &str = "a_pidfd_that_wakes_for_nothing_is_waited_for_again";

/// R26: a traced child makes its pidfd readable without having ended.
#[test]
fn a_pidfd_that_wakes_for_nothing_is_waited_for_again() {
    if is_child() {
        return run(async {
            // Its threads come and go, and each exec and exit is an event for who traces.
            let script = "for i in 1 2 3 4 5; do sh -c 'exit 1'; done; exec sh -c 'exit 9'";
            let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
            let pidfd = AsyncFd::new(pidfd(child.id()).unwrap()).unwrap();
            let (waiting, polls) = count_polls(pidfd.async_io(Interest::READABLE, wait_for));
            assert_eq!(waiting.await.unwrap(), 9);
            assert!(child.wait().is_err(), "it has been reaped");
            assert!(polls.get() < 100, "{} polls for one child", polls.get());
        });
    }
    let Some(strace) = program("strace") else { return };
    let launcher = [strace.to_str().unwrap(), "-f", "-D", "-o", "/dev/null"];
    let output = rerun(&launcher, WAITS_UNDER_STRACE).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// The expirations that a read of a timerfd or the count that one of an eventfd tells.
async fn count(fd: &AsyncFd<File>) -> io::Result<u64> {
    let mut buffer = [0; 8];
    read(fd, &mut buffer).await?;
    Ok(u64::from_ne_bytes(buffer))
}

#[test]
fn a_timerfd_is_waited_for_each_time() -> io::Result<()> {
    run(async {
        let timer =
            AsyncFd::with_interest(timerfd(Duration::from_millis(1), Duration::from_millis(1))?, Interest::READABLE)?;
        let (counting, polls) = count_polls(async {
            let mut expirations = 0;
            while expirations < 10 {
                expirations += count(&timer).await?;
            }
            io::Result::Ok(())
        });
        counting.await?;
        assert!(polls.get() <= 21, "{} polls for ten expirations", polls.get());
        Ok(())
    })
}

#[test]
fn a_timerfd_that_has_expired_before_is_found() -> io::Result<()> {
    run(async {
        let timer = AsyncFd::new(timerfd(Duration::from_nanos(1), Duration::ZERO)?)?;
        assert_eq!(count(&timer).await?, 1);
        let error = timer.try_io(Interest::READABLE, |mut timer| timer.read(&mut [0; 8])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn an_eventfd_that_is_not_read_stays_ready() -> io::Result<()> {
    run(async {
        let event = AsyncFd::new(eventfd()?)?;
        assert!(poll_once(pin!(event.readable())).await.is_pending());
        event.get_ref().write_all(&3u64.to_ne_bytes())?;
        for _ in 0..3 {
            assert!(event.readable().await?.ready().is_readable());
        }
        event.get_ref().write_all(&4u64.to_ne_bytes())?;
        assert_eq!(count(&event).await?, 7);
        let counting = count(&event);
        let adding = async { event.get_ref().write_all(&5u64.to_ne_bytes()) };
        assert_eq!(futures::future::try_join(counting, adding).await?.0, 5);
        Ok(())
    })
}

#[test]
fn an_inotify_instance_tells_of_one_file_after_another() {
    let name = "an_inotify_instance_tells_of_one_file_after_another";
    in_own_process(name, || {
        let folder = std::env::temp_dir().join(format!("epore-inotify-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        run(async {
            let watch = AsyncFd::with_interest(inotify(&folder)?, Interest::READABLE)?;
            let mut buffer = [0; 1024];
            for name in ["first", "second", "third"] {
                let reading = read(&watch, &mut buffer);
                let creating = async { File::create(folder.join(name)) };
                let (count, _file) = futures::future::try_join(reading, creating).await?;
                assert!(buffer[..count].windows(name.len()).any(|window| window == name.as_bytes()));
            }
            // Two that wait are read one at a time: the second read must find what the first has left.
            for name in ["a", "b"] {
                File::create(folder.join(name))?;
            }
            assert_eq!(read(&watch, &mut buffer[..32]).await?, 32);
            assert_eq!(read(&watch, &mut buffer[..32]).await?, 32);
            let mut rest = pin!(watch.readable());
            turns(2).await;
            assert!(poll_once(rest.as_mut()).await.is_ready(), "no operation has said `WouldBlock`");
            io::Result::Ok(())
        })
        .unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn a_regular_file_has_no_readiness() -> io::Result<()> {
    run(async {
        let file = AsyncFd::new(File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))?)?;
        for error in [file.readable().await.unwrap_err(), file.writable().await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert!(error.to_string().contains("regular files"), "{error}");
        }
        Ok(())
    })
}
