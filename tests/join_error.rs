#![forbid(unsafe_code)]

mod support;

use std::error::Error;
use std::future::pending;
use std::io;
use std::panic::panic_any;

use epore::{JoinError, Runtime, Scope, block_on, scope, spawn, spawn_blocking, yield_now};
use support::panics::panic_of;

fn cancelled() -> JoinError {
    block_on(async {
        let task = spawn(pending::<()>());
        task.abort();
        task.await.unwrap_err()
    })
}

#[test]
fn a_panic_gives_its_message_its_payload_and_the_place_of_the_spawn() {
    let error = block_on(spawn_here(async { panic_any(String::from("out of cheese")) }));
    assert!(error.is_panic() && !error.is_cancelled());
    assert_eq!(error.into_panic().downcast_ref::<String>().unwrap(), "out of cheese");

    let error = block_on(async { spawn(async { panic!("out of cheese") }).await.unwrap_err() });
    let site = format!("{}:{}:", file!(), line!() - 1);
    let text = error.to_string();
    assert!(text.contains(&site) && text.ends_with("panicked: out of cheese"), "{text}");
    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"out of cheese"));
}

async fn spawn_here(future: impl Future<Output = ()> + 'static) -> JoinError {
    spawn(future).await.unwrap_err()
}

#[test]
fn a_payload_that_is_no_text_is_passed_on() {
    let error = block_on(spawn_here(async { panic_any(7_u32) }));
    assert!(error.to_string().ends_with(" panicked"), "{error}");
    assert_eq!(error.try_into_panic().unwrap().downcast_ref::<u32>(), Some(&7));
}

#[test]
fn a_cancelled_task_says_so() {
    let error = cancelled();
    assert!(error.is_cancelled() && !error.is_panic());
    let text = error.to_string();
    assert!(text.contains(file!()) && text.ends_with("was cancelled"), "{text}");
    assert!(error.try_into_panic().unwrap_err().is_cancelled());
}

#[test]
fn taking_the_panic_of_a_cancelled_task_says_what_to_ask_first() {
    let error = cancelled();
    let (message, place) = panic_of(|| error.into_panic());
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(message.contains("was cancelled") && message.contains("is_panic"), "{message}");
}

#[test]
fn a_panic_of_blocking_work_names_the_place_of_the_spawn() {
    let error = block_on(async { spawn_blocking(|| -> u32 { panic!("jammed") }).await.unwrap_err() });
    let text = error.to_string();
    assert!(text.contains(&format!("{}:{}:", file!(), line!() - 2)), "{text}");
    assert!(text.ends_with("panicked: jammed"), "{text}");
}

#[test]
fn a_join_error_is_an_error_that_becomes_an_io_error_and_may_be_sent_and_shared() {
    fn check<T: Error + Send + Sync + 'static>(_: &T) {}
    let error = cancelled();
    check(&error);
    assert!(format!("{error:?}").contains("was cancelled"));
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert!(error.to_string().ends_with("was cancelled"), "{error}");
    assert!(error.get_ref().unwrap().downcast_ref::<JoinError>().unwrap().is_cancelled());
}

/// It said only that it was cancelled, as if somebody had aborted it.
#[test]
fn a_task_that_ended_with_its_runtime_or_its_scope_says_so() {
    let dropped = "was cancelled, as its runtime was dropped";
    let ended = "was cancelled, as its scope has ended";
    for (error, why) in [
        (cancelled(), "was cancelled"),
        (with_its_runtime(|runtime| runtime.spawn(pending::<()>())), dropped),
        (with_its_runtime(|runtime| runtime.handle().spawn(pending::<()>())), dropped),
        (after_its_runtime(), dropped),
        (aborted_before_its_runtime(), "was cancelled"),
        (remote_aborted(), "was cancelled"),
        (after_its_scope(), ended),
    ] {
        assert!(error.is_cancelled(), "{error}");
        assert!(error.to_string().ends_with(why), "{error}");
        assert!(error.try_into_panic().unwrap_err().to_string().ends_with(why));
    }
}

fn with_its_runtime<H: Future<Output = Result<(), JoinError>>>(spawn: impl FnOnce(&Runtime) -> H) -> JoinError {
    let runtime = Runtime::new().unwrap();
    let task = spawn(&runtime);
    runtime.block_on(yield_now());
    drop(runtime);
    block_on(task).unwrap_err()
}

fn after_its_runtime() -> JoinError {
    let handle = Runtime::new().unwrap().handle();
    block_on(handle.spawn(pending::<()>())).unwrap_err()
}

fn aborted_before_its_runtime() -> JoinError {
    let runtime = Runtime::new().unwrap();
    let task = runtime.spawn(pending::<()>());
    task.abort();
    drop(runtime);
    block_on(task).unwrap_err()
}

fn remote_aborted() -> JoinError {
    with_its_runtime(|runtime| {
        let task = runtime.handle().spawn(pending::<()>());
        task.abort();
        task
    })
}

fn after_its_scope() -> JoinError {
    block_on(async {
        let kept = scope(async |scope: Scope<'_>| scope).await;
        kept.spawn(pending::<()>()).await.unwrap_err()
    })
}
