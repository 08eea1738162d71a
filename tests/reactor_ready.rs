//! `Ready` and the interests that ask for it.

#![forbid(unsafe_code)]

use epore::reactor::{Interest, Ready};

const CONDITIONS: [Ready; 6] =
    [Ready::READABLE, Ready::WRITABLE, Ready::READ_CLOSED, Ready::WRITE_CLOSED, Ready::PRIORITY, Ready::ERROR];

#[test]
fn each_condition_is_one_of_all_and_says_its_own() {
    let joined = CONDITIONS.into_iter().fold(Ready::EMPTY, |all, one| all | one);
    assert_eq!(joined, Ready::ALL);
    let answers = CONDITIONS.map(|ready| {
        [
            ready.is_readable(),
            ready.is_writable(),
            ready.is_read_closed(),
            ready.is_write_closed(),
            ready.is_priority(),
            ready.is_error(),
        ]
        .map(u8::from)
    });
    assert_eq!(
        answers,
        [
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, 0, 0],
            [1, 0, 1, 0, 0, 0],
            [0, 1, 0, 1, 0, 0],
            [0, 0, 0, 0, 1, 0],
            [0, 0, 0, 0, 0, 1],
        ]
    );
    assert!(Ready::EMPTY.is_empty() && CONDITIONS.iter().all(|ready| !ready.is_empty()));
    assert_eq!(Ready::default(), Ready::EMPTY);
}

#[test]
fn conditions_can_be_joined_met_and_taken_away() {
    let mut ready = Ready::READABLE;
    ready |= Ready::ERROR;
    assert_eq!(ready & Ready::ALL, ready);
    assert_eq!(ready & Ready::WRITABLE, Ready::EMPTY);
    assert_eq!(ready - Ready::READABLE, Ready::ERROR);
    assert_eq!((Ready::ALL - ready) | ready, Ready::ALL);
}

#[test]
fn an_interest_is_answered_by_its_direction_and_the_end_of_that() {
    let both = Interest::READABLE | Interest::WRITABLE;
    assert_eq!(Ready::from_interest(both), Ready::ALL - Ready::PRIORITY - Ready::ERROR);
    assert_eq!(Ready::from_interest(Interest::PRIORITY), Ready::PRIORITY);
    assert_eq!(Ready::from_interest(Interest::ERROR.level().one_shot()), Ready::ERROR);
}

#[test]
fn a_readiness_names_what_it_holds() {
    assert_eq!(format!("{:?}", Ready::READABLE | Ready::WRITE_CLOSED), "{readable, write_closed}");
    assert_eq!(format!("{:?}", Ready::EMPTY), "{}");
}

#[test]
fn an_interest_in_errors_is_none_in_the_directions() {
    let error = Interest::ERROR;
    assert!(error.is_error() && !error.is_readable() && !error.is_writable() && !error.is_priority());
    assert!((error | Interest::READABLE).is_error() && !Interest::READABLE.is_error());
}
