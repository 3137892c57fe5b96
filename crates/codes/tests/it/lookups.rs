//! Facts that everyone in the field knows, asked as readers of messages ask.

use bluebonnet_codes::{CodeSetKind, CodeSets, CodeTexts, VaccineStatus};
use jiff::civil::{Date, date};
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

fn codes() -> &'static CodeSets {
    CodeSets::builtin()
}

fn group_names(cvx: u16) -> Vec<&'static str> {
    codes().groups_of(codes().vaccine_groups(Cvx(cvx))).map(|group| group.name.as_str()).collect()
}

#[test]
fn vaccines_have_their_names() {
    for (cvx, name) in [
        (3, "MMR"),
        (8, "Hep B, adolescent or pediatric"),
        (88, "influenza, unspecified formulation"),
        (110, "DTaP-Hep B-IPV"),
        (115, "Tdap"),
        (998, "no vaccine administered"),
        (999, "unknown"),
    ] {
        assert_eq!(codes().vaccine_name(Cvx(cvx)), Some(name));
    }
    assert_eq!(codes().vaccine_name(Cvx(900)), None);
    assert!(!codes().has_cvx(Cvx(0)) && !codes().has_cvx(Cvx(u16::MAX)));
}

#[test]
fn combinations_are_in_several_groups() {
    for (cvx, groups) in [
        (8, vec!["HepB"]),
        (94, vec!["MMR", "Varicella"]),
        (104, vec!["HepA", "HepB"]),
        (110, vec!["DTaP/Tdap/Td", "HepB", "Polio"]),
        (115, vec!["DTaP/Tdap/Td"]),
        (120, vec!["DTaP/Tdap/Td", "Hib", "Polio"]),
        (121, vec!["Zoster"]),
        (130, vec!["DTaP/Tdap/Td", "Polio"]),
        (132, vec!["DTaP/Tdap/Td", "HepB", "Hib", "Polio"]),
        (146, vec!["DTaP/Tdap/Td", "HepB", "Hib", "Polio"]),
        (148, vec!["Hib", "Meningococcal"]),
        (316, vec!["Meningococcal", "Meningococcal B"]),
    ] {
        assert_eq!(group_names(cvx), groups, "CVX {cvx}");
    }
    for cvx in [Cvx::NO_VACCINE, Cvx::UNKNOWN, Cvx(900)] {
        assert_eq!(codes().vaccine_groups(cvx), VaccineGroupSet::default());
    }
}

#[test]
fn a_family_is_not_a_product() {
    for cvx in [17, 45, 85, 88, 89, 107, 108, 109, 122, 137, 139, 213, 304, 999] {
        assert!(codes().is_unspecified(Cvx(cvx)), "CVX {cvx}");
    }
    for cvx in [3, 8, 10, 20, 21, 110, 115, 140, 998] {
        assert!(!codes().is_unspecified(Cvx(cvx)), "CVX {cvx}");
    }
}

#[test]
fn vaccines_were_in_use_in_their_time() {
    let cases: [(u16, Date, bool); 21] = [
        (2, date(1985, 6, 1), true),
        (2, date(2020, 1, 1), false),
        (3, date(2005, 6, 1), true),
        (3, date(2026, 6, 1), true),
        (8, date(1999, 6, 1), true),
        (10, date(2020, 6, 1), true),
        (21, date(1990, 6, 1), false),
        (74, date(1999, 3, 1), true),
        (74, date(2001, 3, 1), false),
        (115, date(2004, 12, 31), false),
        (115, date(2005, 6, 1), true),
        (121, date(2019, 6, 1), true),
        (121, date(2022, 6, 1), false),
        (150, date(2025, 10, 1), false),
        (140, date(2025, 10, 1), true),
        (165, date(2014, 12, 10), true),
        (207, date(2020, 12, 1), false),
        (207, date(2020, 12, 21), true),
        (309, date(2022, 10, 1), false),
        (61, date(2020, 1, 1), false),
        (900, date(2020, 1, 1), false),
    ];
    for (cvx, on, expected) in cases {
        assert_eq!(codes().is_in_use(Cvx(cvx), on), expected, "CVX {cvx} on {on}");
    }
}

#[test]
fn records_of_the_past_may_name_a_family_on_any_day() {
    for on in [date(1995, 5, 5), date(2026, 5, 5)] {
        for cvx in [45, 85, 88, 89, 107, 122, 999] {
            assert!(codes().is_in_use(Cvx(cvx), on), "CVX {cvx} on {on}");
        }
    }
    assert!(codes().is_in_use(Cvx(510), date(2021, 5, 5)), "a vaccine of another country");
}

