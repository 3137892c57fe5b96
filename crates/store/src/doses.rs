//! A dose as its columns and a JSON document of all that they do not hold.

use std::borrow::Cow;

use jiff::civil::Date;
use model::{Coded, Completion, Cvx, Dose, EntityId, Facility, InformationSource, Observation, Provider, Vis};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::value::{Columns, Value};

/// How many columns of a dose stand before its details.
pub(crate) const DOSE_COLUMNS: usize = 8;

/// What a dose says beyond the columns of `vaccination_report`.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct DoseDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    placer_order_id: Option<Cow<'a, EntityId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ndc: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trade_name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lot_expires_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_unit: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<Cow<'a, Coded>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_site: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    administered_by: Option<Cow<'a, Provider>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_by: Option<Cow<'a, Provider>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_by: Option<Cow<'a, Provider>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    administered_at: Option<Cow<'a, Facility>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eligibility: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funding_source: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_empty")]
    vis: Cow<'a, [Vis]>,
    #[serde(skip_serializing_if = "is_empty")]
    reactions: Cow<'a, [Coded]>,
    #[serde(skip_serializing_if = "is_empty")]
    observations: Cow<'a, [Observation]>,
}

impl<'a> DoseDetails<'a> {
    /// What this dose says beyond the columns.
    pub(crate) fn of(dose: &'a Dose) -> DoseDetails<'a> {
        // All of them, so that a fact added to `Dose` does not compile until it has its place.
        #[rustfmt::skip]
        let Dose {
            // These are columns.
            order_id: _, administered_on: _, cvx: _, mvx: _, lot_number: _, source: _, completion: _,
            // These are details.
            placer_order_id, ndc, trade_name, lot_expires_on, amount, amount_unit, refusal_reason, route, body_site,
            administered_by, ordered_by, entered_by, administered_at, eligibility, funding_source, vis, reactions, observations,
        } = dose;
        DoseDetails {
            placer_order_id: placer_order_id.as_ref().map(Cow::Borrowed),
            ndc: ndc.as_deref().map(Cow::Borrowed),
            trade_name: trade_name.as_deref().map(Cow::Borrowed),
            lot_expires_on: *lot_expires_on,
            amount: amount.as_deref().map(Cow::Borrowed),
            amount_unit: amount_unit.as_deref().map(Cow::Borrowed),
            refusal_reason: refusal_reason.as_ref().map(Cow::Borrowed),
            route: route.as_deref().map(Cow::Borrowed),
            body_site: body_site.as_deref().map(Cow::Borrowed),
            administered_by: administered_by.as_ref().map(Cow::Borrowed),
            ordered_by: ordered_by.as_ref().map(Cow::Borrowed),
            entered_by: entered_by.as_ref().map(Cow::Borrowed),
            administered_at: administered_at.as_ref().map(Cow::Borrowed),
            eligibility: eligibility.as_deref().map(Cow::Borrowed),
            funding_source: funding_source.as_deref().map(Cow::Borrowed),
            vis: vis.into(),
            reactions: reactions.into(),
            observations: observations.into(),
        }
    }

    /// The dose again. `details` is the column of that name; the columns before it are in the order of
    /// [`DOSE_COLUMNS`].
    pub(crate) fn read_dose(row: &dyn Columns, details: usize) -> Result<Dose, StoreError> {
        let first = details - DOSE_COLUMNS;
        let order_authority = row.optional_string(first + 7)?.unwrap_or_default();
        let order_id = row.optional_string(first + 6)?.map(|id| EntityId { id, authority: order_authority });
        let details: DoseDetails<'static> = row.document(details)?;
        Ok(Dose {
            order_id,
            administered_on: row.date(first)?,
            cvx: Cvx(row.number(first + 1)?),
            source: match row.number(first + 2)? {
                0 => InformationSource::Administered,
                number => InformationSource::Historical(number),
            },
            completion: row.word(first + 3, Completion::parse)?,
            mvx: row.optional_string(first + 4)?,
            lot_number: row.optional_string(first + 5)?,
            placer_order_id: details.placer_order_id.map(Cow::into_owned),
            ndc: details.ndc.map(Cow::into_owned),
            trade_name: details.trade_name.map(Cow::into_owned),
            lot_expires_on: details.lot_expires_on,
            amount: details.amount.map(Cow::into_owned),
            amount_unit: details.amount_unit.map(Cow::into_owned),
            refusal_reason: details.refusal_reason.map(Cow::into_owned),
            route: details.route.map(Cow::into_owned),
            body_site: details.body_site.map(Cow::into_owned),
            administered_by: details.administered_by.map(Cow::into_owned),
            ordered_by: details.ordered_by.map(Cow::into_owned),
            entered_by: details.entered_by.map(Cow::into_owned),
            administered_at: details.administered_at.map(Cow::into_owned),
            eligibility: details.eligibility.map(Cow::into_owned),
            funding_source: details.funding_source.map(Cow::into_owned),
            vis: details.vis.into_owned(),
            reactions: details.reactions.into_owned(),
            observations: details.observations.into_owned(),
        })
    }
}

/// The values of a dose's columns, `details` last.
pub(crate) fn dose_values(dose: &Dose) -> [Value<'_>; DOSE_COLUMNS + 1] {
    let source = match dose.source {
        InformationSource::Administered => 0,
        InformationSource::Historical(number) => number.into(),
    };
    let order_id = dose.order_id.as_ref();
    [
        Value::Date(dose.administered_on),
        Value::Integer(dose.cvx.0.into()),
        Value::Integer(source),
        Value::text(dose.completion.code()),
        Value::optional(dose.mvx.as_deref(), Value::text),
        Value::optional(dose.lot_number.as_deref(), Value::text),
        Value::optional(order_id.map(|order_id| order_id.id.as_str()), Value::text),
        Value::optional(order_id.map(|order_id| order_id.authority.as_str()), Value::text),
        Value::document(&DoseDetails::of(dose)),
    ]
}

fn is_empty<T>(list: &[T]) -> bool
where
    [T]: ToOwned,
{
    list.is_empty()
}
