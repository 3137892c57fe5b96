//! Flat files: one line a code, columns divided by `|`, tabs or commas, with or without a line of headings.
//!
//! # Source
//! The layouts without headings are those of CDC's downloads: `cvx.txt`, `mvx.txt`, `VG.txt`, `cvx_vis.txt`, the VIS bar code table, and the
//! displays of all NDC with 6, 14 or 31 columns.

use super::Problem;
use super::cdc_records::{List, Record, Role, role};
use super::facts::Facts;
use crate::vis_documents::is_gdti;
use crate::{CodeSets, Ndc, VaccineStatus};

/// What the columns of a file without headings are about.
struct Layout {
    columns: usize,
    roles: &'static [(usize, Role)],
}

const LAYOUTS: [Layout; 13] = [
    Layout {
        columns: 31,
        roles: &[
            (0, Role::SaleNdc),
            (2, Role::SaleName),
            (6, Role::SaleFrom),
            (7, Role::SaleUntil),
            (11, Role::UseNdc),
            (14, Role::UseFrom),
            (15, Role::UseUntil),
            (18, Role::Cvx),
            (24, Role::Mvx),
        ],
    },
    Layout { columns: 15, roles: &DISPLAY_AFTER_A_NUMBER },
    Layout { columns: 14, roles: &DISPLAY },
    Layout {
        columns: 6,
        roles: &[(0, Role::SaleNdc), (1, Role::SaleName), (2, Role::UseNdc), (3, Role::Cvx), (5, Role::Mvx)],
    },
    Layout {
        columns: 8,
        roles: &[(0, Role::Cvx), (1, Role::ShortName), (2, Role::FullName), (4, Role::Status), (6, Role::NonVaccine)],
    },
    Layout {
        columns: 7,
        roles: &[(0, Role::Cvx), (1, Role::ShortName), (2, Role::FullName), (4, Role::Status), (5, Role::NonVaccine)],
    },
    Layout {
        columns: 6,
        roles: &[(0, Role::Cvx), (1, Role::ShortName), (2, Role::FullName), (3, Role::Status), (4, Role::NonVaccine)],
    },
    Layout { columns: 6, roles: &[(0, Role::Cvx), (2, Role::VisNumber), (3, Role::VisName), (4, Role::VisEdition)] },
    Layout { columns: 6, roles: &[(0, Role::VisName), (1, Role::VisEdition), (2, Role::VisNumber)] },
    Layout { columns: 5, roles: &[(0, Role::Cvx), (1, Role::ShortName), (2, Role::FullName), (4, Role::Status)] },
    Layout { columns: 5, roles: &[(1, Role::Cvx), (2, Role::Status), (3, Role::GroupName)] },
    Layout { columns: 5, roles: &[(0, Role::Mvx), (1, Role::MakerName), (3, Role::Status)] },
    Layout { columns: 4, roles: &[(0, Role::Mvx), (1, Role::MakerName), (2, Role::Status)] },
];

/// The display of all NDC without a running number.
const DISPLAY: [(usize, Role); 7] = [
    (0, Role::SaleNdc),
    (1, Role::SaleName),
    (3, Role::SaleFrom),
    (4, Role::SaleUntil),
    (7, Role::UseNdc),
    (11, Role::Cvx),
    (13, Role::Mvx),
];

/// The display of all NDC with a running number before it.
const DISPLAY_AFTER_A_NUMBER: [(usize, Role); 7] = [
    (1, Role::SaleNdc),
    (2, Role::SaleName),
    (4, Role::SaleFrom),
    (5, Role::SaleUntil),
    (8, Role::UseNdc),
    (12, Role::Cvx),
    (14, Role::Mvx),
];

