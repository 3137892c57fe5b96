//! The lists of the form of doses.

mod products;

use codes::{CodeSets, Vaccine, VaccineStatus};
use jiff::civil::Date;
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

use crate::dose_form::Kind;
use crate::forms::Choice;
use crate::languages::Language;
use crate::vaccine_groups;

pub(crate) use products::{is_of_vaccine, is_one_product, trade_name};

/// Choices under one heading.
pub(crate) struct ChoiceGroup {
    pub(crate) label: String,
    /// Other words by which all of them are found.
    pub(crate) words: String,
    pub(crate) choices: Vec<Choice>,
}

/// The lists of the form.
pub(crate) struct Lists {
    /// Described by further words by which each is found.
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
        Kind::New => given_products(codes, on, language),
        Kind::Historical => told_vaccines(codes),
    };
    // Products stand before what has no name of its own.
    choices.sort_by_key(|(cvx, choice)| {
        (is_foreign(codes, *cvx), choice.value.ends_with("::"), choice.text.to_lowercase())
    });
    let mut groups = Vec::new();
    let mut take = |label: String, heading: VaccineGroupSet, fits: &dyn Fn(Cvx) -> bool| {
        let (taken, left): (Vec<_>, Vec<_>) = choices.drain(..).partition(|(cvx, _)| fits(*cvx));
        choices = left;
        if !taken.is_empty() {
            let words = |set| vaccine_groups::words(codes, set, language);
            // A combination is found by the words of all its groups.
            let others = |cvx| words(VaccineGroupSet(codes.vaccine_groups(cvx).0 & !heading.0));
            let choices = taken.into_iter().map(|(cvx, choice)| choice.described(others(cvx))).collect();
            groups.push(ChoiceGroup { label, words: words(heading), choices });
        }
    };
    let nothing = VaccineGroupSet::default();
    take(language.text("dose.recommended").to_owned(), nothing, &|cvx| wanted.vaccines.contains(&cvx));
    let first = wanted.groups.iter().filter_map(|name| codes.vaccine_group(name));
    for group in first.chain(codes.all_vaccine_groups()) {
        take(vaccine_groups::name(&group.name, language).to_owned(), group.bit, &|cvx| {
            codes.vaccine_groups(cvx).overlaps(group.bit)
        });
    }
    take(language.text("person.other_vaccines").to_owned(), nothing, &|_| true);
    groups
}

fn is_foreign(codes: &CodeSets, cvx: Cvx) -> bool {
    codes.vaccine(cvx).is_some_and(|vaccine| vaccine.status == VaccineStatus::NonUs)
}

/// What can be given: each product by trade name and vaccine; and each vaccine by itself, for products that the code tables
/// do not name.
fn given_products(codes: &CodeSets, on: Date, language: Language) -> Vec<(Cvx, Choice)> {
    let given = codes.vaccines().iter().filter(|vaccine| {
        vaccine.is_in_use(on)
            && vaccine.status != VaccineStatus::NonUs
            && !vaccine.is_non_vaccine
            && !vaccine.is_unspecified
    });
    let mut products = Vec::new();
    for vaccine in given {
        let (cvx, vaccine) = (vaccine.cvx, readable(&vaccine.short_name));
        let named = products::by_maker(codes, cvx);
        for (mvx, name) in named.iter().flat_map(|(mvx, names)| names.iter().map(move |name| (mvx, name))) {
            let mut made_by = named.values().filter(|names| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
            let maker = match made_by.nth(1) {
                Some(_) => format!(", {}", codes.manufacturer(mvx).map_or(*mvx, |maker| &maker.name)),
                None => String::new(),
            };
            let text = format!("{name} – {vaccine}{maker} (CVX {cvx})");
            products.push((cvx, Choice::new(format!("{cvx}:{mvx}:{name}"), text)));
        }
        let unnamed = match named.is_empty() {
            true => vaccine,
            false => language.fill("dose.other_product", &[("vaccine", &vaccine)]),
        };
        products.push((cvx, Choice::new(format!("{cvx}::"), format!("{unnamed} (CVX {cvx})"))));
    }
    products
}

/// Vaccines, also those of other times and places, with the names under which people know them.
fn told_vaccines(codes: &CodeSets) -> Vec<(Cvx, Choice)> {
    let vaccines = codes.vaccines().iter().filter(|vaccine| !vaccine.is_non_vaccine);
    let choice = |vaccine: &Vaccine| {
        let cvx = vaccine.cvx;
        let names = Some(products::of_vaccine(codes, cvx)).filter(|names| !names.is_empty());
        let names = names.map(|names| format!(" – {}", names.join(", "))).unwrap_or_default();
        (cvx, Choice::new(cvx.to_string(), format!("{}{names} (CVX {cvx})", readable(&vaccine.short_name))))
    };
    vaccines.map(choice).collect()
}

/// CDC's name with a capital letter in front, as a list shows it.
fn readable(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The trade name of a choice; `None` where it is of a vaccine alone.
pub(crate) fn brand_of(value: &str) -> Option<&str> {
    value.splitn(3, ':').nth(2).filter(|name| !name.is_empty())
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
        let both = ["VAQTA – Hep A, ped/adol, 2 dose (CVX 83)", "Havrix – Hep A, ped/adol, 2 dose (CVX 83)"];
        for product in both.into_iter().chain(["Adacel – Tdap (CVX 115)"]) {
            assert!(texts.iter().any(|text| text.eq_ignore_ascii_case(product)), "{product}: {texts:?}");
        }
        assert!(texts.contains(&"Hep A, ped/adol, 2 dose, another product (CVX 83)"), "{texts:?}");
        let high_dose: Vec<&&str> = texts.iter().filter(|text| text.contains("(CVX 135)")).collect();
        assert_eq!(high_dose.len(), 2, "one product, and another: {high_dose:?}");
        assert_eq!(*high_dose[0], "Fluzone High Dose – Influenza, high dose, trivalent, PF (CVX 135)");
        assert!(!texts.iter().any(|text| text.contains("Non-US")), "{texts:?}");
        // A vial of a product that is mixed of two is none.
        let mixed: Vec<&&str> = texts.iter().filter(|text| text.contains("(CVX 120)")).collect();
        assert_eq!(mixed, [&"PENTACEL – DTaP-Hib-IPV (CVX 120)", &"DTaP-Hib-IPV, another product (CVX 120)"]);
        let mut lowered: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        lowered.sort();
        let all = lowered.len();
        lowered.dedup();
        assert_eq!(lowered.len(), all, "a product stands there twice");
        let groups: Vec<&str> = groups.iter().map(|group| group.label.as_str()).collect();
        assert!(groups.contains(&"COVID-19") && groups.contains(&"RSV"), "{groups:?}");
    }

    #[test]
    fn vaccines_of_other_times_are_found_by_their_names_and_codes() {
        let (codes, on) = (CodeSets::builtin(), jiff::civil::date(2026, 1, 15));
        let groups = vaccines(codes, Kind::Historical, &Wanted::default(), on, Language::English);
        let all: Vec<&Choice> = groups.iter().flat_map(|group| &group.choices).collect();
        let text = |value: &str| all.iter().find(|choice| choice.value == value).expect("it is there").text.as_str();
        assert!(text("03").starts_with("MMR – ") && text("03").contains("M-M-R II"), "{}", text("03"));
        assert!(text("03").ends_with("(CVX 03)"), "{}", text("03"));
        assert_eq!(text("05"), "Measles (CVX 05)");
        assert!(all.iter().all(|choice| !choice.text.starts_with(char::is_lowercase)), "each begins as a name does");
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
