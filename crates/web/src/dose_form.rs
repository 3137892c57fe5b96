//! The form of doses: how a row of it becomes a dose, and a dose a row.

use codes::CodeSets;
use jiff::civil::Date;
use model::{Coded, Completion, Cvx, Dose, EntityId, Facility, InformationSource, Provider, Table, Vis};

use crate::dates;
use crate::dose_lists::{Lists, brand_of, code_text, is_of_vaccine, is_one_product, trade_name};
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;

/// Doses entered at once at most.
pub(crate) const ROWS_MAXIMUM: usize = 6;
/// mL of a dose at most: of vaccines a few, of immune globulin by weight rather more.
const AMOUNT_MAXIMUM: f64 = 30.0;
/// Letters of an amount at most; more places than these nobody measures.
const AMOUNT_LETTERS_MAXIMUM: usize = 6;

/// Whether the doses were given here, or somebody tells of doses given elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    New,
    Historical,
}

impl Kind {
    pub(crate) fn parse(word: &str) -> Kind {
        if word == "historical" { Kind::Historical } else { Kind::New }
    }

    /// Of which kind a dose is that was recorded.
    pub(crate) fn of(source: InformationSource) -> Kind {
        match source {
            InformationSource::Administered => Kind::New,
            InformationSource::Historical(_) => Kind::Historical,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::New => "new",
            Kind::Historical => "historical",
        }
    }
}

/// The vaccine that a choice means, and its maker.
pub(crate) fn chosen(value: &str) -> Option<(Cvx, Option<String>)> {
    let mut parts = value.splitn(3, ':');
    let cvx = Cvx::parse(parts.next()?)?;
    Some((cvx, parts.next().filter(|mvx| !mvx.is_empty()).map(str::to_owned)))
}