#[test]
fn an_ndc_gives_its_vaccine_however_it_is_written() {
    for ndc in ["49281-0400-10", "49281-400-10", "49281040010", "4928140010"] {
        assert_eq!(codes().cvx_of_ndc(ndc), Some(Cvx(115)), "{ndc}");
    }
    for (ndc, cvx) in [
        ("0006-4681-00", 3),
        ("00006-4827-00", 21),
        ("58160-0820-11", 8),
        ("00005-1971-05", 133),
        ("00069-0411-01", 224),
    ] {
        assert_eq!(codes().cvx_of_ndc(ndc), Some(Cvx(cvx)), "{ndc}");
    }
    for ndc in ["", "99999-9999-99", "115", "49281-0400", "not an NDC"] {
        assert_eq!(codes().cvx_of_ndc(ndc), None, "{ndc}");
    }
}

#[test]
fn manufacturers_are_known_by_their_code() {
    for (mvx, name) in [
        ("PMC", "sanofi pasteur"),
        ("SKB", "GlaxoSmithKline"),
        ("WAL", "Wyeth"),
        ("MSD", "Merck and Co., Inc."),
        ("PFR", "Pfizer, Inc"),
    ] {
        assert_eq!(codes().name(Table::Manufacturer, mvx), Some(name));
        assert!(codes().manufacturer(mvx).is_some_and(|maker| maker.is_active), "{mvx}");
    }
    assert!(codes().manufacturer("LED").is_some_and(|maker| !maker.is_active));
    assert!(!codes().contains(Table::Manufacturer, "pmc") && !codes().contains(Table::Manufacturer, ""));
}

#[test]
fn the_codes_of_real_messages_are_accepted() {
    for (table, accepted, refused) in [
        (Table::Sex, vec!["F", "M", "U", "X"], vec!["", "female", "f"]),
        (Table::Race, vec!["2106-3", "1002-5"], vec!["", "W", "2135-2"]),
        (Table::Ethnicity, vec!["2135-2", "2186-5"], vec!["H"]),
        (Table::Relationship, vec!["MTH", "FTH", "GRD", "SEL", "SPO", "OTH"], vec!["MOTHER"]),
        (Table::Eligibility, vec!["V01", "V02", "V05", "V22", "V25", "TXA01", "MIA14"], vec!["V99", "TX01", "V0"]),
        (
            Table::Route,
            vec!["C28161", "C38238", "C38305", "IM", "SC", "PO", "NS", "ID", "OTH"],
            vec!["im", "C99999", "XX"],
        ),
        (Table::BodySite, vec!["LT", "RD", "LVL", "RLFA", "BN", "LUA"], vec!["ZZ", "lt"]),
        (Table::AddressType, vec!["H", "P", "BDL", "L", "BA"], vec!["HOME"]),
        (Table::NameType, vec!["L", "M", "A", "B"], vec!["Q", "LEGAL"]),
        (Table::TelecomUse, vec!["PRN", "NET", "WPN"], vec!["PRS"]),
        (Table::TelecomEquipment, vec!["PH", "CP", "Internet", "X.400"], vec!["internet"]),
        (Table::IdentifierType, vec!["MR", "SR", "SS", "MA", "PI", "LR", "WC", "NNUSA"], vec!["ZZ", "NNxxx", "MRS"]),
        (Table::Publicity, vec!["01", "02", "12"], vec!["13", "2"]),
        (Table::Completion, vec!["CP", "RE", "NA", "PA"], vec!["XX"]),
        (Table::ActionCode, vec!["A", "U", "D"], vec!["X"]),
        (Table::RegistryStatus, vec!["A", "I", "L", "M", "P", "U"], vec!["O"]),
        (Table::YesNo, vec!["Y", "N"], vec!["y", "1"]),
        (Table::InformationSource, vec!["00", "01", "08"], vec!["09", "0"]),
        (Table::RefusalReason, vec!["00", "03"], vec!["04"]),
        (Table::ObservationIdentifier, vec!["64994-7", "69764-9", "30963-3", "59784-9"], vec!["1234"]),
        (Table::FundingSource, vec!["VXC50", "PHC70", "VXC51"], vec!["PBF", "V02"]),
        (Table::DoseUnit, vec!["mL", "ml", "ug", "mg", "L"], vec!["ML", "CC"]),
    ] {
        for code in accepted {
            assert!(codes().contains(table, code), "{table:?} {code}");
            assert!(codes().name(table, code).is_some_and(|name| !name.is_empty()), "{table:?} {code}");
        }
        for code in refused {
            assert!(!codes().contains(table, code), "{table:?} {code}");
        }
    }
    assert_eq!(codes().name(Table::Route, "C28161"), Some("Intramuscular"));
    assert_eq!(codes().name(Table::Eligibility, "V02"), Some("VFC eligible - Medicaid/Medicaid Managed Care"));
}

