//! The list in `docs/RELIABILITY.md` is whole, and names tests that there are.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

const BUGS: usize = 29;

/// The sections of the list, each the number of a bug and the tests that it names as `file::function`.
fn sections() -> Vec<(String, Vec<(String, String)>)> {
    let list = read("docs/RELIABILITY.md");
    let sections = list.split("\n## R").skip(1).map(|section| {
        let tests = section.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')?.split_once("::"));
        let number = format!("R{}", section.lines().next().unwrap_or_default());
        (number, tests.map(|(file, name)| (file.to_owned(), name.to_owned())).collect())
    });
    sections.collect()
}

/// The rows of the table of proofs, each its cells.
fn proofs() -> Vec<Vec<String>> {
    let list = read("docs/RELIABILITY.md");
    let (_, proofs) = list.split_once("\n## Proof that the tests can fail\n").expect("the list has its proofs");
    let rows = proofs.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn each_bug_has_its_section_and_each_section_a_test() {
    let sections = sections();
    let numbers: Vec<&str> = sections.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!(numbers, (1..=BUGS).map(|number| format!("R{number}")).collect::<Vec<_>>());
    for (number, tests) in &sections {
        assert!(!tests.is_empty(), "{number} names no test");
    }
}

#[test]
fn each_test_that_is_named_exists() {
    for (number, tests) in sections() {
        for (file, name) in tests {
            assert!(read(&file).contains(&format!("fn {name}(")), "{number} names {file}::{name}, which is not there");
        }
    }
}

#[test]
fn each_bug_has_a_proof() {
    let proofs = proofs();
    for (number, _) in sections() {
        assert!(proofs.iter().any(|row| row[1] == number), "nothing was broken to see the tests of {number} fail");
    }
}

/// Each row of the table names a test in its third column: one in the folder of the tests, or in a source file that ends in `.rs`.
#[test]
fn each_proof_names_a_test_that_exists() {
    for row in proofs() {
        let test = row.get(3).map(|cell| cell.trim_matches('`')).unwrap_or_default();
        let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("no test is named in {row:?}"));
        let path = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/{file}.rs") };
        assert!(read(&path).contains(&format!("fn {name}(")), "{test} is not there");
    }
}
