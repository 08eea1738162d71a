use super::results::{Entry, Results};
use super::table::{Row, Table, tables};
use crate::catalog::COLUMNS;

/// The results as tables in Markdown.
pub fn report(results: &Results) -> String {
    let head = format!("# Results\n\nOn {}. How it is measured is told in `NOTES.md`.\n", results.machine);
    let tables = tables(results).iter().map(show_table).collect::<String>();
    head + &tables + &show_failures(results)
}

fn show_table(Table { title, rows, .. }: &Table) -> String {
    let columns = COLUMNS.map(|column| column.name).join(" | ");
    let rule = "|--:".repeat(COLUMNS.len() + 2);
    let rows = rows.iter().map(show_row).collect::<String>();
    let head = format!("| workload | unit | {columns} | Epore / floor | Epore / best peer |\n|---|---{rule}|\n");
    format!("\n## {title}\n\n{head}{rows}")
}

fn show_row(row: &Row) -> String {
    let values = row.values.iter().copied().map(|value| value.map_or("–".to_owned(), number));
    let ratios = row.ratios().map(|ratio| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
    let cells: Vec<String> = [row.title.clone(), row.unit.to_owned()].into_iter().chain(values).chain(ratios).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn show_failures(results: &Results) -> String {
    let show = |Entry { program, workload, scale, failure, .. }: &Entry| {
        failure.as_ref().map(|words| format!("- {program}, {workload} ({scale}): {words}\n"))
    };
    let lines: String = results.entries.iter().filter_map(show).collect();
    if lines.is_empty() { lines } else { format!("\n## What failed\n\n{lines}") }
}