/// A dose of which only day and vaccine are known.
pub(crate) fn bare_dose(administered_on: Date, cvx: Cvx, source: InformationSource) -> Dose {
    Dose {
        order_id: None,
        placer_order_id: None,
        administered_on,
        cvx,
        ndc: None,
        trade_name: None,
        mvx: None,
        lot_number: None,
        lot_expires_on: None,
        amount: None,
        amount_unit: None,
        source,
        completion: Completion::Complete,
        refusal_reason: None,
        route: None,
        body_site: None,
        administered_by: None,
        ordered_by: None,
        entered_by: None,
        administered_at: None,
        eligibility: None,
        funding_source: None,
        vis: Vec::new(),
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

/// What all doses of a form have in common.
pub(crate) struct Common<'a> {
    pub(crate) codes: &'a CodeSets,
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    pub(crate) today: Date,
    pub(crate) entered_by: Provider,
    pub(crate) authority: &'a str,
    pub(crate) once: &'a str,
}

/// Reads the rows that were filled in; what is wrong with them the form is told.
pub(crate) fn read(posted: &Posted, form: &mut Form, common: &Common<'_>, rows: usize) -> Vec<Dose> {
    let language = common.language;
    let given_on = (common.kind == Kind::New).then(|| dates::read(posted, form, "given", language)).flatten();
    let mut doses = Vec::new();
    for row in 0..rows {
        let value = |name: &str| posted.text(&format!("{name}_{row}")).to_owned();
        let filled = |name: &str| Some(value(name)).filter(|value| !value.is_empty());
        let Some((cvx, mvx)) = chosen(&value("vaccine")) else { continue };
        let on = match common.kind {
            Kind::New => given_on,
            Kind::Historical => dates::read(posted, form, &format!("given_{row}"), language),
        };
        let field = if common.kind == Kind::New { "given".to_owned() } else { format!("given_{row}") };
        let Some(on) = on else {
            if !form.has_error(&field) {
                form.refuse_with(language, &field, "dose.date_missing");
            }
            continue;
        };
        if on > common.today && !form.has_error(&field) {
            form.refuse_with(language, &field, "dose.date_in_future");
        }
        let mut dose = bare_dose(on, cvx, source(posted, common.kind));
        dose.order_id = Some(EntityId { id: format!("{}-{row}", common.once), authority: common.authority.to_owned() });
        dose.trade_name = brand(common.codes, cvx, &value("vaccine"));
        dose.mvx = mvx.or_else(|| filled("maker"));
        dose.lot_number = filled("lot").map(|lot| lot.to_uppercase());
        dose.lot_expires_on = dates::read(posted, form, &format!("expires_{row}"), language);
        dose.entered_by = Some(common.entered_by.clone());
        dose.reactions = reactions(&value("reaction"));
        if common.kind == Kind::New {
            dose.amount = read_amount(posted, form, &format!("amount_{row}"), language);
            given_here(&mut dose, posted, &filled, common);
        }
        doses.push(dose);
    }
    if doses.is_empty() && !form.has_errors() {
        form.refuse_with(language, "vaccine_0", "dose.vaccine_missing");
    }
    doses
}

/// The trade name of a choice, where the code tables know it.
fn brand(codes: &CodeSets, cvx: Cvx, choice: &str) -> Option<String> {
    brand_of(choice).filter(|name| is_of_vaccine(codes, cvx, name)).map(str::to_owned)
}

/// Whether a dose of another choice than before is still of the product that it was of, so that its package is, too.
pub(crate) fn is_of_same_product(codes: &CodeSets, was: &Dose, now: &Dose) -> bool {
    let is_same_maker = was.mvx.is_none() || now.mvx.is_none() || was.mvx == now.mvx;
    let is_same_name = match (trade_name(codes, was), now.trade_name.as_deref()) {
        (None, _) => true,
        (Some(was), Some(now)) => is_one_product(was, now),
        (Some(_), None) => false,
    };
    was.cvx == now.cvx && is_same_maker && is_same_name
}

/// Where the knowledge of the doses of a form comes from.
fn source(posted: &Posted, kind: Kind) -> InformationSource {
    match kind {
        Kind::New => InformationSource::Administered,
        Kind::Historical => InformationSource::parse(posted.text("source")).unwrap_or(InformationSource::Historical(1)),
    }
}

/// Reads an amount in mL. `None` when nothing was filled in, or when it is no amount, which the form is told.
fn read_amount(posted: &Posted, form: &mut Form, field: &str, language: Language) -> Option<String> {
    let text = posted.text(field);
    let amount = milliliters(text);
    if amount.is_none() && !text.is_empty() {
        form.refuse_with(language, field, "dose.amount_wrong");
    }
    amount
}

/// An amount as people write it, with a comma or with its unit, as a number of mL with a point.
fn milliliters(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let number = text.strip_suffix("ml").unwrap_or(&text).trim_end().replace(',', ".");
    let is_plain = number.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let amount: f64 =
        Some(&number).filter(|number| is_plain && number.len() <= AMOUNT_LETTERS_MAXIMUM)?.parse().ok()?;
    (amount > 0.0 && amount <= AMOUNT_MAXIMUM).then_some(number)
}

/// What is known of a dose that was given here, beside its amount.
fn given_here(dose: &mut Dose, posted: &Posted, filled: &dyn Fn(&str) -> Option<String>, common: &Common<'_>) {
    dose.route = filled("route");
    dose.body_site = filled("body_site");
    dose.amount_unit = dose.amount.as_ref().map(|_| "mL".to_owned());
    dose.eligibility = filled("eligibility");
    dose.funding_source = filled("funding");
    if !posted.text("site").is_empty() {
        dose.administered_at = Some(Facility { code: posted.text("site").to_owned(), ..Facility::default() });
    }
    let (given, family) = (posted.text("vaccinator_given"), posted.text("vaccinator_family"));
    if !given.is_empty() || !family.is_empty() {
        dose.administered_by =
            Some(Provider { given: given.to_owned(), family: family.to_owned(), ..Provider::default() });
    }
    if posted.has("vis") {
        dose.vis = statements(common.codes, dose.cvx, dose.administered_on);
    }
}

/// The statements for a vaccine that are current on a day.
fn statements(codes: &CodeSets, cvx: Cvx, on: Date) -> Vec<Vis> {
    let documents = codes.vis_documents().iter().filter(|document| document.vaccines.contains(&cvx));
    let vis = documents.map(|document| Vis {
        document: Some(document.gdti.clone()),
        cvx: None,
        edition_on: document.edition_on,
        presented_on: Some(on),
    });
    vis.max_by_key(|vis| vis.edition_on).into_iter().collect()
}

fn reactions(text: &str) -> Vec<Coded> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Coded { code: "OTH".to_owned(), text: text.to_owned(), system: "L".to_owned() }]
}

