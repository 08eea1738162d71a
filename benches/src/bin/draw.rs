//! Draws the pictures of `results.json` and `growth.json` into `charts/`, and writes the tables of the first anew.

use std::fs;
use std::path::Path;

use epore_benches::catalog::{WORKLOADS, Workload};
use epore_benches::charts::{bars, lines};
use epore_benches::runner::{Results, report, tables};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let charts = folder.join("charts");
    fs::create_dir_all(&charts).expect("the folder is writable");
    if let Some(results) = read(&folder.join("results.json")) {
        for table in tables(&results) {
            write(&charts.join(table.name), bars(&table));
        }
        fs::write(folder.join("RESULTS.md"), report(&results)).expect("the folder is writable");
    }
    if let Some(results) = read(&folder.join("growth.json")) {
        let grown: Vec<&Workload> =
            WORKLOADS.iter().filter(|workload| results.scales(workload.name).len() > 1).collect();
        write(&charts.join("growth"), lines(&results, &grown, |entry| Some(entry.value?.median)));
    }
}

fn read(file: &Path) -> Option<Results> {
    let text = fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

fn write(file: &Path, svg: String) {
    fs::write(file.with_extension("svg"), svg).expect("the folder is writable");
}
