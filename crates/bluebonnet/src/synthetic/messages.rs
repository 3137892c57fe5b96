//! The messages that a clinic's record system would send about a synthetic person: VXU (Z22) and QBP (Z34, Z44).
//!
//! Written by hand here, and not by the registry's own writers, so that what is read was not written by the same code.

use jiff::civil::Date;
use model::{Address, Completion, Dose, Identifier, InformationSource, PersonName, Provider, QueryKind, Telecom, Vis};

use super::SyntheticPerson;
use super::vaccines;
use text::Er7;

pub(super) mod text;

/// The clinic that sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendingSite {
    /// Its code with the registry, at most 20 characters: MSH-4, MSH-22, and the authority of its own numbers.
    pub facility: String,
    /// Its record system: MSH-3.
    pub application: String,
}

/// What the clinic says of consent: PD1-12 and PD1-13.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Affirmation {
    /// The code to send (`TXY`, `TXA`, `N`).
    pub code: String,
    /// The day on which consent was given.
    pub on: Date,
}

impl Affirmation {
    /// The consent codes that Texas filed, by age: TXY for a minor, given at the first visit, TXA for an adult.
    pub fn texas(person: &SyntheticPerson) -> Affirmation {
        let is_minor = person.is_minor();
        let birth_date = person.birth_date();
        let adult_from = birth_date.saturating_add(jiff::Span::new().years(18));
        let first_visit =
            person.doses.iter().map(|dose| dose.administered_on).find(|&day| is_minor || day >= adult_from);
        let code = if is_minor { "TXY" } else { "TXA" };
        Affirmation { code: code.to_owned(), on: first_visit.unwrap_or(person.as_of) }
    }
}

/// A VXU with everything that the clinic knows of the person. Segments end in CR.
///
/// # Source
/// HL7 IG 1.5, profile Z22.
pub fn vxu(person: &SyntheticPerson, site: &SendingSite, control_id: &str, consent: Option<&Affirmation>) -> String {
    let mut er7 = Er7(String::with_capacity(1200 + 1000 * person.doses.len()));
    write_vxu(&mut er7, person, site, control_id, consent);
    er7.0
}

/// A query for the person's history, by name, birth date, sex and the clinic's own number.
///
/// # Source
/// HL7 IG 1.5, profiles Z34 and Z44.
pub fn qbp(person: &SyntheticPerson, kind: QueryKind, site: &SendingSite, control_id: &str) -> String {
    let (profile, name) = match kind {
        QueryKind::History => ("Z34", "Request Immunization History"),
        QueryKind::EvaluatedHistory => ("Z44", "Request Evaluated History and Forecast"),
    };
    let demographics = &person.demographics;
    let mut er7 = Er7(String::with_capacity(700));
    write_header(&mut er7, site, person.as_of, "QBP^Q11^QBP_Q11", control_id, profile);
    er7.raw("QPD|").raw(profile).raw("^").raw(name).raw("^CDCPHINVS|").text(control_id).raw("|");
    write_identifiers(&mut er7, &demographics.identifiers, site);
    er7.raw("|");
    write_names(&mut er7, demographics.names.get(..1).unwrap_or_default());
    er7.raw("|");
    write_names(&mut er7, demographics.mother_maiden_name.as_slice());
    er7.raw("|").date(demographics.birth_date).raw("|").raw(demographics.sex.map_or("", |sex| sex.code())).raw("|");
    write_addresses(&mut er7, &demographics.addresses);
    er7.raw("|");
    write_telecoms(&mut er7, demographics.telecoms.get(..1).unwrap_or_default());
    er7.raw("|").yes_no(demographics.multiple_birth);
    if let Some(order) = demographics.birth_order {
        er7.raw("|").number(order.into());
    }
    er7.raw("\rRCP|I|10^RD&Records&HL70126\r");
    er7.0
}

pub(super) fn write_vxu(
    er7: &mut Er7,
    person: &SyntheticPerson,
    site: &SendingSite,
    control_id: &str,
    consent: Option<&Affirmation>,
) {
    write_header(er7, site, person.as_of, "VXU^V04^VXU_V04", control_id, "Z22");
    write_pid(er7, person, site);
    write_pd1(er7, person, consent);
    write_next_of_kin(er7, person);
    for dose in &person.doses {
        write_order(er7, dose, site);
    }
}