/// Everything that was answered about a dose, in words.
pub(crate) fn answers(
    codes: &CodeSets,
    sites: &[Choice],
    dose: &Dose,
    language: Language,
) -> Vec<(&'static str, String)> {
    let date = |date| dates::shown(date, language);
    let named = |table, code: &Option<String>| Some(code_text(codes, table, code.as_deref()?, language).to_owned());
    let maker = dose.mvx.as_deref().map(|mvx| codes.manufacturer(mvx).map_or(mvx, |maker| maker.name.as_str()));
    let site = dose.administered_at.as_ref().map(|at| at.code.as_str());
    let site = site.map(|code| sites.iter().find(|site| site.value == code).map_or(code, |site| site.text.as_str()));
    let by = dose.administered_by.as_ref().map(|by| format!("{} {}", by.given, by.family).trim().to_owned());
    let statements = dose.vis.iter().filter_map(|vis| {
        let edition = vis.edition_on.map(date)?;
        Some(language.fill("dose.vis_edition", &[("edition", &edition)]))
    });
    let source = (dose.source != InformationSource::Administered).then(|| dose.source.code());
    let facts = [
        ("dose.given_on", Some(date(dose.administered_on))),
        ("dose.maker", maker.map(str::to_owned)),
        ("dose.lot", dose.lot_number.clone()),
        ("dose.expires", dose.lot_expires_on.map(date)),
        ("dose.amount", dose.amount.clone()),
        ("dose.route", named(Table::Route, &dose.route)),
        ("dose.body_site", named(Table::BodySite, &dose.body_site)),
        ("dose.eligibility", named(Table::Eligibility, &dose.eligibility)),
        ("dose.funding", named(Table::FundingSource, &dose.funding_source)),
        ("dose.vaccinator", by),
        ("dose.site", site.map(str::to_owned)),
        ("dose.statement", statements.reduce(|all, next| format!("{all}; {next}"))),
        ("dose.source", named(Table::InformationSource, &source)),
        ("dose.reaction", dose.reactions.first().map(|reaction| reaction.text.clone())),
    ];
    let answered = facts.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_empty())?)));
    answered.map(|(key, value)| (language.text(key), value)).collect()
}

/// What is usually noted of a dose that was given here, and is not filled in. Nobody must: a dose is better kept without its lot
/// than not at all. Of eligibility its finding tells.
pub(crate) fn not_filled_in(dose: &Dose, language: Language) -> Vec<&'static str> {
    if dose.source != InformationSource::Administered {
        return Vec::new();
    }
    let is_named = |by: &Provider| !by.given.is_empty() || !by.family.is_empty();
    let usual = [
        ("dose.maker", dose.mvx.is_some()),
        ("dose.lot", dose.lot_number.is_some()),
        ("dose.expires", dose.lot_expires_on.is_some()),
        ("dose.amount", dose.amount.is_some()),
        ("dose.route", dose.route.is_some()),
        ("dose.body_site", dose.body_site.is_some()),
        ("dose.vaccinator", dose.administered_by.as_ref().is_some_and(is_named)),
        ("dose.statement", !dose.vis.is_empty()),
    ];
    usual.into_iter().filter(|(_, is_known)| !is_known).map(|(key, _)| language.text(key)).collect()
}

