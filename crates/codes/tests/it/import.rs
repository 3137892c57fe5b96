//! Lists of CDC, in all their forms, as an operator brings them.

use bluebonnet_codes::{
    Change, CodeSetKind, CodeSets, CodeTexts, Difference, ImportError, ImportFile, ImportInput, Imported,
    VaccineStatus, import,
};
use jiff::civil::date;
use model::{CodeTables, Cvx, Table};

/// Imports files, given as name and content, over the built-in tables.
fn import_files(files: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let files: Vec<ImportFile> =
        files.iter().map(|(name, content)| ImportFile { name, content: content.as_bytes() }).collect();
    import(&ImportInput { files: &files, current: CodeSets::builtin() })
}

/// The code sets after the import.
fn after(imported: &Imported) -> CodeSets {
    CodeSets::from_texts(std::slice::from_ref(&imported.texts)).expect("an import gives tables of our own form")
}

fn summary(imported: &Imported) -> Vec<String> {
    let word = |difference: &Difference| match difference.change {
        Change::Added(_) => "added",
        Change::Changed(..) => "changed",
        Change::Retired(..) => "retired",
    };
    imported.differences.iter().map(|difference| format!("{} {}", word(difference), difference.code)).collect()
}

const CVX: &str = "\
143       |Adenovirus types 4 and 7|Adenovirus, type 4 and type 7, live, oral|This vaccine is two tablets.|Active|False|2011/03/20\r
21 |varicella|varicella virus vaccine||Inactive|False|2027/01/01\r
340|\"Zoster | new, PF\"|zoster vaccine, new||Active|False|2027/01/01\r
";

#[test]
fn a_flat_list_of_vaccines_adds_and_retires() {
    let text = CVX.replace("\"Zoster | new, PF\"", "\"Zoster, \"\"new\"\", PF\"");
    let imported = import_files(&[("cvx.txt", &text)]).expect("a list of CDC");
    assert_eq!(summary(&imported), ["retired 21", "added 340"]);
    assert_eq!(imported.notes.len(), 1, "340 is in no group: {:?}", imported.notes);
    let codes = after(&imported);
    assert_eq!(codes.vaccine_name(Cvx(340)), Some("Zoster, \"new\", PF"));
    assert_eq!(codes.vaccine(Cvx(21)).map(|vaccine| vaccine.status), Some(VaccineStatus::Inactive));
    let groups = CodeSets::builtin().vaccine_groups(Cvx(21));
    assert_eq!(codes.vaccine_groups(Cvx(21)), groups, "what the list does not say is kept");
}

#[test]
fn a_name_that_cannot_stand_in_a_table_is_refused() {
    let error = import_files(&[("cvx.txt", CVX)]).expect_err("a divider in a name");
    assert_eq!(
        error.to_string(),
        "nothing was imported: places not understood: 1; the first is cvx.txt line 3: the short description may not contain \"|\""
    );
}

#[test]
fn columns_are_found_whatever_their_order_and_divider() {
    for text in [
        "CVX Code|CVX Short Description|Full Vaccine Name|Note|VaccineStatus|internalID|nonvaccine|update_date\n340|new|new vaccine||Active|7|0|1/2/2027\n",
        "Status\tFull Vaccine Name\tCVX Code\tShort Description\nActive\tnew vaccine\t340\tnew\n",
        "CVX Code,Short Description,Full Vaccine Name,Status\n340,\"new\",\"new vaccine\",Active\n",
        "340|new|new vaccine||Active|7|0|2027/01/02\n",
        "340|new|new vaccine|Active|False|2027/01/02\n",
        "\u{feff}340|new|new vaccine||Active|False|2027/01/02",
        "<?xml version='1.0' encoding='ISO-8859-1'?><CVXCodes>\n<CVXInfo><ShortDescription>new</ShortDescription><FullVaccinename>new vaccine</FullVaccinename><CVXCode>340   </CVXCode><Notes>a & b</Notes><Status>Active</Status><LastUpdated>1/2/2027</LastUpdated></CVXInfo></CVXCodes>",
        "<CVXCodes><CVXInfo><Name>ShortDescription</Name><Value>new</Value><Name>FullVaccinename</Name><Value>new vaccine</Value><Name>CVXCode</Name><Value>340 </Value><Name>Notes</Name><Value/><Name>Status</Name><Value>Active</Value></CVXInfo></CVXCodes>",
    ] {
        let imported = import_files(&[("list", text)]).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(summary(&imported), ["added 340"], "{text}");
        let codes = after(&imported);
        let vaccine = codes.vaccine(Cvx(340)).expect("the new vaccine");
        assert_eq!((vaccine.short_name.as_str(), vaccine.full_name.as_str()), ("new", "new vaccine"));
    }
}