#[test]
fn a_bar_code_gives_the_statement() {
    assert_eq!(codes().vis_name("253088698300026411121116"), Some("Multiple Vaccines VIS"));
    let document = codes().vis_document("253088698300027111210806").expect("a statement");
    assert_eq!((document.edition_on, document.vaccines.as_slice()), (Some(date(2021, 8, 6)), [Cvx(115)].as_slice()));
    assert_eq!(codes().vis_name("88"), None);
}

#[test]
fn a_group_lists_its_products_and_its_unspecified_formulation() {
    let hepatitis_b = codes().vaccine_group("HepB").expect("a group of CDSi");
    assert_eq!(hepatitis_b.representative, Cvx(45));
    let products: Vec<Cvx> = codes().products_of_group(hepatitis_b).map(|vaccine| vaccine.cvx).collect();
    assert!([8, 43, 45, 104, 110, 146, 189].into_iter().all(|cvx| products.contains(&Cvx(cvx))), "{products:?}");
    assert!(!products.contains(&Cvx(30)), "hepatitis B immune globulin is no vaccine");
    for (name, representative) in
        [("Influenza", 88), ("DTaP/Tdap/Td", 107), ("MMR", 3), ("COVID-19", 213), ("Polio", 89)]
    {
        assert_eq!(codes().vaccine_group(name).map(|group| group.representative), Some(Cvx(representative)));
    }
}

#[test]
fn statuses_are_those_of_today() {
    for (cvx, status) in [
        (146, VaccineStatus::Active),
        (2, VaccineStatus::Inactive),
        (61, VaccineStatus::NeverActive),
        (510, VaccineStatus::NonUs),
        (309, VaccineStatus::Active),
    ] {
        assert_eq!(codes().vaccine(Cvx(cvx)).map(|vaccine| vaccine.status), Some(status), "CVX {cvx}");
    }
    for cvx in [12, 13, 30, 34, 86, 98, 998, 999] {
        assert!(codes().vaccine(Cvx(cvx)).is_some_and(|vaccine| vaccine.is_non_vaccine), "CVX {cvx}");
    }
}

#[test]
fn a_newer_table_replaces_and_adds_codes() {
    let mut newer = CodeTexts::default();
    newer.set(
        CodeSetKind::Cvx,
        "21 | inactive | Varicella | ..2030-01-01 | - | varicella, old | \n340 | active | HepB | .. | - | new | ",
    );
    newer.set(CodeSetKind::Hl7Tables, "Eligibility | TXA01 | Texas Vaccines for Children\n");
    let codes = CodeSets::from_texts(&[newer]).expect("tables of our own form");
    assert_eq!(codes.vaccine_name(Cvx(21)), Some("varicella, old"));
    assert!(!codes.is_in_use(Cvx(21), date(2030, 1, 2)));
    assert_eq!(codes.vaccine_name(Cvx(340)), Some("new"));
    assert_eq!(codes.name(Table::Eligibility, "TXA01"), Some("Texas Vaccines for Children"));
    assert_eq!(codes.vaccine_name(Cvx(8)), Some("Hep B, adolescent or pediatric"));
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for (kind, text, reason) in [
        (CodeSetKind::Cvx, "# head\n21 | active\n", "cannot read cvx.txt line 2: 7 columns are needed, there are 2"),
        (
            CodeSetKind::Cvx,
            "21 | active | Unheard | .. | - | a | b",
            "cannot read cvx.txt line 1: no group \"Unheard\"",
        ),
        (
            CodeSetKind::Cvx,
            "21 | active | HepB | 2020-13-01.. | - | a | b",
            "line 1: \"2020-13-01\" is not a date such as 2020-12-18",
        ),
        (
            CodeSetKind::Mvx,
            "AB | active | one\nAB | active | two",
            "cannot read mvx.txt line 2: the code stands in line 1 too",
        ),
        (CodeSetKind::Ndc, "123 | use | 08 | - | .. | a", "cannot read ndc.txt line 1: \"123\" is not an NDC"),
        (CodeSetKind::Hl7Tables, "Unheard | A | b", "cannot read hl7_tables.txt line 1: \"Unheard\" is not a table"),
    ] {
        let mut newer = CodeTexts::default();
        newer.set(kind, text);
        let error = CodeSets::from_texts(&[newer]).expect_err("a line that cannot be read").to_string();
        assert!(error.contains(reason), "{error}");
    }
}
