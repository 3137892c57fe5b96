//! What every built-in table must hold.

use std::collections::{BTreeMap, BTreeSet};

use bluebonnet_codes::{CodeSetKind, CodeSets, CodeTexts, VaccineStatus};
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

fn codes() -> &'static CodeSets {
    CodeSets::builtin()
}

/// The lines of a table that hold a code.
fn lines(kind: CodeSetKind) -> Vec<String> {
    let texts = CodeTexts::builtin();
    let text = texts.text(kind);
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_code_of_every_table_is_there() {
    assert_eq!(codes().vaccines().len(), 283);
    assert_eq!(codes().manufacturers().len(), 83);
    assert_eq!(codes().packages().len(), 747);
    assert_eq!(codes().vis_documents().len(), 132);
    assert_eq!(codes().all_vaccine_groups().len(), 49);
    assert_eq!(lines(CodeSetKind::Hl7Tables).len(), 473);
}

#[test]
fn the_head_of_every_table_says_how_many_codes_it_holds() {
    let texts = CodeTexts::builtin();
    for kind in CodeSetKind::ALL {
        let head = texts.text(kind).lines().next().expect("a head").to_owned();
        let count = format!(": {}", lines(kind).len());
        assert!(head.starts_with('#') && head.contains(&count), "{}: {head}", kind.file_name());
    }
}

#[test]
fn no_code_stands_twice() {
    for (kind, columns) in [(CodeSetKind::Hl7Tables, 2), (CodeSetKind::VaccineGroups, 1), (CodeSetKind::Cvx, 1)] {
        let mut seen = BTreeSet::new();
        for line in lines(kind) {
            let key: Vec<String> = line.split('|').take(columns).map(|column| column.trim().to_owned()).collect();
            assert!(seen.insert(key), "{line}");
        }
    }
}

#[test]
fn the_first_groups_are_the_26_of_cdsi() {
    let names: Vec<&str> = codes()
        .all_vaccine_groups()
        .iter()
        .filter(|group| group.is_forecast)
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Chikungunya",
            "Cholera",
            "COVID-19",
            "Dengue",
            "DTaP/Tdap/Td",
            "Ebola",
            "HepA",
            "HepB",
            "Hib",
            "HPV",
            "Influenza",
            "Japanese Encephalitis",
            "Meningococcal",
            "Meningococcal B",
            "MMR",
            "Orthopoxvirus",
            "Pneumococcal",
            "Polio",
            "Rabies",
            "Rotavirus",
            "RSV",
            "TBE",
            "Typhoid",
            "Varicella",
            "Yellow Fever",
            "Zoster",
        ]
    );
    assert!(codes().all_vaccine_groups()[..26].iter().all(|group| group.is_forecast && !group.antigens.is_empty()));
}

#[test]
fn every_group_has_a_code_that_stands_for_it() {
    for group in codes().all_vaccine_groups() {
        let representative = codes().vaccine(group.representative).expect("a known vaccine");
        let is_of_group = representative.groups.overlaps(group.bit);
        assert!(is_of_group || group.name == "Other", "{}", group.name);
        let has_unspecified =
            codes().products_of_group(group).any(|vaccine| vaccine.is_unspecified && vaccine.groups == group.bit);
        assert!(representative.is_unspecified || !has_unspecified || group.name == "DTaP/Tdap/Td", "{}", group.name);
    }
}

#[test]
fn every_vaccine_is_in_a_group() {
    for vaccine in codes().vaccines() {
        let has_group = vaccine.groups != VaccineGroupSet::default();
        assert_eq!(has_group, ![99, 998, 999].contains(&vaccine.cvx.0), "{} {}", vaccine.cvx, vaccine.short_name);
    }
}

#[test]
fn every_package_and_statement_is_of_a_known_vaccine() {
    for package in codes().packages() {
        assert!(codes().has_cvx(package.cvx), "{}", package.ndc);
        assert_eq!(codes().cvx_of_ndc(&package.ndc.to_string()), Some(package.cvx));
        assert!(package.mvx.is_empty() || codes().manufacturer(&package.mvx).is_some(), "{}", package.ndc);
        assert!(
            package.sold_until.is_none_or(|until| package.sold_from.is_none_or(|from| from <= until)),
            "{}",
            package.ndc
        );
    }
    for document in codes().vis_documents() {
        assert!(
            !document.vaccines.is_empty() && document.vaccines.iter().all(|cvx| codes().has_cvx(*cvx)),
            "{}",
            document.gdti
        );
        assert!(document.edition_on.is_some(), "{}", document.gdti);
    }
}

#[test]
fn a_family_is_told_from_a_product_by_its_name() {
    for vaccine in codes().vaccines() {
        let names = format!("{} {}", vaccine.short_name, vaccine.full_name).to_lowercase();
        let by_name = names.contains("unspecified");
        let in_other_words = [128, 167, 500, 999].contains(&vaccine.cvx.0);
        assert_eq!(vaccine.is_unspecified, by_name || in_other_words, "{} {names}", vaccine.cvx);
    }
}

#[test]
fn what_is_sold_is_in_use() {
    let mut too_early = BTreeMap::new();
    for package in codes().packages() {
        let vaccine = codes().vaccine(package.cvx).expect("a known vaccine");
        let marketed =
            !matches!(vaccine.status, VaccineStatus::NeverActive | VaccineStatus::Pending | VaccineStatus::NonUs);
        if let (Some(from), Some(sold)) = (vaccine.in_use_from, package.sold_from)
            && marketed
            && sold < from
        {
            too_early.insert(vaccine.cvx, (from, sold));
        }
    }
    // CDC's list dates these packages before the vaccine was licensed or authorized.
    let known = [144, 150, 161, 211, 212, 217, 218, 219, 228].map(Cvx);
    too_early.retain(|cvx, _| !known.contains(cvx));
    assert!(too_early.is_empty(), "{too_early:?}");
}

#[test]
fn every_table_of_the_guide_has_codes() {
    for table in [
        Table::Sex,
        Table::Race,
        Table::Ethnicity,
        Table::Relationship,
        Table::Eligibility,
        Table::Route,
        Table::BodySite,
        Table::AddressType,
        Table::NameType,
        Table::TelecomUse,
        Table::TelecomEquipment,
        Table::IdentifierType,
        Table::Publicity,
        Table::Completion,
        Table::ActionCode,
        Table::RegistryStatus,
        Table::YesNo,
        Table::InformationSource,
        Table::RefusalReason,
        Table::ObservationIdentifier,
        Table::FundingSource,
        Table::DoseUnit,
    ] {
        assert!(codes().table(table).count() >= 2, "{table:?}");
        assert!(codes().table(table).all(|(code, name)| codes().name(table, code) == Some(name)), "{table:?}");
    }
}