#[test]
fn latin_1_is_read_too() {
    let files = [ImportFile { name: "mvx.txt", content: b"ABC|Laborat\xF3rio|note|Active|2027/01/01\r\n" }];
    let input = ImportInput { files: &files, current: CodeSets::builtin() };
    let codes = after(&import(&input).expect("a list of CDC"));
    assert_eq!(codes.name(Table::Manufacturer, "ABC"), Some("Laboratório"));
}

#[test]
fn manufacturers_come_flat_and_in_xml() {
    let flat = "PFR|Pfizer, Inc|includes others|Active|5/28/2010\nSEQ|Seqirus|note|Inactive|1/1/2027\n";
    let imported = import_files(&[("mvx.txt", flat)]).expect("a list of CDC");
    assert_eq!(summary(&imported), ["retired SEQ"]);
    let xml = "<MVXCodes><MVXInfo><ManufacturerName>New, Inc.</ManufacturerName><MVX_CODE>NEW </MVX_CODE><Notes/><Status>Active</Status></MVXInfo></MVXCodes>";
    let imported = import_files(&[("mvx.xml", xml)]).expect("a list of CDC");
    assert_eq!(summary(&imported), ["added NEW"]);
}

#[test]
fn groups_come_with_the_list_of_vaccine_groups() {
    let vaccines = "340|new|new vaccine||Active|False|2027/01/01";
    let flat = "new|340|Active|DTAP|107\nnew|340|Active|HepB|45\n";
    let imported = import_files(&[("cvx.txt", vaccines), ("VG.txt", flat)]).expect("lists of CDC");
    assert!(imported.notes.is_empty(), "{:?}", imported.notes);
    let codes = after(&imported);
    let names: Vec<&str> = codes.groups_of(codes.vaccine_groups(Cvx(340))).map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["DTaP/Tdap/Td", "HepB"]);

    let xml = "<VGCodes><CVXVGInfo><Name>ShortDescription</Name><Value>new</Value><Name>CVXCode</Name><Value>340 </Value><Name>Status</Name><Value>Active</Value><Name>Vaccine Group Name</Name><Value>PneumoPCV</Value><Name>CVX for Vaccine Group</Name><Value>152</Value></CVXVGInfo></VGCodes>";
    let imported = import_files(&[("vax2vg.xml", xml), ("cvx.txt", vaccines)]).expect("lists of CDC");
    assert_eq!(after(&imported).vaccine_groups(Cvx(340)), CodeSets::builtin().vaccine_groups(Cvx(133)));
}

