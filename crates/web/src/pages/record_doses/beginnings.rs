//! What a form of doses given here begins with: what usually stays the same since the last dose, and a row for each vaccine group
//! that was asked for.

use model::{CodeTables, VaccineGroupSet};
use registry::OpenedRecord;

use super::{due, rows_of};
use crate::dates;
use crate::dose_form::{self, Kind, ROWS_MAXIMUM};
use crate::dose_lists::{ChoiceGroup, Lists, Wanted};
use crate::forms::Form;
use crate::signed_in::SignedIn;

/// What of a row is remembered for the next dose of the same vaccine.
const STICKY_OF_ROW: [&str; 9] =
    ["lot", "maker", "expires_month", "expires_day", "expires_year", "route", "body_site", "amount", "funding"];
/// What of it is the lot's.
const LOT_OF_ROW: [&str; 4] = ["lot", "expires_month", "expires_day", "expires_year"];
/// What is remembered for the next dose of any vaccine.
const STICKY_OF_FORM: [&str; 3] = ["site", "vaccinator_given", "vaccinator_family"];

/// Fills in a new form.
pub(super) fn begin(signed_in: &SignedIn, opened: &OpenedRecord, form: &mut Form, groups: &[String]) {
    let codes = signed_in.registry().codes();
    dates::fill(form, "given", signed_in.today());
    for name in STICKY_OF_FORM {
        sticky(signed_in, name).into_iter().for_each(|value| form.set(name, value));
    }
    if form.value("site").is_empty() {
        form.set("site", signed_in.caller.organization_code.clone());
    }
    let mut row = 0;
    let mut proposed = VaccineGroupSet::default();
    for group in groups.iter().filter_map(|name| codes.vaccine_group(name)) {
        // What an earlier row proposes may be a combination that holds this one, too.
        if row == ROWS_MAXIMUM || proposed.overlaps(group.bit) {
            continue;
        }
        form.set(&format!("asked_{row}"), group.name.clone());
        let vaccine = sticky(signed_in, &format!("{}/vaccine", group.name));
        let vaccine = vaccine.or_else(|| first_recommended(signed_in, opened, &group.name));
        if let Some((vaccine, (cvx, _))) = vaccine.and_then(|value| Some((value.clone(), dose_form::chosen(&value)?))) {
            let holds = codes.vaccine_groups(cvx);
            if !proposed.overlaps(holds) {
                fill_row(signed_in, form, row, &vaccine);
                proposed.0 |= holds.0;
            }
        }
        row += 1;
    }
    form.set("rows", row.max(1).to_string());
}

/// Proposes a vaccine, with what is remembered of its last dose.
fn fill_row(signed_in: &SignedIn, form: &mut Form, row: usize, vaccine: &str) {
    form.set(&row_field("vaccine", row), vaccine);
    for name in STICKY_OF_ROW {
        let kept = sticky(signed_in, &format!("{vaccine}/{name}"));
        kept.into_iter().for_each(|value| form.set(&row_field(name, row), value));
    }
    // A lot that has expired is not proposed again.
    if dates::filled(form, &row_field("expires", row)).is_some_and(|expires_on| expires_on < signed_in.today()) {
        LOT_OF_ROW.into_iter().for_each(|name| form.set(&row_field(name, row), ""));
    }
}

fn sticky(signed_in: &SignedIn, name: &str) -> Option<String> {
    signed_in.desks().sticky(signed_in.account_id(), name, signed_in.now())
}

/// `expires_month` of row 2 is `expires_2_month`.
fn row_field(name: &str, row: usize) -> String {
    match name.split_once('_').filter(|(field, _)| *field == "expires") {
        Some((field, part)) => format!("{field}_{row}_{part}"),
        None => format!("{name}_{row}"),
    }
}

/// The first product that is recommended of a group; none is chosen beforehand when the forecast recommends none.
fn first_recommended(signed_in: &SignedIn, opened: &OpenedRecord, group: &str) -> Option<String> {
    let (language, codes) = (signed_in.language(), signed_in.registry().codes());
    let of_group = due(opened).filter(|forecast| forecast.vaccine_group == group);
    let vaccines = of_group.flat_map(|forecast| forecast.products.iter().copied()).collect();
    let wanted = Wanted { vaccines, ..Wanted::default() };
    let lists = Lists::new(codes, Kind::New, &wanted, Vec::new(), signed_in.today(), language);
    let heading = language.text("dose.recommended");
    let offered = lists.vaccines.into_iter().find(|group: &ChoiceGroup| group.label == heading)?;
    offered.choices.into_iter().next().map(|choice| choice.value)
}

/// Keeps for the next form what usually stays the same: site and vaccinator; and by vaccine its lot, route and site.
pub(super) fn remember(signed_in: &SignedIn, form: &Form) {
    if Kind::parse(form.value("kind")) != Kind::New {
        return;
    }
    let codes = signed_in.registry().codes();
    let mut kept: Vec<(String, String)> =
        STICKY_OF_FORM.iter().map(|name| ((*name).to_owned(), form.value(name).to_owned())).collect();
    for row in 0..rows_of(form) {
        let vaccine = form.value(&format!("vaccine_{row}")).to_owned();
        let Some((cvx, _)) = dose_form::chosen(&vaccine) else { continue };
        for group in codes.groups_of(codes.vaccine_groups(cvx)) {
            kept.push((format!("{}/vaccine", group.name), vaccine.clone()));
        }
        for name in STICKY_OF_ROW {
            kept.push((format!("{vaccine}/{name}"), form.value(&row_field(name, row)).to_owned()));
        }
    }
    signed_in.desks().stick(signed_in.account_id(), kept, signed_in.receipt().received_at);
}