/// MSH. The time is noon of the day of the statement: nothing here reads a clock.
fn write_header(er7: &mut Er7, site: &SendingSite, on: Date, kind: &str, control_id: &str, profile: &str) {
    er7.raw("MSH|^~\\&|").text(&site.application).raw("|").text(&site.facility).raw("|IIS|TEXIIS|").date(Some(on));
    er7.raw("120000-0600||").raw(kind).raw("|").text(control_id).raw("|P|2.5.1|||ER|AL|||||").raw(profile);
    er7.raw("^CDCPHINVS|").text(&site.facility).raw("|TEXIIS\r");
}

fn write_pid(er7: &mut Er7, person: &SyntheticPerson, site: &SendingSite) {
    let demographics = &person.demographics;
    er7.raw("PID|1||");
    write_identifiers(er7, &demographics.identifiers, site);
    er7.raw("||");
    write_names(er7, &demographics.names);
    er7.raw("|");
    write_names(er7, demographics.mother_maiden_name.as_slice());
    er7.raw("|").date(demographics.birth_date).raw("|").raw(demographics.sex.map_or("", |sex| sex.code())).raw("||");
    er7.repeated(&demographics.races, |er7, race| {
        er7.coded(race, race_name(race), "CDCREC");
    });
    er7.raw("|");
    write_addresses(er7, &demographics.addresses);
    er7.raw("||");
    write_telecoms(er7, &demographics.telecoms);
    er7.raw("||");
    if let Some(language) = &demographics.language {
        er7.coded(&language.code, &language.text, &language.system);
    }
    er7.raw("|||||||");
    if let Some(ethnicity) = &demographics.ethnicity {
        er7.coded(ethnicity, ethnicity_name(ethnicity), "CDCREC");
    }
    er7.raw("||").yes_no(demographics.multiple_birth);
    if let Some(order) = demographics.birth_order {
        er7.raw("|").number(order.into());
    }
    er7.raw("\r");
}

fn write_pd1(er7: &mut Er7, person: &SyntheticPerson, consent: Option<&Affirmation>) {
    let demographics = &person.demographics;
    let (publicity, status) = (&demographics.publicity, &demographics.registry_status);
    er7.raw("PD1|||||||||||");
    if let Some(publicity) = publicity {
        er7.coded(&publicity.code, "Reminder/recall - any method", "HL70215");
    }
    er7.raw("|");
    match consent {
        Some(consent) => er7.text(&consent.code).raw("|").date(Some(consent.on)),
        None => er7.raw("|"),
    };
    er7.raw("|||").text(status.as_ref().map_or("", |status| &status.code)).raw("|");
    er7.date(status.as_ref().and_then(|status| status.since)).raw("|");
    er7.date(publicity.as_ref().and_then(|publicity| publicity.since)).raw("\r");
}

fn write_next_of_kin(er7: &mut Er7, person: &SyntheticPerson) {
    for (number, kin) in (1..).zip(&person.demographics.next_of_kin) {
        er7.raw("NK1|").number(number).raw("|");
        write_names(er7, std::slice::from_ref(&kin.name));
        er7.raw("|").coded(&kin.relationship, relationship_name(&kin.relationship), "HL70063");
        er7.raw("|");
        write_addresses(er7, kin.address.as_slice());
        er7.raw("|");
        write_telecoms(er7, &kin.telecoms);
        er7.raw("\r");
    }
}

fn write_order(er7: &mut Er7, dose: &Dose, site: &SendingSite) {
    er7.raw("ORC|RE||");
    match &dose.order_id {
        Some(id) => er7.text(&id.id).raw("^").text(own(&id.authority, site)),
        None => er7.raw("9999^").text(&site.facility),
    };
    if dose.entered_by.is_some() || dose.ordered_by.is_some() {
        er7.raw("|||||||");
        write_provider(er7, dose.entered_by.as_ref(), site);
        er7.raw("||");
        write_provider(er7, dose.ordered_by.as_ref(), site);
    }
    er7.raw("\r");
    write_rxa(er7, dose, site);
    if let Some(route) = &dose.route {
        er7.raw("RXR|").coded(route, route_name(route), "NCIT");
        if let Some(site) = &dose.body_site {
            er7.raw("|").coded(site, body_site_name(site), "HL70163");
        }
        er7.raw("\r");
    }
    write_observations(er7, dose);
}

