//! Immunization histories: the routine schedule as families keep it, with delays, gaps, refusals and earlier clinics.
//!
//! What is due when follows the child, adolescent and adult schedules roughly; a forecast is not the aim.

use jiff::civil::{Date, date};
use model::{Coded, Completion, Cvx, Dose, EntityId, Facility, InformationSource, Provider, Vis};

use super::dice::{Dice, later};
use super::vaccines::{self, PRODUCTS, Product, Route};

/// How a family keeps to the schedule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    OnTime,
    Late,
    Partial,
    Refusing,
}

/// A dose before it is written down.
#[derive(Clone, Copy)]
struct Planned {
    on: Date,
    product: &'static Product,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Given by the clinic that speaks.
    Administered,
    /// Given elsewhere, and told from a record: the NIP001 code.
    Historical(u8),
    /// Offered and refused.
    Refused,
}

/// One visit of the child schedule: age in days, and the vaccines by the brand that the clinic keeps.
struct Visit {
    age: i32,
    vaccines: [&'static [u16]; 3],
}

const fn visit(age: i32, one: &'static [u16], two: &'static [u16], three: &'static [u16]) -> Visit {
    Visit { age, vaccines: [one, two, three] }
}

/// The child and adolescent schedule with the combinations of three makers.
static VISITS: [Visit; 11] = [
    visit(1, &[8], &[8], &[8]),
    visit(61, &[110, 48, 133, 119], &[120, 8, 133, 116], &[146, 133, 116]),
    visit(122, &[110, 48, 133, 119], &[120, 133, 116], &[146, 133, 116]),
    visit(183, &[110, 48, 133], &[120, 8, 133, 116], &[146, 133, 116]),
    visit(368, &[3, 21, 83, 133], &[3, 21, 83, 133], &[3, 21, 83, 133]),
    visit(460, &[20, 48], &[120], &[106, 48]),
    visit(560, &[83], &[83], &[83]),
    visit(1470, &[130, 94], &[130, 3, 21], &[106, 10, 94]),
    visit(4030, &[115, 114, 136, 165], &[115, 114, 136, 165], &[115, 114, 136, 165]),
    visit(4230, &[165], &[165], &[165]),
    visit(5860, &[114, 136, 162], &[114, 136], &[114, 136, 162]),
];

/// All that a clinic can say of one person's doses by a day; only the latest, when more than the most are wanted.
pub(super) fn doses(
    dice: &mut Dice,
    born: Date,
    on: Date,
    child_eligibility: &str,
    number: u64,
    most: usize,
) -> Vec<Dose> {
    let habit = [Habit::OnTime, Habit::Late, Habit::Partial, Habit::Refusing][dice.weighted(&[60, 24, 13, 3])];
    let mut planned = Vec::with_capacity(40);
    plan_childhood(dice, &mut planned, born, on, habit);
    plan_influenza(dice, &mut planned, born, on, habit);
    plan_adulthood(dice, &mut planned, born, on, habit);
    planned.sort_by_key(|dose| (dose.on, dose.product.cvx));
    planned.dedup_by_key(|dose| (dose.on, dose.product.cvx));
    move_in(dice, &mut planned);
    let first = planned.len().saturating_sub(most);
    let plans = planned.iter().enumerate().skip(first);
    plans.map(|(place, plan)| write_down(plan, born, child_eligibility, number, place)).collect()
}

fn plan_childhood(dice: &mut Dice, planned: &mut Vec<Planned>, born: Date, on: Date, habit: Habit) {
    let brand = if born > date(2021, 6, 1) { dice.below(3) } else { dice.below(2) } as usize;
    let mut delay = 0;
    for visit in &VISITS {
        delay = match habit {
            Habit::OnTime => dice.between(0, 9),
            Habit::Late => delay + dice.between(0, 40),
            Habit::Partial | Habit::Refusing => dice.between(0, 120),
        };
        // Nothing is given before its day, and the newborn dose within the first days.
        let day = later(born, visit.age + if visit.age == 1 { dice.between(0, 2) } else { delay });
        if day > on {
            break;
        }
        for &cvx in visit.vaccines[brand] {
            let is_missed = dice.percent(match habit {
                Habit::OnTime => 2,
                Habit::Late => 7,
                Habit::Partial => 40,
                Habit::Refusing => 85,
            });
            // Rotavirus is not begun or continued after eight months.
            let is_too_late = matches!(cvx, 116 | 119) && day > later(born, 240);
            let is_refused = is_missed && habit == Habit::Refusing && dice.percent(30);
            if (is_missed && !is_refused) || is_too_late {
                continue;
            }
            let kind = if is_refused { Kind::Refused } else { Kind::Administered };
            plan(dice, planned, cvx, day, kind);
        }
    }
}

/// A shot in most autumns for some, in some for most; two in the first season of a young child.
fn plan_influenza(dice: &mut Dice, planned: &mut Vec<Planned>, born: Date, on: Date, habit: Habit) {
    let share = match habit {
        Habit::OnTime => 62,
        Habit::Late => 40,
        Habit::Partial => 20,
        Habit::Refusing => 0,
    };
    let first_year = born.year().max(on.year() - 12).max(2010);
    let mut is_first = true;
    for year in first_year..=on.year() {
        let day = later(date(year, 9, 8), dice.between(0, 80));
        let is_old_enough = later(born, 183) <= day;
        if !is_old_enough || day > on || !dice.percent(share) {
            continue;
        }
        let cvx = influenza(day);
        plan(dice, planned, cvx, day, Kind::Administered);
        let second = later(day, dice.between(28, 45));
        if is_first && later(born, 8 * 365) > day && second <= on && dice.percent(70) {
            plan(dice, planned, cvx, second, Kind::Administered);
        }
        is_first = false;
    }
}

fn influenza(day: Date) -> u16 {
    if day < date(2013, 7, 1) {
        141
    } else if day < date(2024, 7, 1) {
        150
    } else {
        140
    }
}

fn plan_adulthood(dice: &mut Dice, planned: &mut Vec<Planned>, born: Date, on: Date, habit: Habit) {
    let adult_from = later(born, 19 * 365 + 5);
    if adult_from > on || habit == Habit::Refusing {
        return;
    }
    let mut day = later(adult_from, dice.between(0, 3000)).max(date(2011, 1, 10));
    let mut cvx = 115;
    while day <= on {
        plan(dice, planned, cvx, day, Kind::Administered);
        day = later(day, 3653 + dice.between(0, 900));
        cvx = if cvx == 115 { 113 } else { 115 };
    }
    if dice.percent(70) {
        let maker = if dice.percent(60) { 208 } else { 207 };
        let first = later(date(2021, 1, 20), dice.between(0, 200)).max(adult_from);
        for day in [first, later(first, if maker == 208 { 21 } else { 28 } + dice.between(0, 6))] {
            plan_by(dice, planned, maker, day, on);
        }
        for year in 2023..=on.year() {
            if dice.percent(25) {
                let day = later(date(year, 9, 20), dice.between(0, 70));
                plan_by(dice, planned, if maker == 208 { 309 } else { 312 }, day, on);
            }
        }
    }
    let zoster_from = later(born, 50 * 365 + 13).max(date(2018, 3, 1));
    if dice.percent(35) {
        let first = later(zoster_from, dice.between(0, 900));
        plan_by(dice, planned, 187, first, on);
        let second = later(first, dice.between(61, 170));
        plan_by(dice, planned, 187, second, on);
    }
    if dice.percent(55) {
        let day = later(born, 65 * 365 + 17 + dice.between(0, 600)).max(date(2009, 11, 2));
        plan_by(dice, planned, 33, day, on);
    }
    if dice.percent(12) {
        let first = later(adult_from, dice.between(0, 4000)).max(date(2007, 4, 2));
        for month in [0, 31, 183] {
            plan_by(dice, planned, 43, later(first, month), on);
        }
    }
}

fn plan_by(dice: &mut Dice, planned: &mut Vec<Planned>, cvx: u16, day: Date, on: Date) {
    if day <= on {
        plan(dice, planned, cvx, day, Kind::Administered);
    }
}

/// Plans a dose of whatever product of the vaccine was in use on that day; none, when there was none.
fn plan(dice: &mut Dice, planned: &mut Vec<Planned>, cvx: u16, on: Date, kind: Kind) {
    let is_in_use = |product: &&Product| product.cvx == cvx && product.used.0 <= on && on <= product.used.1;
    let mut products = PRODUCTS.iter().filter(is_in_use);
    let product = match (products.next(), products.next()) {
        (Some(one), Some(other)) => Some(if dice.percent(50) { one } else { other }),
        (product, _) => product,
    };
    planned.extend(product.map(|product| Planned { on, product, kind }));
}

/// Some came to this clinic later: what was given before is known from other records.
fn move_in(dice: &mut Dice, planned: &mut [Planned]) {
    if planned.is_empty() || !dice.percent(30) {
        return;
    }
    let elsewhere = dice.below(planned.len() as u64) as usize;
    let source = [1, 2, 3, 5, 7][dice.weighted(&[50, 20, 15, 10, 5])];
    for dose in &mut planned[..elsewhere] {
        if dose.kind == Kind::Administered {
            dose.kind = Kind::Historical(source);
        }
    }
}

fn write_down(plan: &Planned, born: Date, child_eligibility: &str, number: u64, place: usize) -> Dose {
    let product = plan.product;
    let is_administered = plan.kind == Kind::Administered;
    let when_administered = |text: &str| is_administered.then(|| text.to_owned());
    // What differs between doses without being decided by the household: the same for the same dose, always.
    let mut dice = Dice::of(number, 4, place as u64);
    let cvx = match plan.kind {
        Kind::Historical(_) if dice.percent(25) => vaccines::unspecified(product.cvx),
        _ => product.cvx,
    };
    let is_child = later(born, 19 * 365 + 4) > plan.on;
    let eligibility = if is_child { child_eligibility } else { "V01" };
    let lot = lot(product, plan.on, dice.below(4));
    Dose {
        order_id: (plan.kind != Kind::Refused)
            .then(|| EntityId { id: format!("{number}.{place}"), ..EntityId::default() }),
        placer_order_id: None,
        administered_on: plan.on,
        cvx: Cvx(cvx),
        ndc: product.package.filter(|_| is_administered).map(|(ndc, _)| ndc.to_owned()),
        trade_name: None,
        mvx: when_administered(product.mvx),
        lot_number: is_administered.then_some(lot.0),
        lot_expires_on: is_administered.then_some(lot.1),
        amount: when_administered(product.amount),
        amount_unit: when_administered("mL"),
        source: match plan.kind {
            Kind::Historical(source) => InformationSource::Historical(source),
            Kind::Administered => InformationSource::Administered,
            // A refusal carries no source, and is read as one told without saying by whom.
            Kind::Refused => InformationSource::Historical(1),
        },
        completion: if plan.kind == Kind::Refused { Completion::Refused } else { Completion::Complete },
        refusal_reason: (plan.kind == Kind::Refused).then(|| refusal(is_child)),
        route: when_administered(route_code(product.route)),
        body_site: body_site(&mut dice, product.route, born, plan.on).filter(|_| is_administered).map(str::to_owned),
        administered_by: is_administered.then(|| clinician(&mut dice)),
        ordered_by: is_administered.then(|| clinician(&mut Dice::of(number, 5, 0))),
        entered_by: None,
        administered_at: is_administered.then(Facility::default),
        eligibility: when_administered(eligibility),
        funding_source: when_administered(funding(eligibility)),
        vis: if is_administered { statements_given(product, plan.on) } else { Vec::new() },
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

/// A lot that a maker sold at the time: few lots for many people, and good for another year.
fn lot(product: &Product, on: Date, batch: u64) -> (String, Date) {
    let quarter = i64::from(on.year()) * 4 + i64::from(on.month() - 1) / 3;
    let mut dice = Dice::of(u64::from(product.cvx) << 8 | batch, 6, quarter.unsigned_abs());
    let letter = char::from(b'A' + dice.below(26) as u8);
    let number = dice.between(1000, 99_999);
    let suffix = char::from(b'A' + dice.below(26) as u8);
    let expires_on =
        date(on.year(), on.month(), 1).saturating_add(jiff::Span::new().months(13 + batch as i64)).last_of_month();
    (format!("{letter}{number}{suffix}"), expires_on)
}

fn refusal(is_child: bool) -> Coded {
    let (code, text) = if is_child { ("00", "Parental decision") } else { ("03", "Patient decision") };
    Coded { code: code.to_owned(), text: text.to_owned(), system: "NIP002".to_owned() }
}

fn route_code(route: Route) -> &'static str {
    match route {
        Route::Intramuscular => "C28161",
        Route::Subcutaneous => "C38299",
        Route::Oral => "C38288",
    }
}

/// Thighs of the small, arms of the others; nothing for what is swallowed.
fn body_site(dice: &mut Dice, route: Route, born: Date, on: Date) -> Option<&'static str> {
    let is_small = later(born, 2 * 365) > on;
    match route {
        Route::Oral => None,
        _ if is_small => Some(dice.one_of(&["LT", "RT"])),
        _ => Some(dice.one_of(&["LA", "RA", "LD"])),
    }
}

/// Public vaccine for the children whom the federal program covers, private for others.
fn funding(eligibility: &str) -> &'static str {
    match eligibility {
        "V02" | "V03" | "V04" | "V05" => "VXC51",
        "V22" => "VXC52",
        _ => "PHC70",
    }
}

fn statements_given(product: &Product, on: Date) -> Vec<Vis> {
    let is_printed = |statement: &&&vaccines::Statement| statement.earlier <= on;
    let given = |statement: &&vaccines::Statement| match statement.edition <= on {
        true => Vis { document: Some(statement.document.to_owned()), presented_on: Some(on), ..Vis::default() },
        false => Vis {
            document: None,
            cvx: Some(Cvx(statement.cvx)),
            edition_on: Some(statement.earlier),
            presented_on: Some(on),
        },
    };
    product.statements.iter().filter(is_printed).map(given).collect()
}

/// Those who work at the clinic, by their number there.
fn clinician(dice: &mut Dice) -> Provider {
    let (id, family, given) = [
        ("1001", "Alaniz", "Teresa"),
        ("1002", "Boyd", "Marcus"),
        ("1003", "Chavez", "Ines"),
        ("1004", "Dinh", "Thuy"),
        ("1005", "Ellison", "Ruth"),
        ("1006", "Farias", "Hugo"),
        ("1007", "Grant", "Denise"),
        ("1008", "Hinojosa", "Alma"),
    ][dice.below(8) as usize];
    Provider { id: id.to_owned(), family: family.to_owned(), given: given.to_owned(), authority: String::new() }
}
