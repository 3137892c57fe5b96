//! The windows within which two reports may be of one dose: a table with a version that a profile can override.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::{Cvx, VaccineGroupSet};

/// Days that a window may have at most.
const WINDOW_DAYS_MAXIMUM: u16 = 60;

/// For which doses a row of the table counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Scope {
    /// All.
    Default,
    /// One told of as a family beside one given.
    NearUnspecified,
    /// Two told of.
    NearTold,
    /// Vaccines that share a group with this one.
    Group(Cvx),
    /// This vaccine.
    Product(Cvx),
}

impl Scope {
    fn parse(words: &str) -> Option<Scope> {
        let words: Vec<&str> = words.split_whitespace().collect();
        Some(match words.as_slice() {
            ["default"] => Scope::Default,
            ["near-unspecified"] => Scope::NearUnspecified,
            ["near-told"] => Scope::NearTold,
            ["group", cvx] => Scope::Group(Cvx::parse(cvx)?),
            ["product", cvx] => Scope::Product(Cvx::parse(cvx)?),
            _ => return None,
        })
    }

    fn words(self) -> String {
        match self {
            Scope::Default => "default".to_owned(),
            Scope::NearUnspecified => "near-unspecified".to_owned(),
            Scope::NearTold => "near-told".to_owned(),
            Scope::Group(cvx) => format!("group {cvx}"),
            Scope::Product(cvx) => format!("product {cvx}"),
        }
    }
}

/// By what doses are told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseRules {
    version: String,
    days: BTreeMap<Scope, u16>,
}

/// A table of windows that cannot be used, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseRulesError(String);

impl std::fmt::Display for DoseRulesError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for DoseRulesError {}

impl DoseRules {
    /// The windows that come with the program.
    ///
    /// # Source
    /// MIROW vaccination-level de-duplication (2006): 28 days less the grace period, less one. ACIP General Best
    /// Practice Guidelines, table 3-2: shortest intervals.
    pub fn builtin() -> DoseRules {
        DoseRules::parse(include_str!("dose_rules.txt")).expect("the table that comes with the program is complete")
    }

    /// Reads a table: `version WORD`, and a line of a scope and a number of days each; `#` begins a comment.
    ///
    /// # Errors
    /// Names the line, or the row that is missing.
    pub fn parse(text: &str) -> Result<DoseRules, DoseRulesError> {
        let (mut version, mut days) = (None, BTreeMap::new());
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            match line.rsplit_once(' ') {
                Some(("version", word)) => version = Some(word.to_owned()),
                Some((scope, value)) => {
                    let value = value.parse().map_err(|_| DoseRulesError(format!("{line:?}: no number of days")))?;
                    add(&mut days, scope, value)?;
                }
                None if line.is_empty() => {}
                None => return Err(DoseRulesError(format!("{line:?} has no value"))),
            }
        }
        for scope in [Scope::Default, Scope::NearUnspecified, Scope::NearTold] {
            if !days.contains_key(&scope) {
                return Err(DoseRulesError(format!("{} is missing", scope.words())));
            }
        }
        let version = version.ok_or_else(|| DoseRulesError("the version is missing".to_owned()))?;
        Ok(DoseRules { version, days })
    }

    /// These rules with other windows in some places; the version says that they differ.
    ///
    /// # Errors
    /// Names the row that cannot be read.
    pub fn with(mut self, windows: &BTreeMap<String, u16>) -> Result<DoseRules, DoseRulesError> {
        let before = self.days.clone();
        for (scope, &days) in windows {
            add(&mut self.days, scope, days)?;
        }
        if self.days != before {
            // FNV-1a of the rows: the same windows have the same version everywhere.
            let text = self.to_text();
            let digest =
                text.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            self.version = format!("{}+{digest:08x}", self.version);
        }
        Ok(self)
    }

    /// What decisions by these rules are kept with.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The table as text, which [`DoseRules::parse`] reads.
    pub fn to_text(&self) -> String {
        let mut text = format!("version {}\n", self.version);
        for (scope, days) in &self.days {
            writeln!(text, "{} {days}", scope.words()).expect("a string takes everything");
        }
        text
    }

    pub(super) fn near_unspecified_days(&self) -> u32 {
        self.days[&Scope::NearUnspecified].into()
    }

    pub(super) fn near_told_days(&self) -> u32 {
        self.days[&Scope::NearTold].into()
    }

    /// The windows with their groups looked up.
    pub(super) fn windows(&self, groups: &dyn Fn(Cvx) -> VaccineGroupSet) -> Windows {
        let default = self.days[&Scope::Default].into();
        let mut windows = Windows { default, groups: Vec::new(), products: Vec::new(), longest: default };
        for (scope, &days) in &self.days {
            match scope {
                Scope::Group(cvx) => windows.groups.push((groups(*cvx), days.into())),
                Scope::Product(cvx) => windows.products.push((*cvx, days.into())),
                Scope::Default | Scope::NearUnspecified | Scope::NearTold => continue,
            }
            windows.longest = windows.longest.max(days.into());
        }
        windows
    }
}

fn add(rows: &mut BTreeMap<Scope, u16>, scope: &str, days: u16) -> Result<(), DoseRulesError> {
    if days > WINDOW_DAYS_MAXIMUM {
        return Err(DoseRulesError(format!("{scope}: {days} is more than {WINDOW_DAYS_MAXIMUM} days")));
    }
    let scope = Scope::parse(scope).ok_or_else(|| DoseRulesError(format!("{scope:?} is no row of the table")))?;
    rows.insert(scope, days);
    Ok(())
}

/// The windows, ready to be asked.
pub(super) struct Windows {
    default: u32,
    groups: Vec<(VaccineGroupSet, u32)>,
    products: Vec<(Cvx, u32)>,
    /// The longest that any two doses may differ.
    pub(super) longest: u32,
}

impl Windows {
    /// The window of two vaccines that share these groups.
    pub(super) fn days(&self, shared: VaccineGroupSet, vaccines: [Cvx; 2]) -> u32 {
        let of_groups = self.groups.iter().filter(|(groups, _)| groups.overlaps(shared)).map(|(_, days)| *days);
        let of_products = self.products.iter().filter(|(cvx, _)| vaccines.contains(cvx)).map(|(_, days)| *days);
        of_groups.chain(of_products).min().unwrap_or(self.default)
    }
}