#[test]
fn packages_come_in_several_displays() {
    let wide = format!(
        "12345-0001-10|12345-001-10|NEWVAX|New, Inc.|CARTON|IM|2026-07-01|9999-12-31|0|2026-07-01|2026-2027|12345-0001-01|12345-001-01|VIAL|2026-07-01|2027-06-30|0|2026-07-01|21{}",
        "|x|x|Active|2010-05-28||PMC|x|Active|90716|x|x|Active"
    );
    for text in [
        wide.as_str(),
        "12345-0001-10|NEWVAX|New, Inc.|7/1/2026|12/31/9999|0|7/1/2026|12345-0001-01|False|0|7/1/2026|21|varicella|PMC",
        "7|12345-0001-10|NEWVAX|New, Inc.|7/1/2026|12/31/9999|0|7/1/2026|12345-0001-01|False|0|7/1/2026|21|varicella|PMC",
        "12345-0001-10\tNEWVAX\t12345-0001-01\t21\tvaricella\tPMC\n",
    ] {
        let imported = import_files(&[("ndc.txt", text)]).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(summary(&imported), ["added 12345-0001-01", "added 12345-0001-10"], "{text}");
        let codes = after(&imported);
        assert_eq!(codes.cvx_of_ndc("12345-0001-01"), Some(Cvx(21)));
        let carton = codes.packages().iter().find(|package| package.trade_name == "NEWVAX").expect("the package");
        assert_eq!((carton.mvx.as_str(), carton.sold_until.is_none() || text == wide), ("PMC", true), "{text}");
    }
}

#[test]
fn a_package_of_an_unknown_vaccine_is_refused() {
    let text = "12345-0001-10\tNEWVAX\t12345-0001-01\t340\tnew\tPMC\n";
    let error = import_files(&[("ndc.txt", text)]).expect_err("340 is not known");
    let ImportError::Refused(refusals) = error;
    assert_eq!(refusals.len(), 2);
    assert_eq!(refusals[0].to_string(), "ndc.txt line 1: CVX 340 is not known; import the list of vaccines with it");
    import_files(&[("ndc.txt", text), ("cvx.txt", "340|new|new vaccine||Active|False|2027/01/01")]).expect("now it is");
}

#[test]
fn statements_come_by_vaccine_and_by_bar_code() {
    let by_vaccine = "\
21|varicella|253088698300024011270102|Varicella VIS|2027-01-02|Current|2027-01-02
21|varicella|253088698300024011270102|Varicella VIS|2027-01-02|Current|2027-01-02
";
    let by_vaccine =
        by_vaccine.replace("|2027-01-02\n", "\n") + "94|MMRV|253088698300024011270102|Varicella VIS|1/2/2027|Current\n";
    let imported = import_files(&[("cvx_vis.txt", &by_vaccine)]).expect("a list of CDC");
    let codes = after(&imported);
    let document = codes.vis_document("253088698300024011270102").expect("the new statement");
    assert_eq!(
        (document.edition_on, document.vaccines.as_slice()),
        (Some(date(2027, 1, 2)), [Cvx(21), Cvx(94)].as_slice())
    );

    let by_bar_code = "Varicella VIS|1/2/2027|253088698300024011270102|2530886983000240|Current|1/2/2027\n";
    assert_eq!(
        summary(&import_files(&[("vis.txt", by_bar_code)]).expect("a list of CDC")),
        ["added 253088698300024011270102"]
    );

    let xml = "<VISCodes><VISInfo><Name>CVX Code</Name><Value>21</Value><Name>VIS Fully-encoded text string</Name><Value>253088698300024011270102</Value><Name>VIS Document Name</Name><Value>Varicella VIS</Value><Name>VIS Edition Date</Name><Value>1/2/2027</Value><Name>VIS Edition Status</Name><Value>Current</Value></VISInfo></VISCodes>";
    let codes = after(&import_files(&[("vis.xml", xml)]).expect("a list of CDC"));
    assert_eq!(codes.vis_name("253088698300024011270102"), Some("Varicella VIS"));
}

#[test]
fn nothing_is_half_imported() {
    let text = "340|new|new vaccine||Active|False|2027/01/01\n3a1|bad|bad vaccine||Active|False|2027/01/01\n342|short\n343|x|x||Odd|False|\n";
    let error =
        import_files(&[("cvx.txt", text), ("notes.txt", "hello"), ("empty.txt", "")]).expect_err("three bad lines");
    let ImportError::Refused(refusals) = error;
    let said: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "cvx.txt line 2: \"3a1\" is not a CVX code",
            "cvx.txt line 3: 7 columns are needed, there are 2",
            "cvx.txt line 4: \"Odd\" is not a status of a vaccine",
            "notes.txt: this is none of the lists that can be imported",
            "empty.txt: the file is empty",
        ]
    );
}