fn write_rxa(er7: &mut Er7, dose: &Dose, site: &SendingSite) {
    let is_given = matches!(dose.completion, Completion::Complete | Completion::Partial);
    er7.raw("RXA|0|1|").date(Some(dose.administered_on)).raw("||");
    write_vaccine(er7, dose);
    er7.raw("|");
    match &dose.amount {
        Some(amount) => er7.text(amount).raw("|mL^milliliter^UCUM||"),
        None => er7.raw("999|||"),
    };
    if is_given {
        let (code, text) = source_name(dose.source);
        er7.coded(code, text, "NIP001");
    }
    er7.raw("|");
    write_provider(er7, dose.administered_by.as_ref(), site);
    er7.raw("|");
    if let Some(place) = &dose.administered_at {
        er7.raw("^^^").text(own(&place.code, site));
    }
    er7.raw("||||").text(dose.lot_number.as_deref().unwrap_or_default()).raw("|").date(dose.lot_expires_on).raw("|");
    if let Some(mvx) = &dose.mvx {
        er7.coded(mvx, vaccines::maker(mvx), "MVX");
    }
    er7.raw("|");
    if let Some(reason) = &dose.refusal_reason {
        er7.coded(&reason.code, &reason.text, &reason.system);
    }
    er7.raw("||").raw(dose.completion.code()).raw("|A\r");
}

/// RXA-5: the package and the vaccine, or the vaccine alone.
fn write_vaccine(er7: &mut Er7, dose: &Dose) {
    let package = dose
        .ndc
        .as_deref()
        .and_then(vaccines::of_package)
        .and_then(|product| product.package.map(|(ndc, trade_name)| (ndc, trade_name, product.is_package_first)));
    let vaccine = |er7: &mut Er7| {
        er7.cvx(dose.cvx).raw("^").raw(vaccines::name(dose.cvx.0)).raw("^CVX");
    };
    match package {
        Some((ndc, trade_name, true)) => {
            er7.coded(ndc, trade_name, "NDC").raw("^");
            vaccine(er7);
        }
        Some((ndc, trade_name, false)) => {
            vaccine(er7);
            er7.raw("^").coded(ndc, trade_name, "NDC");
        }
        None => vaccine(er7),
    }
}

fn write_observations(er7: &mut Er7, dose: &Dose) {
    let mut number = 0;
    let mut group = 1;
    if let Some(eligibility) = &dose.eligibility {
        observation(er7, &mut number, "CE|64994-7^Vaccine funding program eligibility category^LN", group);
        er7.coded(eligibility, eligibility_name(eligibility), "HL70064")
            .raw("||||||F|||")
            .date(Some(dose.administered_on));
        er7.raw("|||VXC40^Eligibility captured at the immunization level^CDCPHINVS\r");
    }
    if let Some(funding) = &dose.funding_source {
        observation(er7, &mut number, "CE|30963-3^Vaccine funding source^LN", group);
        er7.coded(funding, funding_name(funding), "CDCPHINVS")
            .raw("||||||F|||")
            .date(Some(dose.administered_on))
            .raw("\r");
    }
    for statement in &dose.vis {
        group += 1;
        write_statement(er7, &mut number, group, statement);
    }
}

fn write_statement(er7: &mut Er7, number: &mut u64, group: u64, vis: &Vis) {
    let end = "||||||F\r";
    if let Some(document) = &vis.document {
        let title = vaccines::statement(document).map_or("", |statement| statement.title);
        observation(er7, number, "CE|69764-9^Document type^LN", group);
        er7.coded(document, title, "cdcgs1vis").raw(end);
    }
    if let Some(cvx) = vis.cvx {
        observation(er7, number, "CE|30956-7^Vaccine type^LN", group);
        er7.cvx(cvx).raw("^").raw(vaccines::name(cvx.0)).raw("^CVX").raw(end);
    }
    if let Some(edition) = vis.edition_on {
        observation(er7, number, "DT|29768-9^Date vaccine information statement published^LN", group);
        er7.date(Some(edition)).raw(end);
    }
    if let Some(presented) = vis.presented_on {
        observation(er7, number, "DT|29769-7^Date vaccine information statement presented^LN", group);
        er7.date(Some(presented)).raw(end);
    }
}

/// The start of an OBX, up to its value.
fn observation(er7: &mut Er7, number: &mut u64, kind_and_question: &str, group: u64) {
    *number += 1;
    er7.raw("OBX|").number(*number).raw("|").raw(kind_and_question).raw("|").number(group).raw("|");
}

