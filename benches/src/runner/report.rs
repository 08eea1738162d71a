use std::collections::BTreeSet;

use super::growth::growths;
use super::results::{Entry, Results, Spread};
use super::table::{Row, Table, of_operation, rounds, tables};
use crate::catalog::{COLUMNS, Load, VARIANTS, Variant, workload};

/// The results as tables in Markdown.
pub fn report(results: &Results) -> String {
    let head = format!("# Results\n\nOn {}. How it is measured is told in `NOTES.md`.\n", results.machine);
    let tables = tables(results).iter().map(show_table).collect::<String>();
    let others = show_spreads(results) + &show_variants(results) + &show_requests(results) + &show_clients(results);
    head + &tables + &others + &show_origins(results) + &show_failures(results)
}

/// How cost grows, as a table for each workload, with the verdict.
pub fn growth_report(results: &Results) -> String {
    let mut text =
        "# How cost grows\n\nInstructions in user space for each operation, by the scale: tasks, live timers or \
        connections. The verdict is explained in `NOTES.md`.\n\n![Cost by scale, both axes logarithmic](charts/growth.svg)\n"
            .to_owned();
    let growths = growths(results);
    for group in growths.chunk_by(|one, next| one.workload.name == next.workload.name) {
        let workload = group[0].workload;
        let scales = results.scales(workload.name);
        let heads: String = scales.iter().map(|scale| format!(" {scale} |")).collect();
        text += &format!("\n## {}\n\n| |{heads} last / root | |\n|---", workload.title.replace('#', "n"));
        text += &format!("{}|---|\n", "|--:".repeat(scales.len() + 1));
        for growth in group {
            let at = |scale: &u64| growth.points.iter().find(|(at, _)| at == scale).map(|&(_, cost)| cost);
            let costs: String = scales.iter().map(|scale| format!(" {} |", show(at(scale)))).collect();
            let verdict = match growth.is_logarithmic() {
                Some(true) => "at most logarithmic",
                Some(false) => "**faster than logarithmic**",
                None => "–",
            };
            text += &format!("| {} |{costs} {} | {verdict} |\n", growth.column, show(growth.ratio()));
        }
    }
    text + &show_origins(results) + &show_failures(results)
}

fn show_table(Table { title, name, rows }: &Table) -> String {
    let columns = COLUMNS.map(|column| column.name).join(" | ");
    let rule = "|--:".repeat(COLUMNS.len() + 2);
    let rows = rows.iter().map(show_row).collect::<String>();
    let head = format!("| workload | unit | {columns} | Epore / floor | Epore / best peer |\n|---|---{rule}|\n");
    format!("\n## {title}\n\n![{title}, as bars](charts/{name}.svg)\n\n{head}{rows}")
}