/// Puts a dose into the first row of a form, to be corrected.
pub(crate) fn fill(form: &mut Form, dose: &Dose, kind: Kind, lists: &Lists, codes: &CodeSets) {
    let name = if kind == Kind::New { "given" } else { "given_0" };
    dates::fill(form, name, dose.administered_on);
    let mvx = dose.mvx.clone().unwrap_or_default();
    let choices = || lists.vaccines.iter().flat_map(|group| &group.choices).map(|choice| &choice.value);
    let is_product = |name: &str, value: &str| {
        let is_made = match chosen(value) {
            Some((cvx, Some(maker))) => cvx == dose.cvx && (mvx.is_empty() || maker == mvx),
            _ => false,
        };
        is_made && brand_of(value).is_some_and(|known| is_one_product(known, name))
    };
    let product = trade_name(codes, dose).and_then(|name| choices().find(|value| is_product(name, value)));
    let vaccine = || choices().find(|value| matches!(chosen(value), Some((cvx, None)) if cvx == dose.cvx));
    if product.is_none() {
        form.set("maker_0", mvx.clone());
    }
    let known = product.or_else(vaccine).cloned();
    form.set("vaccine_0", known.unwrap_or_else(|| format!("{}:{mvx}", dose.cvx)));
    let fields = [
        ("lot_0", &dose.lot_number),
        ("route_0", &dose.route),
        ("body_site_0", &dose.body_site),
        ("amount_0", &dose.amount),
        ("eligibility_0", &dose.eligibility),
        ("funding_0", &dose.funding_source),
    ];
    for (field, value) in fields {
        form.set(field, value.clone().unwrap_or_default());
    }
    if let Some(expires_on) = dose.lot_expires_on {
        dates::fill(form, "expires_0", expires_on);
    }
    if let Some(by) = &dose.administered_by {
        form.set("vaccinator_given", by.given.clone());
        form.set("vaccinator_family", by.family.clone());
    }
    if let Some(at) = &dose.administered_at {
        form.set("site", at.code.clone());
    }
    if let Some(reaction) = dose.reactions.first() {
        form.set("reaction_0", reaction.text.clone());
    }
    if !dose.vis.is_empty() {
        form.set("vis", "yes");
    }
    form.set("source", dose.source.code());
}

#[cfg(test)]
mod tests {
    use model::Provider;

    use super::*;
    use crate::dose_lists::Wanted;

    const TODAY: Date = jiff::civil::date(2026, 1, 15);

    /// The dose that answers beside the day make.
    fn entered(kind: Kind, answers: &[(&str, &str)]) -> Dose {
        let day = if kind == Kind::New { "given" } else { "given_0" };
        let day = [("month", "1"), ("day", "10"), ("year", "2026")].map(|(part, text)| (format!("{day}_{part}"), text));
        let answers = answers.iter().map(|(name, text)| ((*name).to_owned(), *text));
        let fields: Vec<(String, String)> =
            day.into_iter().chain(answers).map(|(name, text)| (name, text.to_owned())).collect();
        let common = Common {
            codes: CodeSets::builtin(),
            language: Language::English,
            kind,
            today: TODAY,
            entered_by: Provider::default(),
            authority: "REG",
            once: "once",
        };
        let mut form = Form::default();
        let doses = read(&Posted::of(&fields), &mut form, &common, 1);
        assert!(!form.has_errors());
        doses.into_iter().next().expect("a dose")
    }

    #[test]
    fn a_product_names_its_maker_and_the_field_names_it_for_others() {
        let maker = |kind, answers: &[(&str, &str)]| entered(kind, answers).mvx;
        let product = ("vaccine_0", "83:MSD:VAQTA");
        assert_eq!(maker(Kind::New, &[product]).as_deref(), Some("MSD"));
        assert_eq!(
            maker(Kind::New, &[product, ("maker_0", "SKB")]).as_deref(),
            Some("MSD"),
            "left from another choice"
        );
        assert_eq!(maker(Kind::New, &[("vaccine_0", "83::"), ("maker_0", "SKB")]).as_deref(), Some("SKB"));
        assert_eq!(maker(Kind::Historical, &[("vaccine_0", "83"), ("maker_0", "SKB")]).as_deref(), Some("SKB"));
        assert_eq!(maker(Kind::Historical, &[("vaccine_0", "83")]), None);
    }