#[test]
fn xml_that_is_not_understood_is_refused_with_its_line() {
    for (text, reason) in [
        (
            "<CVXCodes>\n<CVXInfo><CVXCode>1</CVXCode></CVXInfo>\n</CVXCodes>",
            "x.xml line 2: <CVXInfo> is not an entry of a known list",
        ),
        ("<CVXCodes>\n<CVXInfo>\n</CVXCodes>", "x.xml line"),
        ("<html><body>Service Unavailable</body></html>", "x.xml line 1: <body> is not an entry of a known list"),
        ("<CVXCodes/>", "x.xml line 1: <CVXCodes> is not a known list, or it is empty"),
        ("<!DOCTYPE a><a/>", "x.xml line 1: a document type is not accepted"),
    ] {
        let error = import_files(&[("x.xml", text)]).expect_err("not a list").to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn the_same_list_again_changes_nothing_and_later_lists_build_on_it() {
    let vaccines = "340|new|new vaccine||Active|False|2027/01/01";
    let first = import_files(&[("cvx.txt", vaccines)]).expect("a list of CDC");
    let current = after(&first);
    let files = [ImportFile { name: "cvx.txt", content: vaccines.as_bytes() }];
    let again = import(&ImportInput { files: &files, current: &current }).expect("the same list");
    assert!(again.differences.is_empty(), "{:?}", again.differences);
    assert_eq!(again.texts, CodeTexts::default());

    let packages = b"12345-0001-10\tNEWVAX\t12345-0001-01\t340\tnew\tPMC\n";
    let files = [ImportFile { name: "ndc.txt", content: packages }];
    let later = import(&ImportInput { files: &files, current: &current }).expect("packages of the new vaccine");
    let codes = CodeSets::from_texts(&[first.texts, later.texts]).expect("layer over layer");
    assert_eq!(codes.cvx_of_ndc("12345-0001-01"), Some(Cvx(340)));
    assert_eq!(codes.vaccine_name(Cvx(340)), Some("new"), "the earlier import is kept");
}

#[test]
fn differences_read_well() {
    let imported = import_files(&[("mvx.txt", "SEQ|Seqirus|note|Inactive|1/1/2027\nNEW|New, Inc.||Active|1/1/2027")])
        .expect("a list");
    let said: Vec<String> = imported.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "added mvx NEW\n  + NEW | active | New, Inc.",
            "retired mvx SEQ\n  - SEQ | active | Seqirus\n  + SEQ | inactive | Seqirus"
        ]
    );
    assert_eq!(imported.differences[0].kind, CodeSetKind::Mvx);
}

#[test]
fn a_list_cut_off_anywhere_is_read_or_refused() {
    let xml = "<CVXCodes><CVXInfo><ShortDescription>n\u{e9}w &amp; &#65;</ShortDescription><FullVaccinename><![CDATA[x]]></FullVaccinename><CVXCode>340</CVXCode></CVXInfo></CVXCodes>";
    let wide = "\u{feff}\"12345-0001-10\"|\"N\u{e9}W \"\"V\"\"\"|New, Inc.|7/1/2026|12/31/9999|0|7/1/2026|12345-0001-01|False|0|7/1/2026|21|varicella|PMC";
    let corrections =
        "# Corrections\ncvx | 146, 56 | period | 2018-12-21.. | licensed\nndc | 49281-0400-10 | mvx | PMC | labeler\n";
    for text in [CVX, xml, wide, corrections] {
        for end in 0..=text.len() {
            let files = [ImportFile { name: "list", content: &text.as_bytes()[..end] }];
            drop(import(&ImportInput { files: &files, current: CodeSets::builtin() }));
        }
    }
}
