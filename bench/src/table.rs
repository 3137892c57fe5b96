//! The one table: what was done, who else did it, and what came of it.

use std::fmt::{Display, Formatter};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

/// One comparison.
#[derive(Serialize, Debug)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) work: String,
    /// Who else did it; empty when nobody.
    pub(crate) rival: String,
    /// What it took us, with its unit.
    pub(crate) ours: String,
    /// What it took them.
    pub(crate) theirs: String,
    /// What the goal is about: a ratio, or a figure of ours where there is no rival.
    pub(crate) figure: f64,
    pub(crate) goal: Goal,
}

/// What a figure should be.
#[derive(Clone, Copy, Serialize, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// The ratio is at least this.
    Ratio(f64),
    /// The ratio is at most this.
    RatioAtMost(f64),
    /// Our own figure is at least this.
    AtLeast(f64),
    /// Our own figure is at most this.
    AtMost(f64),
    /// A ratio for the record.
    RatioNoted,
    /// A figure for the record.
    Noted,
}

impl Goal {
    /// Whether a figure meets it; `None` where there is no goal.
    fn is_met(self, figure: f64) -> Option<bool> {
        match self {
            Goal::Ratio(least) | Goal::AtLeast(least) => Some(figure >= least),
            Goal::RatioAtMost(most) | Goal::AtMost(most) => Some(figure <= most),
            Goal::RatioNoted | Goal::Noted => None,
        }
    }

    fn is_ratio(self) -> bool {
        matches!(self, Goal::Ratio(_) | Goal::RatioAtMost(_) | Goal::RatioNoted)
    }

    fn in_words(self) -> String {
        match self {
            Goal::Ratio(least) => format!(">= {least}x"),
            Goal::RatioAtMost(most) => format!("<= {most}x"),
            Goal::AtLeast(least) => format!(">= {least}"),
            Goal::AtMost(most) => format!("<= {most}"),
            Goal::RatioNoted | Goal::Noted => String::new(),
        }
    }
}

const HEADINGS: [&str; 7] = ["work", "rival", "ours", "theirs", "ratio", "goal", "met"];

/// All comparisons of a run.
#[derive(Serialize, Default, Debug)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    /// An empty table with notes about the machine.
    pub(crate) fn new(notes: Vec<String>) -> Table {
        Table { rows: Vec::new(), notes }
    }

    /// Adds a comparison and tells it at once, as a run takes minutes.
    pub(crate) fn add(&mut self, row: Row) {
        let [work, rival, ours, theirs, ratio, goal, met] = cells(&row);
        eprintln!("  {work}: {ours} | {rival} {theirs} | {ratio} {goal} {met}");
        self.rows.push(row);
    }

    /// Adds a remark below the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("  {note}");
        self.notes.push(note);
    }

    /// Writes `table.md` and `table.json`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let markdown = folder.join("table.md");
        std::fs::write(&markdown, self.to_string()).with_context(|| format!("write {}", markdown.display()))?;
        let json = folder.join("table.json");
        std::fs::write(&json, serde_json::to_vec_pretty(self)?).with_context(|| format!("write {}", json.display()))
    }
}

/// Markdown, with columns as wide as they need to be for reading it as it is.
impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<[String; 7]> =
            std::iter::once(HEADINGS.map(str::to_owned)).chain(self.rows.iter().map(cells)).collect();
        let widths: [usize; 7] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        });
        for (number, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
                writeln!(f, "|{}|", rule.join("|"))?;
            }
        }
        writeln!(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "- {note}"))
    }
}

fn cells(row: &Row) -> [String; 7] {
    let met = match row.goal.is_met(row.figure) {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    let ratio = if row.goal.is_ratio() { format!("{}x", rounded(row.figure)) } else { String::new() };
    let texts = [&row.work, &row.rival, &row.ours, &row.theirs].map(String::clone);
    let [work, rival, ours, theirs] = texts;
    [work, rival, ours, theirs, ratio, row.goal.in_words(), met.to_owned()]
}

/// A figure with about three digits that matter.
pub(crate) fn rounded(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_a_row_like_any_other() {
        let mut table = Table::new(vec!["two cores".to_owned()]);
        let row = |figure, goal| Row {
            work: "w".to_owned(),
            rival: "r".to_owned(),
            ours: "1 s".to_owned(),
            theirs: "2 s".to_owned(),
            figure,
            goal,
        };
        table.add(row(2.0, Goal::Ratio(4.0)));
        table.add(row(123.4, Goal::Ratio(40.0)));
        table.add(row(0.5, Goal::AtMost(1.0)));
        let text = table.to_string();
        let expected = "\
            | work | rival | ours | theirs | ratio | goal   | met |\n\
            |------|-------|------|--------|-------|--------|-----|\n\
            | w    | r     | 1 s  | 2 s    | 2.00x | >= 4x  | NO  |\n\
            | w    | r     | 1 s  | 2 s    | 123x  | >= 40x | yes |\n\
            | w    | r     | 1 s  | 2 s    |       | <= 1   | yes |\n\n- two cores\n";
        assert_eq!(text, expected);
    }
}
