//! The table of crates in the docs says what is true.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

const TABLE: &str = "../docs/ecosystem.md";

/// The cells of each row about a crate that works.
fn rows() -> Vec<Vec<String>> {
    let table = fs::read_to_string(TABLE).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ']).to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.map(cells).filter(|row: &Vec<String>| row[1] != "–").collect();
    assert!(rows.len() >= 14, "{rows:?}");
    rows
}

/// The words in backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn versions_are_those_that_are_tested() {
    let lock = fs::read_to_string("../Cargo.lock").unwrap();
    for row in rows() {
        let names = quoted(&row[0]);
        let name = names.last().unwrap().split("::").next().unwrap();
        let name = if names[0].starts_with("tokio::") { "tokio" } else { name };
        let entry = format!("name = \"{name}\"\nversion = \"{}\"\n", row[1]);
        assert!(lock.contains(&entry), "{row:?}");
    }
}

#[test]
fn each_row_has_an_example_or_a_test_that_is_there() {
    for row in rows() {
        let examples = quoted(&row[3]).into_iter().map(|name| {
            let places =
                [format!("examples/{name}.rs"), format!("tests/{name}.rs"), format!("../examples/{name}/main.rs")];
            places.iter().any(|place| Path::new(place).is_file())
        });
        let tests = row[3].split([' ', ',', ';']).filter(|word| word.starts_with("tests/"));
        let tests = tests.map(|test| Path::new("..").join(test).is_file());
        let found: Vec<bool> = examples.chain(tests).collect();
        assert!(!found.is_empty() && found.iter().all(|&found| found), "{row:?}");
    }
}

#[test]
fn each_example_is_tested_and_short() {
    for example in fs::read_dir("examples").unwrap() {
        let path = example.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(Path::new("tests").join(format!("{name}.rs")).is_file(), "{name} has no test");
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 120, "{name} has {lines} lines");
    }
}
