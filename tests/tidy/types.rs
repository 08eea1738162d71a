//! The rule that the tests of a type are found by its name.

#![forbid(unsafe_code)]

use super::docs::types;
use super::lexer::Token;
use super::rules::{Faults, fault};

/// Types whose tests have another name: that of what gives them to users, or that under which users reach them.
pub const NAMED_OTHERWISE: [(&str, &str); 13] = [
    ("Executor", "hyper"),
    ("LocalKey", "task_local"),
    ("Reader", "tcp_split"),
    ("ReuniteError", "tcp_split"),
    ("ScopeFuture", "scope"),
    ("ShutDownOnDrop", "tcp_split"),
    ("SocketAddr", "unix_address"),
    ("Stream", "tcp_stream"),
    ("TaskLocalFuture", "task_local"),
    ("Timer", "hyper"),
    ("ToSocketAddrs", "lookup"),
    ("UCred", "ucred"),
    ("Writer", "tcp_split"),
];

/// Finds the types that users see and that have no file of tests. Its name may begin with that of the layer.
pub fn untested(layer: &str, tokens: &[Token], is_test: impl Fn(&str) -> bool) -> Faults {
    let mut faults = Faults::new();
    for (token, name) in types(tokens) {
        let file = file_of(&name);
        if !is_test(&file) && !is_test(&format!("{layer}_{file}")) {
            faults.push(fault(&token, format!("`{name}` has no tests/{file}.rs")));
        }
    }
    faults
}

fn file_of(name: &str) -> String {
    match NAMED_OTHERWISE.iter().find(|(other, _)| *other == name) {
        Some((_, file)) => (*file).to_owned(),
        None => snake_case(name),
    }
}

pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}
