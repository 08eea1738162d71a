//! Builds the programs, runs them in turns, and writes `results.json` and `RESULTS.md`, `growth.json` and `GROWTH.md`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use epore_benches::runner::{Options, Part, Results, check, growth_report, report, run};

fn main() {
    let options = Options::parse(env::args().skip(1));
    check(&options);
    let mut build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--release", "--bins", "--features", "peers"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().expect("cargo runs").success(), "the programs do not build");

    run(&options, |part, results| keep(&options.file(part), part, results));
    if options.quick {
        let tables = options.file(Part::Workloads).with_file_name("QUICK.md");
        println!("{}", fs::read_to_string(tables).expect("it has just been written"));
    }
}

/// Writes the values to a file of this name, and the tables beside, under its name in capitals.
fn keep(file: &Path, part: Part, results: &Results) {
    let json = serde_json::to_string_pretty(results).expect("numbers and text are JSON");
    fs::write(file.with_extension("json"), json).expect("the folder is writable");
    let name = file.file_name().expect("a file has a name").to_ascii_uppercase();
    let text = if part == Part::Growth { growth_report(results) } else { report(results) };
    fs::write(file.with_file_name(name).with_extension("md"), text).expect("the folder is writable");
}
