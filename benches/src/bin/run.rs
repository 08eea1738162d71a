//! Builds the programs, runs them in turns, and writes `results.json` and `RESULTS.md`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use epore_benches::runner::{Options, Results, report, run};

fn main() {
    let options = Options::parse(env::args().skip(1));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--release", "--bins", "--features", "peers"]).current_dir(folder);
    assert!(build.status().expect("cargo runs").success(), "the programs do not build");

    let name = if options.growth { "growth" } else { "results" };
    run(&options, |results| keep(&folder.join(name), &folder.join(name.to_uppercase()), results));
}

fn keep(data: &Path, text: &Path, results: &Results) {
    let json = serde_json::to_string_pretty(results).expect("numbers and text are JSON");
    fs::write(data.with_extension("json"), json).expect("the folder is writable");
    fs::write(text.with_extension("md"), report(results)).expect("the folder is writable");
}
