//! `AccessError`: a task-local that is read where it has no value.

#![forbid(unsafe_code)]

mod support;

use std::error::Error;

use epore::AccessError;
use support::polls::run;

epore::task_local! {
    static NUMBER: u32;
    static TEXT: String;
}

fn error() -> AccessError {
    NUMBER.try_get().unwrap_err()
}

#[test]
fn it_names_the_key() {
    assert_eq!(error().to_string(), "the task-local `NUMBER` has no value outside of its scopes");
    let error: AccessError = TEXT.try_with(|_| unreachable!()).unwrap_err();
    assert_eq!(error.to_string(), "the task-local `TEXT` has no value outside of its scopes");
    assert!(error.source().is_none());
}

#[test]
fn errors_of_one_key_are_equal() {
    assert_eq!(Err(error()), NUMBER.try_with(|_| unreachable!()).map(|()| 0));
    assert_ne!(error(), TEXT.try_with(String::len).unwrap_err());
}

#[test]
fn there_is_none_inside_of_a_scope_and_one_again_behind_it() {
    run(async {
        assert_eq!(NUMBER.scope(1, async { NUMBER.try_get() }).await, Ok(1));
        assert_eq!(NUMBER.try_get(), Err(error()));
        // A task that is spawned inherits nothing.
        let inherited = NUMBER.scope(1, async { epore::spawn(async { NUMBER.try_get() }).await }).await;
        assert_eq!(inherited.unwrap(), Err(error()));
    });
}

#[test]
fn it_goes_to_other_threads() {
    fn is_plain<T: Send + Sync + 'static>() {}
    is_plain::<AccessError>();
}