/// The authority stated, or the clinic's own.
fn own<'a>(authority: &'a str, site: &'a SendingSite) -> &'a str {
    if authority.is_empty() { &site.facility } else { authority }
}

fn write_identifiers(er7: &mut Er7, identifiers: &[Identifier], site: &SendingSite) {
    er7.repeated(identifiers, |er7, identifier| {
        er7.text(&identifier.value).raw("^^^").text(own(&identifier.authority, site)).raw("^").text(&identifier.kind);
    });
}

fn write_names(er7: &mut Er7, names: &[PersonName]) {
    er7.repeated(names, |er7, name| {
        er7.text(&name.family).raw("^").text(&name.given).raw("^").text(&name.middle).raw("^").text(&name.suffix);
        er7.raw("^^^").text(&name.kind);
    });
}

fn write_addresses(er7: &mut Er7, addresses: &[Address]) {
    er7.repeated(addresses, |er7, address| {
        er7.text(&address.street).raw("^").text(&address.unit).raw("^").text(&address.city).raw("^");
        er7.text(&address.state).raw("^").text(&address.zip).raw("^").text(&address.country).raw("^");
        er7.text(&address.kind).raw("^^").text(&address.county);
    });
}

fn write_telecoms(er7: &mut Er7, telecoms: &[Telecom]) {
    er7.repeated(telecoms, |er7, telecom| {
        match telecom.value.split_at_checked(3).filter(|_| !telecom.is_email()) {
            Some((area, local)) => er7.raw("^PRN^").text(&telecom.equipment).raw("^^^").text(area).raw("^").text(local),
            None => er7.raw("^NET^X.400^").text(&telecom.value),
        };
    });
}

fn write_provider(er7: &mut Er7, provider: Option<&Provider>, site: &SendingSite) {
    if let Some(provider) = provider {
        er7.text(&provider.id).raw("^").text(&provider.family).raw("^").text(&provider.given).raw("^^^^^^");
        er7.text(own(&provider.authority, site)).raw("^L^^^PRN");
    }
}

fn source_name(source: InformationSource) -> (&'static str, &'static str) {
    match source {
        InformationSource::Administered => ("00", "New immunization record"),
        InformationSource::Historical(2) => ("02", "Historical information - from other provider"),
        InformationSource::Historical(3) => ("03", "Historical information - from parent's written record"),
        InformationSource::Historical(5) => ("05", "Historical information - from other registry"),
        InformationSource::Historical(7) => ("07", "Historical information - from school record"),
        InformationSource::Historical(_) => ("01", "Historical information - source unspecified"),
    }
}

fn race_name(code: &str) -> &'static str {
    match code {
        "1002-5" => "American Indian or Alaska Native",
        "2028-9" => "Asian",
        "2054-5" => "Black or African American",
        "2076-8" => "Native Hawaiian or Other Pacific Islander",
        "2106-3" => "White",
        _ => "Other Race",
    }
}

fn ethnicity_name(code: &str) -> &'static str {
    if code == "2135-2" { "Hispanic or Latino" } else { "Not Hispanic or Latino" }
}

fn relationship_name(code: &str) -> &'static str {
    match code {
        "MTH" => "Mother",
        "FTH" => "Father",
        _ => "Guardian",
    }
}

fn route_name(code: &str) -> &'static str {
    match code {
        "C28161" => "Intramuscular",
        "C38299" => "Subcutaneous",
        _ => "Oral",
    }
}

fn body_site_name(code: &str) -> &'static str {
    match code {
        "LA" => "Left Arm",
        "RA" => "Right Arm",
        "LD" => "Left Deltoid",
        "LT" => "Left Thigh",
        _ => "Right Thigh",
    }
}

fn eligibility_name(code: &str) -> &'static str {
    match code {
        "V02" => "VFC eligible - Medicaid/Medicaid Managed Care",
        "V03" => "VFC eligible - Uninsured",
        "V04" => "VFC eligible - American Indian/Alaska native",
        "V05" => "VFC eligible - Federally Qualified Health Center Patient (under-insured)",
        "V22" => "CHIP",
        _ => "Not VFC eligible",
    }
}

fn funding_name(code: &str) -> &'static str {
    match code {
        "VXC51" => "Public VFC",
        "VXC52" => "Public non-VFC",
        _ => "Private funds",
    }
}