    #[test]
    fn an_amount_is_a_number_of_milliliters_however_it_is_written() {
        for (written, kept) in [
            ("0.5", Some("0.5")),
            ("0,5", Some("0.5")),
            ("0.5 mL", Some("0.5")),
            ("1ML", Some("1")),
            ("10", Some("10")),
            ("", None),
            ("abc", None),
            ("0", None),
            ("-0.5", None),
            ("1e1", None),
            ("inf", None),
            ("0.5.5", None),
            ("1,000.5", None),
            ("500", None),
            ("mL", None),
            (".", None),
        ] {
            assert_eq!(milliliters(written).as_deref(), kept, "{written}");
        }
        assert_eq!(entered(Kind::New, &[("vaccine_0", "83::"), ("amount_0", "0,5 mL")]).amount.as_deref(), Some("0.5"));
    }

    #[test]
    fn an_amount_that_is_none_is_wrong_at_its_field() {
        let mut form = Form::default();
        let posted = Posted::of(&[("amount_1".to_owned(), "half".to_owned())]);
        assert_eq!(read_amount(&posted, &mut form, "amount_1", Language::English), None);
        assert!(form.has_error("amount_1"));
    }

    #[test]
    fn a_dose_that_is_corrected_is_shown_as_it_was_entered() {
        for (kind, vaccine, mvx) in [
            (Kind::New, "83:MSD:VAQTA", ""),
            (Kind::New, "83::", "PFR"),
            (Kind::New, "113:PMC:TENIVAC", ""),
            (Kind::New, "113:PMC:DECAVAC", ""),
            (Kind::New, "113::", "PMC"),
            (Kind::Historical, "83", "MSD"),
            (Kind::Historical, "83", ""),
        ] {
            let dose = entered(kind, &[("vaccine_0", vaccine), ("maker_0", mvx)]);
            let lists = Lists::new(CodeSets::builtin(), kind, &Wanted::default(), Vec::new(), TODAY, Language::English);
            let mut form = Form::default();
            fill(&mut form, &dose, kind, &lists, CodeSets::builtin());
            assert_eq!((form.value("vaccine_0"), form.value("maker_0")), (vaccine, mvx), "{kind:?}");
        }
        // A system may say the product by its package alone.
        let dose = Dose { ndc: Some("49281-0400-10".to_owned()), ..entered(Kind::New, &[("vaccine_0", "115::")]) };
        let (codes, wanted) = (CodeSets::builtin(), Wanted::default());
        let lists = Lists::new(codes, Kind::New, &wanted, Vec::new(), TODAY, Language::English);
        let mut form = Form::default();
        fill(&mut form, &dose, Kind::New, &lists, codes);
        assert!(form.value("vaccine_0").eq_ignore_ascii_case("115:PMC:Adacel"), "{}", form.value("vaccine_0"));
    }

    #[test]
    fn a_package_stays_with_its_product_alone() {
        let codes = CodeSets::builtin();
        let adacel = Dose { ndc: Some("49281-0400-10".to_owned()), ..entered(Kind::New, &[("vaccine_0", "115::")]) };
        for (choice, maker, is_same) in [
            ("115:PMC:Adacel", "", true),
            ("115:SKB:BOOSTRIX", "", false),
            ("115::", "SKB", false),
            ("113:PMC:TENIVAC", "", false),
        ] {
            let now = entered(Kind::New, &[("vaccine_0", choice), ("maker_0", maker)]);
            assert_eq!(is_of_same_product(codes, &adacel, &now), is_same, "{choice} {maker}");
        }
    }
}
