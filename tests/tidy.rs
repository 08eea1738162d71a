//! Reads the sources, and fails when they break a rule of the house: see ARCHITECTURE.md.

#![forbid(unsafe_code)]

#[path = "tidy/docs.rs"]
mod docs;
#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/self_test.rs"]
mod self_test;
#[path = "tidy/types.rs"]
mod types;

use std::fs;
use std::path::{Path, PathBuf};

use lexer::Token;
use rules::Faults;

/// The files of the library that may hold unsafe code.
const UNSAFE_FILES: [&str; 13] = [
    "reactor/sys.rs",
    "executor/blocks.rs",
    "executor/context.rs",
    "executor/task.rs",
    "executor/waker.rs",
    "net/sys/address.rs",
    "net/sys/batch.rs",
    "net/sys/options.rs",
    "net/sys/socket.rs",
    "net/sys/transfer.rs",
    "signal/sys.rs",
    "compat/hyper.rs",
    "compat/tokio_io.rs",
];

/// The files that ask the system for the time. All others ask the clock of the runtime, which a test may have paused.
const CLOCK_FILES: [&str; 4] = [
    // The clock itself.
    "executor/clock.rs",
    // Says how long another loop may wait, which goes by the system's time.
    "executor/nested.rs",
    // Keeps the thread awake, which a paused clock does not put to sleep.
    "executor/spin.rs",
    // Waits in the system, and knows no runtime.
    "reactor/poll.rs",
];

/// The folders that hold other crates: they stand on the library, and make no layer of it.
const OUTSIDE: [&str; 5] = ["tests", "examples", "benches", "ecosystem", "fuzz"];

struct Source {
    /// From the root of the crate.
    path: String,
    tokens: Vec<Token>,
}

impl Source {
    fn folder(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    fn is_library(&self) -> bool {
        self.folder().is_none_or(|folder| !OUTSIDE.contains(&folder))
    }

    /// Of `lib.rs` and the like, which hold no code.
    fn is_list(&self) -> bool {
        self.path == "lib.rs" || self.path.ends_with("/mod.rs")
    }

    /// How deep below the root of the crate the file's module stands.
    fn depth(&self) -> usize {
        self.path.matches('/').count() + usize::from(!self.is_list())
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Source { tokens: lexer::tokens(&fs::read_to_string(file).unwrap()), path }
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_source = name != "target" && !name.starts_with('.');
        if path.is_dir() && is_source {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Applies a rule to the files that it holds for, and shows all that break it.
fn assert_rule(holds_for: impl Fn(&Source) -> bool, rule: impl Fn(&Source) -> Faults) {
    let sources: Vec<Source> = sources().into_iter().filter(holds_for).collect();
    assert!(!sources.is_empty(), "the rule holds for no file");
    let show = |source: &Source| {
        let faults = rule(source).into_iter();
        faults.map(|(line, what)| format!("\n{}:{line}: {what}", source.path)).collect::<String>()
    };
    let faults: String = sources.iter().map(show).collect();
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn the_layers_point_one_way() {
    let is_layer = |source: &Source| source.is_library() && source.folder().is_some();
    assert_rule(is_layer, |source| rules::crossed_layers(source.folder().unwrap(), source.depth(), &source.tokens));
}

#[test]
fn unsafe_code_stands_in_few_files() {
    let must_be_safe = |source: &Source| {
        let is_shown = source.is_library() || source.folder() == Some("examples");
        is_shown && !UNSAFE_FILES.contains(&source.path.as_str())
    };
    assert_rule(must_be_safe, |source| rules::unsafe_code(&source.tokens));
    let must_forbid_it = |source: &Source| must_be_safe(source) && source.is_library() && !source.is_list();
    assert_rule(must_forbid_it, |source| rules::unforbidden_unsafe(&source.tokens));
}

#[test]
fn the_list_of_unsafe_files_is_not_longer_than_it_must_be() {
    let is_listed = |source: &Source| UNSAFE_FILES.contains(&source.path.as_str());
    let listed: Vec<Source> = sources().into_iter().filter(is_listed).collect();
    assert_eq!(listed.len(), UNSAFE_FILES.len(), "a listed file is gone");
    for source in listed {
        assert!(!rules::unsafe_code(&source.tokens).is_empty(), "{} holds no unsafe code", source.path);
    }
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    assert_rule(|_| true, |source| rules::unexplained_unsafe(&source.tokens));
}

#[test]
fn functions_are_short() {
    assert_rule(|_| true, |source| rules::long_functions(&source.tokens));
}

#[test]
fn nothing_is_left_over() {
    assert_rule(|_| true, |source| rules::leftovers(&source.tokens));
}

#[test]
fn mod_files_are_lists() {
    let is_list = |source: &Source| source.is_library() && source.path.ends_with("/mod.rs");
    assert_rule(is_list, |source| rules::code_in_mod_rs(&source.tokens));
}

#[test]
fn the_system_is_asked_for_the_time_in_few_files() {
    let is_clock = |source: &Source| CLOCK_FILES.contains(&source.path.as_str());
    assert_rule(|source| source.is_library() && !is_clock(source), |source| rules::system_time(&source.tokens));
    let clocks = sources().into_iter().filter(is_clock);
    assert_eq!(clocks.filter(|source| !rules::system_time(&source.tokens).is_empty()).count(), CLOCK_FILES.len());
}

#[test]
fn what_users_see_has_docs_with_examples() {
    let is_shown = |source: &Source| source.is_library();
    assert_rule(is_shown, |source| docs::poor_docs(&source.tokens));
}

#[test]
fn each_type_that_users_see_has_a_file_of_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let is_test = |name: &str| tests.join(name).with_extension("rs").is_file();
    let is_layer = |source: &Source| source.is_library() && source.folder().is_some();
    assert_rule(is_layer, |source| types::untested(source.folder().unwrap(), &source.tokens, is_test));
}

#[test]
fn the_list_of_types_whose_tests_are_named_otherwise_is_not_longer_than_it_must_be() {
    let shown: Vec<String> = sources()
        .iter()
        .filter(|source| source.is_library())
        .flat_map(|source| docs::types(&source.tokens))
        .map(|(_, name)| name)
        .collect();
    for (name, file) in types::NAMED_OTHERWISE {
        assert!(shown.iter().any(|shown| shown == name), "{name} is gone");
        assert_ne!(types::snake_case(name), file, "{name} needs no entry");
    }
}
