//! The lists of the form of doses.

use std::collections::BTreeMap;

use codes::{CodeSets, Ndc, Package, VaccineStatus};
use jiff::civil::Date;
use model::{CodeTables, Cvx, Dose, Table};

use crate::dose_form::Kind;
use crate::forms::Choice;
use crate::languages::Language;

/// Choices under one heading.
pub(crate) struct ChoiceGroup {
    pub(crate) label: String,
    pub(crate) choices: Vec<Choice>,
}

/// The lists of the form.
pub(crate) struct Lists {
    pub(crate) vaccines: Vec<ChoiceGroup>,
    pub(crate) sites: Vec<Choice>,
    pub(crate) routes: Vec<Choice>,
    pub(crate) body_sites: Vec<Choice>,
    pub(crate) eligibilities: Vec<Choice>,
    pub(crate) fundings: Vec<Choice>,
    pub(crate) sources: Vec<Choice>,
    pub(crate) makers: Vec<Choice>,
}

/// What stands first among the vaccines.
#[derive(Default)]
pub(crate) struct Wanted {
    /// The vaccines that the forecast recommends today.
    pub(crate) vaccines: Vec<Cvx>,
    /// The vaccine groups that were asked for, then those that are due.
    pub(crate) groups: Vec<String>,
}

impl Lists {
    /// The lists for doses of a kind; what is wanted stands first.
    pub(crate) fn new(
        codes: &CodeSets,
        kind: Kind,
        wanted: &Wanted,
        sites: Vec<Choice>,
        on: Date,
        language: Language,
    ) -> Lists {
        let table = |table: Table| -> Vec<Choice> {
            let named = |(code, _): (&str, &str)| Choice::new(code, code_text(codes, table, code, language));
            codes.table(table).map(named).collect()
        };
        Lists {
            vaccines: vaccines(codes, kind, wanted, on, language),
            sites,
            routes: table(Table::Route).into_iter().filter(|choice| choice.value.starts_with('C')).collect(),
            body_sites: table(Table::BodySite),
            eligibilities: table(Table::Eligibility),
            fundings: table(Table::FundingSource),
            sources: table(Table::InformationSource).into_iter().filter(|choice| choice.value != "00").collect(),
            makers: makers(codes),
        }
    }
}

/// What a code of a dose's facts is called; itself where nothing names it.
pub(crate) fn code_text<'a>(codes: &'a CodeSets, table: Table, code: &'a str, language: Language) -> &'a str {
    let text = section(table).and_then(|section| language.find_text(&format!("{section}.{code}")));
    text.or_else(|| codes.name(table, code)).unwrap_or(code)
}

/// The section of the catalog that names a table's codes.
fn section(table: Table) -> Option<&'static str> {
    match table {
        Table::Route => Some("route"),
        Table::BodySite => Some("body_site"),
        Table::Eligibility => Some("eligibility"),
        Table::FundingSource => Some("funding"),
        Table::InformationSource => Some("source"),
        Table::RefusalReason => Some("refusal_reason"),
        Table::Relationship => Some("relationship"),
        _ => None,
    }
}

/// Products on the market for doses given here; vaccines, also those of other times and places, for others.
fn vaccines(codes: &CodeSets, kind: Kind, wanted: &Wanted, on: Date, language: Language) -> Vec<ChoiceGroup> {
    let mut choices: Vec<(Cvx, Choice)> = match kind {
        Kind::New => products(codes, on, language),
        Kind::Historical => {
            let vaccines = codes.vaccines().iter().filter(|vaccine| !vaccine.is_non_vaccine);
            let choice = |cvx: Cvx, name: &str| (cvx, Choice::new(cvx.to_string(), format!("{name} ({cvx})")));
            vaccines.map(|vaccine| choice(vaccine.cvx, &vaccine.short_name)).collect()
        }
    };
    choices.sort_by_key(|(cvx, choice)| (is_foreign(codes, *cvx), choice.text.to_lowercase()));
    let mut groups = Vec::new();
    let mut take = |label: String, fits: &dyn Fn(Cvx) -> bool| {
        let (taken, left): (Vec<_>, Vec<_>) = choices.drain(..).partition(|(cvx, _)| fits(*cvx));
        choices = left;
        if !taken.is_empty() {
            groups.push(ChoiceGroup { label, choices: taken.into_iter().map(|(_, choice)| choice).collect() });
        }
    };
    take(language.text("dose.recommended").to_owned(), &|cvx| wanted.vaccines.contains(&cvx));
    let first = wanted.groups.iter().filter_map(|name| codes.vaccine_group(name));
    for group in first.chain(codes.all_vaccine_groups()) {
        take(group.name.clone(), &|cvx| codes.vaccine_groups(cvx).overlaps(group.bit));
    }
    take(language.text("person.other_vaccines").to_owned(), &|_| true);
    groups
}