pub(super) fn read(text: &str, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    let mut lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')).peekable();
    let Some((_, first)) = lines.peek() else {
        problems.push(Problem::new(0, "the file is empty"));
        return;
    };
    let divider = divider(first);
    let first = split(first, divider);
    let (roles, columns) = match heading_roles(&first) {
        Some(roles) => {
            lines.next();
            (roles, first.len())
        }
        None => match LAYOUTS.iter().find(|layout| layout.fits(&first)) {
            Some(layout) => (layout.roles.to_vec(), layout.columns),
            None => {
                problems.push(Problem::new(0, "this is none of the lists that can be imported"));
                return;
            }
        },
    };
    let Some(list) = List::with(roles.iter().map(|(_, role)| *role)) else {
        problems.push(Problem::new(0, "the columns are those of none of the lists that can be imported"));
        return;
    };
    for (index, line) in lines {
        let cells = split(line, divider);
        if cells.len() != columns {
            let reason = format!("{columns} columns are needed, there are {}", cells.len());
            problems.push(Problem::new(index + 1, reason));
            continue;
        }
        let values = roles.iter().map(|(place, role)| (*role, cells[*place].clone())).collect();
        problems.extend(Record { line: index + 1, values }.take(list, current, facts).err());
    }
}

impl Layout {
    /// Whether the columns of a line hold what this layout says they hold.
    fn fits(&self, cells: &[String]) -> bool {
        cells.len() == self.columns && self.roles.iter().all(|(place, role)| can_be(*role, cells[*place].trim()))
    }
}

fn can_be(role: Role, text: &str) -> bool {
    match role {
        Role::Cvx => model::Cvx::parse(text).is_some(),
        Role::Status => VaccineStatus::parse(text).is_some(),
        Role::SaleNdc => Ndc::parse(text).is_some(),
        Role::UseNdc => text.is_empty() || Ndc::parse(text).is_some() || text.to_ascii_lowercase().starts_with("no"),
        Role::VisNumber => is_gdti(text),
        Role::Mvx => text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        Role::NonVaccine => ["true", "false", "0", "1", ""].contains(&text.to_ascii_lowercase().as_str()),
        Role::ShortName | Role::FullName | Role::MakerName | Role::GroupName | Role::VisName | Role::SaleName => true,
        Role::VisEdition | Role::SaleFrom | Role::SaleUntil | Role::UseFrom | Role::UseUntil => {
            text.is_empty() || super::dates::parse(text).is_some()
        }
    }
}

/// The roles of a line of headings; `None` when the line is no such line.
fn heading_roles(cells: &[String]) -> Option<Vec<(usize, Role)>> {
    let known = cells.iter().enumerate().filter_map(|(place, cell)| role(cell).map(|role| (place, role)));
    let roles: Vec<(usize, Role)> = known.collect();
    (roles.len() >= 2).then_some(roles)
}

fn divider(line: &str) -> char {
    ['|', '\t', ','].into_iter().find(|divider| line.contains(*divider)).unwrap_or('|')
}

/// Cuts a line at the divider. A cell in quotation marks may hold the divider; a doubled mark in it stands for one.
fn split(line: &str, divider: char) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.trim_start_matches(' ');
        let quoted = start.strip_prefix('"').and_then(|inside| closing_mark(inside, divider).map(|end| (inside, end)));
        let (cell, after) = match quoted {
            Some((inside, end)) => (inside[..end].replace("\"\"", "\""), inside[end + 1..].trim_start_matches(' ')),
            None => {
                let end = rest.find(divider).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        cells.push(cell.trim().to_owned());
        match after.strip_prefix(divider) {
            Some(next) => rest = next,
            None => return cells,
        }
    }
}

/// Where the cell's closing quotation mark stands: the first that is not doubled and has the divider or the end after it.
fn closing_mark(inside: &str, divider: char) -> Option<usize> {
    let mut from = 0;
    while let Some(place) = inside[from..].find('"').map(|place| place + from) {
        let after = &inside[place + 1..];
        if after.starts_with('"') {
            from = place + 2;
            continue;
        }
        let after = after.trim_start_matches(' ');
        return (after.is_empty() || after.starts_with(divider)).then_some(place);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_in_quotation_marks_are_cut_as_meant() {
        for (line, cells) in [
            ("a|b|c", vec!["a", "b", "c"]),
            ("\"a|b\"|c", vec!["a|b", "c"]),
            ("\"say \"\"a\"\"\" | c|", vec!["say \"a\"", "c", ""]),
            ("Nickname \"x\"|\"open|b", vec!["Nickname \"x\"", "\"open", "b"]),
            ("", vec![""]),
        ] {
            assert_eq!(split(line, '|'), cells, "{line}");
        }
    }
}