fn show_row(row: &Row) -> String {
    let values = row.values.iter().copied().map(show);
    let ratios = row.ratios().map(|ratio| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
    let cells: Vec<String> = [row.title.clone(), row.unit.to_owned()].into_iter().chain(values).chain(ratios).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// How far the rounds lie apart, where the first table shows their medians.
fn show_spreads(results: &Results) -> String {
    let columns = COLUMNS.map(|column| column.name).join(" | ");
    let line = |row: &Row| {
        let part = |column| {
            let (median, entry) = results.best_of(column, row.workload, row.scale, of_operation)?;
            rounds(entry).map(|rounds| 100.0 * (rounds.high - rounds.low) / median)
        };
        let cells: Vec<String> = COLUMNS.iter().map(|column| show(part(column))).collect();
        format!("| {} | {} |\n", row.title, cells.join(" | "))
    };
    let tables = tables(results);
    let lines: String =
        tables.iter().filter(|table| table.name == "times").flat_map(|table| &table.rows).map(line).collect();
    let head = format!("| workload | {columns} |\n|---{}|\n", "|--:".repeat(COLUMNS.len()));
    if lines.is_empty() {
        lines
    } else {
        format!("\n## How wide the middle half of the rounds is, in % of the median\n\n{head}{lines}")
    }
}

/// Epore with settings that it does not come with, each beside Epore as it comes, and what both take of the processor.
fn show_variants(results: &Results) -> String {
    let lines: String = VARIANTS.iter().flat_map(|variant| show_variant(results, variant)).collect();
    let head = "| workload | unit | setting | without | middle half | with | middle half | with / without | CPU, ns | CPU with, ns |\n\
        |---|---|---|--:|--:|--:|--:|--:|--:|--:|\n";
    if lines.is_empty() { lines } else { format!("\n## Epore with other settings\n\n{head}{lines}") }
}

/// A line for each scale.
fn show_variant(results: &Results, variant: &Variant) -> Vec<String> {
    let workload = workload(variant.workload);
    let line = |scale: u64| {
        let of = |program| results.entry(workload.name, scale, program);
        let (usual, other) = (of("epore"), of(variant.program));
        let (without, with) = (usual.value?, other.value?);
        let (title, unit) = (workload.title.replace('#', &scale.to_string()), workload.metric.unit());
        let half = |spread: Spread| format!("{} to {}", number(spread.low), number(spread.high));
        let cpu = |entry: &Entry| show(entry.cpu.map(|cpu| cpu.median));
        let values = [number(without.median), half(without), number(with.median), half(with)].join(" | ");
        let ratio = with.median / without.median;
        let costs = [cpu(&usual), cpu(&other)].join(" | ");
        Some(format!("| {title} | {unit} | {} | {values} | {ratio:.2} | {costs} |\n", variant.title))
    };
    results.scales(workload.name).into_iter().filter_map(line).collect()
}

/// The times of hyper once more, for those who think in requests for each second.
fn show_requests(results: &Results) -> String {
    let of_wrk = |entry: &&Entry| workload(&entry.workload).load == Load::Wrk;
    let line = |entry: &Entry| {
        let (time, cpu) = (entry.value?, entry.cpu?);
        let idle = entry.load_idle.map(|share| 100.0 * share);
        let [low, median, high] = [time.high, time.median, time.low].map(|time| (1e9 / time / 1000.0).round());
        let program = &entry.program;
        Some(format!("| {program} | {median} | {low} to {high} | {} | {} |\n", number(cpu.median), show(idle)))
    };
    let lines: String = results.entries.iter().filter(of_wrk).filter_map(line).collect();
    let head = "| program | thousand requests a second | middle half | ns of CPU for each | wrk idle, % |\n\
        |---|--:|--:|--:|--:|\n";
    if lines.is_empty() { lines } else { format!("\n## hyper “hello” under wrk\n\n{head}{lines}") }
}

fn show_clients(results: &Results) -> String {
    let line = |client: &super::Client| {
        let (version, kib) = (&client.built.version, client.bytes / 1024);
        format!("| {} | {version} | {} | {:.1} | {kib} |\n", client.name, client.crates, client.seconds)
    };
    let lines: String = results.clients.iter().map(line).collect();
    let head = "| runtime | version | crates | clean build, s | stripped, KiB |\n|---|---|--:|--:|--:|\n";
    if lines.is_empty() { lines } else { format!("\n## The smallest TCP client\n\n{head}{lines}") }
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn show(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), number)
}

/// Which versions were measured when.
fn show_origins(results: &Results) -> String {
    let mut lines = BTreeSet::new();
    for Entry { program, timed, counted, .. } in &results.entries {
        let of = |origin: &super::Origin, what| format!("- {program} {}: {what} of {}\n", origin.version, origin.date);
        lines.extend(timed.iter().map(|origin| of(origin, "times and memory")));
        lines.extend(counted.iter().map(|origin| of(origin, "counts")));
    }
    let lines: String = lines.into_iter().collect();
    if lines.is_empty() { lines } else { format!("\n## What was measured when\n\n{lines}") }
}

fn show_failures(results: &Results) -> String {
    let show = |Entry { program, workload, scale, failure, .. }: &Entry| {
        failure.as_ref().map(|words| format!("- {program}, {workload} ({scale}): {words}\n"))
    };
    let lines: String = results.entries.iter().filter_map(show).collect();
    if lines.is_empty() { lines } else { format!("\n## What failed\n\n{lines}") }
}