fn is_foreign(codes: &CodeSets, cvx: Cvx) -> bool {
    codes.vaccine(cvx).is_some_and(|vaccine| vaccine.status == VaccineStatus::NonUs)
}

/// What can be given: each product by trade name and vaccine; and each vaccine by itself, for products that the code tables
/// do not name.
fn products(codes: &CodeSets, on: Date, language: Language) -> Vec<(Cvx, Choice)> {
    let given = codes.vaccines().iter().filter(|vaccine| {
        vaccine.is_in_use(on)
            && vaccine.status != VaccineStatus::NonUs
            && !vaccine.is_non_vaccine
            && !vaccine.is_unspecified
    });
    let names = trade_names(codes);
    let mut products = Vec::new();
    for vaccine in given {
        let (cvx, short_name) = (vaccine.cvx, &vaccine.short_name);
        let before = products.len();
        for (_, makers) in names.range((cvx, String::new())..).take_while(|((of, _), _)| *of == cvx) {
            for (mvx, name) in makers {
                let mut text = format!("{name} – {short_name}");
                if makers.len() > 1 {
                    let maker = codes.manufacturer(mvx).map_or(*mvx, |maker| &maker.name);
                    text.push_str(&format!(" ({maker})"));
                }
                products.push((cvx, Choice::new(format!("{cvx}:{mvx}:{name}"), text)));
            }
        }
        let text = match products.len() - before {
            0 => short_name.clone(),
            _ => language.fill("dose.other_product", &[("vaccine", short_name)]),
        };
        products.push((cvx, Choice::new(format!("{cvx}::"), text)));
    }
    products
}

/// The trade names of a vaccine with their makers (MVX), by vaccine and name in small letters; of makers that still make vaccines.
///
/// Packages go and come again under new numbers, for longer than a code table stays the same: a name stands for a product as long
/// as there is its maker.
fn trade_names(codes: &CodeSets) -> BTreeMap<(Cvx, String), BTreeMap<&str, &str>> {
    let is_made = |package: &&Package| codes.manufacturer(&package.mvx).is_none_or(|maker| maker.is_active);
    let mut names: BTreeMap<(Cvx, String), BTreeMap<&str, &str>> = BTreeMap::new();
    for package in codes.packages().iter().filter(is_made) {
        let makers = names.entry((package.cvx, package.trade_name.to_lowercase())).or_default();
        // Packages of one product write its name in letters of different size: the more readable one is shown.
        let shown = makers.entry(&package.mvx).or_insert(&package.trade_name);
        *shown = (*shown).max(&package.trade_name);
    }
    names
}

/// The trade name of a dose: of its package, or the only one that its maker gives to this vaccine.
pub(crate) fn trade_name<'a>(codes: &'a CodeSets, dose: &Dose) -> Option<&'a str> {
    let mut packages = Ndc::candidates(dose.ndc.as_deref().unwrap_or_default()).filter_map(|ndc| codes.package(ndc));
    if let Some(package) = packages.find(|package| package.cvx == dose.cvx) {
        return Some(&package.trade_name);
    }
    let mvx = dose.mvx.as_deref().filter(|mvx| !mvx.is_empty())?;
    let packages = codes.packages().iter().filter(|package| package.cvx == dose.cvx && package.mvx == mvx);
    let names: Vec<&str> = packages.map(|package| package.trade_name.as_str()).collect();
    let shown = names.iter().max()?;
    names.iter().all(|name| name.eq_ignore_ascii_case(shown)).then_some(*shown)
}

