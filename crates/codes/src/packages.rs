//! Packages: National Drug Codes of vaccines, as sold (cartons) and as used (vials, syringes).

use jiff::civil::Date;
use model::Cvx;

use crate::TableError;
use crate::texts::{self, Row};

/// A National Drug Code in its 11-digit form: labeler 5 digits, product 4, package 2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ndc(u64);

impl Ndc {
    /// Reads 11 digits, or 10 or 11 with hyphens: the hyphens tell which part of a 10-digit code is one digit short.
    ///
    /// # Source
    /// 21 CFR 207.33 (10 digits as 4-4-2, 5-3-2 or 5-4-1); HL7 IG 1.5, RXA-5 (11 digits, 5-4-2).
    pub fn parse(text: &str) -> Option<Ndc> {
        let mut parts = text.trim().split('-');
        let (labeler, product, package) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        match (product, package) {
            (None, None) if labeler.len() == 11 => digits(labeler).map(Ndc),
            (Some(product), Some(package)) => Ndc::of_parts(labeler, product, package),
            _ => None,
        }
    }

    /// The codes that a text can mean: one, or for 10 digits without hyphens up to three.
    pub fn candidates(text: &str) -> impl Iterator<Item = Ndc> {
        let text = text.trim();
        let is_ambiguous = text.len() == 10 && text.is_ascii();
        let cut = move |labeler: usize, product: usize| {
            let (head, package) = text.split_at(labeler + product);
            let (labeler, product) = head.split_at(labeler);
            Ndc::of_parts(labeler, product, package)
        };
        let readings = if is_ambiguous { [cut(4, 4), cut(5, 3), cut(5, 4)] } else { [Ndc::parse(text), None, None] };
        readings.into_iter().flatten()
    }

    fn of_parts(labeler: &str, product: &str, package: &str) -> Option<Ndc> {
        let lengths = (labeler.len(), product.len(), package.len());
        if !matches!(lengths, (5, 4, 2) | (4, 4, 2) | (5, 3, 2) | (5, 4, 1)) {
            return None;
        }
        Some(Ndc(digits(labeler)? * 1_000_000 + digits(product)? * 100 + digits(package)?))
    }
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl std::fmt::Display for Ndc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:05}-{:04}-{:02}", self.0 / 1_000_000, self.0 / 100 % 10_000, self.0 % 100)
    }
}

/// A vaccine package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// Its code.
    pub ndc: Ndc,
    /// What the code stands on.
    pub unit: PackageUnit,
    /// The vaccine in it.
    pub cvx: Cvx,
    /// Its manufacturer's MVX code; empty where not known.
    pub mvx: String,
    /// Its trade name.
    pub trade_name: String,
    /// Sold from this day on, where known.
    pub sold_from: Option<Date>,
    /// Sold until this day, where known.
    pub sold_until: Option<Date>,
}

impl Package {
    pub(crate) fn read(row: &Row) -> Result<Package, TableError> {
        let [ndc, unit, cvx, mvx, period, trade_name] = row.columns()?;
        let (sold_from, sold_until) = row.period(period)?;
        Ok(Package {
            ndc: Ndc::parse(ndc).ok_or_else(|| row.error(format!("\"{ndc}\" is not an NDC")))?,
            unit: PackageUnit::parse(unit).ok_or_else(|| row.error(format!("\"{unit}\" is not a unit")))?,
            cvx: row.cvx(cvx)?,
            mvx: if mvx == "-" { String::new() } else { mvx.to_owned() },
            trade_name: trade_name.to_owned(),
            sold_from,
            sold_until,
        })
    }

    pub(crate) fn line(&self) -> String {
        let mvx = if self.mvx.is_empty() { "-" } else { &self.mvx };
        let period = texts::period(self.sold_from, self.sold_until);
        format!("{} | {} | {} | {mvx} | {period} | {}", self.ndc, self.unit.word(), self.cvx, self.trade_name)
    }
}

/// What an NDC stands on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PackageUnit {
    /// The vial or syringe that a dose comes from.
    Use,
    /// The carton that is bought.
    Sale,
    /// Both: the carton and what is in it carry one code.
    UseAndSale,
}

impl PackageUnit {
    pub(crate) fn word(self) -> &'static str {
        match self {
            PackageUnit::Use => "use",
            PackageUnit::Sale => "sale",
            PackageUnit::UseAndSale => "both",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<PackageUnit> {
        [PackageUnit::Use, PackageUnit::Sale, PackageUnit::UseAndSale].into_iter().find(|unit| unit.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ndc_is_the_same_however_it_is_written() {
        let expected = Some(Ndc(49_281_040_010));
        for text in ["49281-0400-10", "49281040010", "49281-400-10", " 49281-0400-10 "] {
            assert_eq!(Ndc::parse(text), expected, "{text}");
        }
        assert_eq!(Ndc::parse("0006-4681-00"), Ndc::parse("00006-4681-00"));
        assert_eq!(Ndc::parse("66521-0118-2"), Ndc::parse("66521-0118-02"));
        assert_eq!(Ndc::parse("00006-4681-00").expect("an NDC").to_string(), "00006-4681-00");
    }

    #[test]
    fn what_is_not_an_ndc_is_refused() {
        for text in [
            "",
            "-",
            "--",
            "49281",
            "49281-0400",
            "4928-400-10",
            "49281-0400-10-1",
            "4928104001O",
            "ábcdefghi-j",
            "éé12345678",
        ] {
            assert_eq!(Ndc::parse(text), None, "{text}");
            assert_eq!(Ndc::candidates(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn ten_digits_without_hyphens_can_mean_three_codes() {
        let readings: Vec<String> = Ndc::candidates("4928140010").map(|ndc| ndc.to_string()).collect();
        assert_eq!(readings, ["04928-1400-10", "49281-0400-10", "49281-4001-00"]);
    }
}
