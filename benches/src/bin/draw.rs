//! Draws the pictures of `results.json` and `growth.json` into `charts/`, and writes the tables anew.

use std::fs;
use std::path::Path;

use epore_benches::charts::{Dots, bars, lines};
use epore_benches::runner::{Results, Row, Table, growth_report, growths, report, tables};

/// The rows of the README's picture of counts: workloads and scales.
const COUNTED: [(&str, u64); 12] = [
    ("block_on", 1),
    ("spawn_join", 1),
    ("spawn_batch", 10_000),
    ("yield_now", 1000),
    ("ping_pong", 1),
    ("wake_many", 1000),
    ("timeout", 1),
    ("echo", 1),
    ("echo", 1000),
    ("churn_server", 16),
    ("udp_receive", 1),
    ("hyper", 64),
];

/// The rows of the README's picture of times.
const TIMED: [(&str, u64); 12] = [
    ("spawn_join", 1),
    ("spawn_batch", 10_000),
    ("yield_now", 1000),
    ("ping_pong", 1),
    ("timeout", 1),
    ("sleeps", 100_000),
    ("wake_remote", 1),
    ("echo", 64),
    ("echo", 8000),
    ("churn_server", 16),
    ("udp_receive", 1),
    ("hyper", 64),
];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let charts = folder.join("charts");
    fs::create_dir_all(&charts).expect("the folder is writable");
    if let Some(results) = Results::read(&folder.join("results.json")) {
        let tables = tables(&results);
        for table in &tables {
            write(&charts.join(table.name), bars(table));
        }
        draw_for_readme(&charts, &tables);
        fs::write(folder.join("RESULTS.md"), report(&results)).expect("the folder is writable");
    }
    if let Some(results) = Results::read(&folder.join("growth.json")) {
        write(&charts.join("growth"), lines(&growths(&results)));
        fs::write(folder.join("GROWTH.md"), growth_report(&results)).expect("the folder is writable");
    }
}

/// The few figures that say most, each in a picture of its own.
fn draw_for_readme(charts: &Path, tables: &[Table]) {
    let instructions = Dots {
        title: "Instructions in user space for one operation",
        note: "counted, not timed; the axis is logarithmic, and less is better",
        rows: rows(tables, "instructions", &COUNTED),
        by_floor: false,
    };
    write(&charts.join("readme_instructions"), instructions.draw());
    let times = Dots {
        title: "Time of one operation, as a multiple of the same work by hand",
        note: "medians; over the network, processor time; the axis is logarithmic, and less is better",
        rows: rows(tables, "times", &TIMED),
        by_floor: true,
    };
    if !times.rows.is_empty() {
        write(&charts.join("readme_times"), times.draw());
    }
}

/// Those that there are, in the order that is asked for.
fn rows<'a>(tables: &'a [Table], name: &str, wanted: &[(&str, u64)]) -> Vec<&'a Row> {
    let table = tables.iter().find(|table| table.name == name);
    let row = |&(workload, scale): &(&str, u64)| {
        table?.rows.iter().find(|row| row.workload == workload && row.scale == scale)
    };
    wanted.iter().filter_map(row).collect()
}

fn write(file: &Path, svg: String) {
    fs::write(file.with_extension("svg"), svg).expect("the folder is writable");
}