/// Who makes vaccines, by name.
fn makers(codes: &CodeSets) -> Vec<Choice> {
    let makers = codes.manufacturers().iter().filter(|maker| maker.is_active);
    let mut choices: Vec<Choice> = makers.map(|maker| Choice::new(maker.mvx.clone(), maker.name.clone())).collect();
    choices.sort_by_key(|choice| choice.text.to_lowercase());
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dose_form::chosen;

    #[test]
    fn every_code_that_people_choose_has_a_name_in_their_language() {
        let codes = CodeSets::builtin();
        let chosen = [Table::Route, Table::BodySite, Table::Eligibility, Table::FundingSource];
        let read = [Table::InformationSource, Table::RefusalReason, Table::Relationship];
        for table in chosen.into_iter().chain(read) {
            let section = section(table).expect("it is named");
            for (code, name) in codes.table(table) {
                for language in Language::ALL {
                    let key = format!("{section}.{code}");
                    assert!(language.find_text(&key).is_some(), "{name}: {key} in {}", language.tag());
                }
            }
        }
        assert_eq!(code_text(codes, Table::BodySite, "LD", Language::Spanish), "Deltoides izquierdo");
    }

    #[test]
    fn every_vaccine_in_use_can_be_chosen_and_each_product_once() {
        let (codes, on) = (CodeSets::builtin(), jiff::civil::date(2026, 1, 15));
        let groups = vaccines(codes, Kind::New, &Wanted::default(), on, Language::English);
        let texts: Vec<&str> =
            groups.iter().flat_map(|group| &group.choices).map(|choice| choice.text.as_str()).collect();
        // COVID-19 and RSV: newer than the packages that the tables know.
        for cvx in [Cvx(309), Cvx(312), Cvx(303), Cvx(306), Cvx(332)] {
            let choices = groups.iter().flat_map(|group| &group.choices);
            assert_eq!(choices.filter(|choice| chosen(&choice.value) == Some((cvx, None))).count(), 1, "{cvx}");
        }
        for product in ["Adacel – Tdap", "VAQTA – Hep A, ped/adol, 2 dose", "Havrix – Hep A, ped/adol, 2 dose"] {
            assert!(texts.iter().any(|text| text.eq_ignore_ascii_case(product)), "{product}: {texts:?}");
        }
        assert!(texts.contains(&"Hep A, ped/adol, 2 dose, another product"), "{texts:?}");
        assert!(!texts.iter().any(|text| text.contains("Non-US")), "{texts:?}");
        let mut lowered: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        lowered.sort();
        let all = lowered.len();
        lowered.dedup();
        assert_eq!(lowered.len(), all, "a product stands there twice");
        let groups: Vec<&str> = groups.iter().map(|group| group.label.as_str()).collect();
        assert!(groups.contains(&"COVID-19") && groups.contains(&"RSV"), "{groups:?}");
    }

    #[test]
    fn recommended_are_the_vaccines_of_the_forecast_and_not_all_of_their_group() {
        let (codes, on) = (CodeSets::builtin(), jiff::civil::date(2026, 1, 15));
        // PCV20 and PPSV23 stand in one group; a child needs the first.
        let (conjugate, polysaccharide) = (Cvx(216), Cvx(33));
        let wanted = Wanted { vaccines: vec![conjugate], ..Wanted::default() };
        let groups = vaccines(codes, Kind::New, &wanted, on, Language::English);
        let of = |choice: &Choice| chosen(&choice.value).expect("a product names its vaccine").0;
        assert_eq!(groups[0].label, Language::English.text("dose.recommended"));
        assert!(groups[0].choices.iter().all(|choice| of(choice) == conjugate) && !groups[0].choices.is_empty());
        assert!(groups[1..].iter().flat_map(|group| &group.choices).any(|choice| of(choice) == polysaccharide));
        let groups = vaccines(codes, Kind::New, &Wanted::default(), on, Language::English);
        assert_ne!(groups[0].label, Language::English.text("dose.recommended"), "nothing is recommended");
    }

    #[test]
    fn a_trade_name_is_that_of_the_package_or_the_only_one_of_the_maker() {
        let codes = CodeSets::builtin();
        let name = |cvx, ndc: Option<&str>, mvx: Option<&str>| {
            let on = jiff::civil::date(2026, 1, 15);
            let mut dose = crate::dose_form::bare_dose(on, Cvx(cvx), model::InformationSource::Administered);
            (dose.ndc, dose.mvx) = (ndc.map(str::to_owned), mvx.map(str::to_owned));
            trade_name(codes, &dose).map(str::to_lowercase)
        };
        assert_eq!(name(115, None, Some("PMC")).as_deref(), Some("adacel"));
        assert_eq!(name(115, Some("49281-0400-10"), None).as_deref(), Some("adacel"));
        assert_eq!(name(115, Some("49281-0400-10"), Some("SKB")).as_deref(), Some("adacel"));
        assert_eq!(name(115, None, None), None, "several makers make it");
        assert_eq!(name(115, None, Some("MSD")), None);
    }

    #[test]
    fn what_was_asked_for_stands_first_and_what_is_given_abroad_last() {
        let (codes, on) = (CodeSets::builtin(), jiff::civil::date(2026, 1, 15));
        let wanted = Wanted { groups: vec!["MMR".into(), "Polio".into()], ..Wanted::default() };
        for kind in [Kind::New, Kind::Historical] {
            let groups = vaccines(codes, kind, &wanted, on, Language::English);
            let labels: Vec<&str> = groups.iter().map(|group| group.label.as_str()).collect();
            assert_eq!(labels[..2], ["MMR", "Polio"]);
            assert_eq!(labels.iter().filter(|label| **label == "MMR").count(), 1, "{labels:?}");
        }
        let groups = vaccines(codes, Kind::Historical, &wanted, on, Language::English);
        let covid = groups.iter().find(|group| group.label == "COVID-19").expect("there are some");
        let is_foreign = |choice: &Choice| is_foreign(codes, chosen(&choice.value).expect("a vaccine").0);
        assert!(covid.choices.is_sorted_by_key(is_foreign) && covid.choices.last().is_some_and(is_foreign));
    }
}
