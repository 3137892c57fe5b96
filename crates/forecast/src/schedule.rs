//! A schedule compiled to flat tables: rows of one kind lie side by side, and point at each other by number.

use jiff::civil::Date;
use model::Cvx;

use crate::days::Day;
use crate::facts::{Comparison, ObservationCode, ScheduleFacts, SeriesKind, SkipContext};
use crate::periods::Period;

mod builtin;
mod compile;
mod sets;

pub use builtin::ScheduleError;
pub use compile::CompileError;
pub(crate) use compile::sex_bit;
pub(crate) use sets::{CvxSet, Span};

/// A schedule, ready to be asked. Immutable, to be shared.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub(crate) name: String,
    pub(crate) facts: ScheduleFacts,
    pub(crate) periods: Vec<Period>,
    pub(crate) vaccines: Vec<VaccineRule>,
    /// For each CVX code the place of its vaccine and one more; 0 for a code that the schedule does not know.
    pub(crate) vaccine_places: Vec<u16>,
    pub(crate) associations: Vec<Association>,
    pub(crate) conflicts: Vec<ConflictRule>,
    /// Vaccines after which some other must wait, and vaccines that must wait.
    pub(crate) conflicting: [CvxSet; 2],
    pub(crate) groups: Vec<GroupRule>,
    pub(crate) antigens: Vec<AntigenRule>,
    pub(crate) series: Vec<SeriesRule>,
    pub(crate) targets: Vec<TargetRule>,
    pub(crate) ages: Vec<AgeRow>,
    pub(crate) intervals: Vec<IntervalRow>,
    pub(crate) products: Vec<ProductRow>,
    pub(crate) skips: Vec<SkipRule>,
    pub(crate) skip_sets: Vec<SkipSet>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) indications: Vec<Indication>,
    pub(crate) vaccine_contraindications: Vec<ProductContraindication>,
}

/// The number of a period; [`AgeId::NONE`] where the schedule says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AgeId(pub(crate) u16);

impl AgeId {
    pub(crate) const NONE: AgeId = AgeId(u16::MAX);
}

/// The number of a vaccine within a schedule.
pub(crate) type VaccineId = u16;

#[derive(Clone, Debug)]
pub(crate) struct VaccineRule {
    pub(crate) cvx: Cvx,
    pub(crate) name: String,
    pub(crate) associations: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Association {
    pub(crate) antigen: u8,
    pub(crate) from: AgeId,
    pub(crate) before: AgeId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ConflictRule {
    pub(crate) previous: CvxSet,
    pub(crate) current: CvxSet,
    pub(crate) begin: Period,
    pub(crate) minimum_end: Period,
    pub(crate) end: Period,
}

#[derive(Clone, Debug)]
pub(crate) struct GroupRule {
    pub(crate) name: String,
    pub(crate) is_given_in_full: bool,
    pub(crate) antigens: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct AntigenRule {
    pub(crate) name: String,
    pub(crate) group: u8,
    pub(crate) series: Span,
    pub(crate) immune_if: Vec<ObservationCode>,
    pub(crate) immune_births: Vec<ImmuneBirth>,
    pub(crate) contraindications: Span,
    pub(crate) vaccine_contraindications: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct ImmuneBirth {
    pub(crate) before: Day,
    pub(crate) country: Option<String>,
    pub(crate) unless: Vec<ObservationCode>,
}

/// An observation within a window of age: an indication or a contraindication.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indication {
    pub(crate) code: ObservationCode,
    pub(crate) from: AgeId,
    pub(crate) before: AgeId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ProductContraindication {
    pub(crate) when: Indication,
    pub(crate) vaccines: CvxSet,
}

#[derive(Clone, Debug)]
pub(crate) struct SeriesRule {
    pub(crate) name: String,
    pub(crate) antigen: u8,
    pub(crate) kind: SeriesKind,
    pub(crate) group: u8,
    /// One bit for each equivalent group of series.
    pub(crate) equivalent_groups: u64,
    /// One bit for each sex: female, male, any other; 0 for all.
    pub(crate) sexes: u8,
    pub(crate) is_default: bool,
    pub(crate) is_product_path: bool,
    pub(crate) priority: char,
    pub(crate) preference: u8,
    pub(crate) begin_from: AgeId,
    pub(crate) begin_before: AgeId,
    pub(crate) indications: Span,
    pub(crate) targets: Span,
    /// Of a vaccine that every season asks for anew, the end of the last season that the schedule holds.
    pub(crate) last_season_end: Option<Day>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetRule {
    /// From 1, within its series.
    pub(crate) number: u8,
    pub(crate) ages: Span,
    pub(crate) intervals: Span,
    pub(crate) allowable_intervals: Span,
    pub(crate) preferable: Span,
    pub(crate) allowable: Span,
    /// All preferable vaccines, whatever their terms.
    pub(crate) preferable_vaccines: CvxSet,
    pub(crate) inadvertent: CvxSet,
    pub(crate) skips: Span,
    pub(crate) is_recurring: bool,
    pub(crate) season_start: Option<Day>,
    pub(crate) season_end: Option<Day>,
}

/// First and last day on which a row is in effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    pub(crate) first: Day,
    pub(crate) last: Day,
}

impl Effect {
    pub(crate) fn holds_on(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AgeRow {
    pub(crate) absolute: AgeId,
    pub(crate) minimum: AgeId,
    pub(crate) recommended: AgeId,
    pub(crate) late: AgeId,
    pub(crate) maximum: AgeId,
    pub(crate) effect: Effect,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    Previous,
    /// The number of the target dose, from 1.
    TargetDose(u8),
    MostRecent(CvxSet),
    Observation(ObservationCode),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct IntervalRow {
    pub(crate) from: From,
    pub(crate) absolute: Option<Period>,
    pub(crate) minimum: Option<Period>,
    pub(crate) recommended: Option<Period>,
    pub(crate) late: Option<Period>,
    pub(crate) is_override: bool,
    pub(crate) effect: Effect,
}

/// Vaccines that count within a window of age.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProductRow {
    pub(crate) vaccines: CvxSet,
    pub(crate) from: AgeId,
    pub(crate) before: AgeId,
    /// Only of this manufacturer.
    pub(crate) maker: Option<Mvx>,
    pub(crate) is_recommended: bool,
}

/// A manufacturer code, MVX: up to four letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Mvx([u8; 4]);

impl Mvx {
    pub(crate) fn parse(text: &str) -> Option<Mvx> {
        let mut letters = [0; 4];
        letters.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        letters.make_ascii_uppercase();
        (!text.is_empty()).then_some(Mvx(letters))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SkipRule {
    pub(crate) context: SkipContext,
    pub(crate) needs_every_set: bool,
    pub(crate) sets: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SkipSet {
    pub(crate) effect: Effect,
    pub(crate) needs_any: bool,
    pub(crate) conditions: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    Age {
        from: AgeId,
        before: AgeId,
    },
    Interval(Period),
    /// One bit for each group of series.
    CompletedSeries(u64),
    Count(Count),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) valid_only: bool,
    pub(crate) comparison: Comparison,
    pub(crate) number: u8,
    /// `None`: any dose of the antigen.
    pub(crate) vaccines: Option<CvxSet>,
    pub(crate) from: AgeId,
    pub(crate) before: AgeId,
    pub(crate) since: Day,
    pub(crate) until: Day,
}

impl Schedule {
    /// The schedule's name, as in `cdsi-4.64`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the schedule says, as facts.
    pub fn facts(&self) -> &ScheduleFacts {
        &self.facts
    }

    /// The names of the vaccine groups, in the schedule's order.
    pub fn vaccine_groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.name.as_str())
    }

    /// The vaccine groups whose last season is over on a day, each with the last day of it: of them nothing is known any more.
    pub fn ended_seasons(&self, on: Date) -> Vec<(&str, Date)> {
        let on = Day::from_date(on);
        let mut ended = Vec::new();
        for group in &self.groups {
            let antigens = group.antigens.iter().map(|antigen| &self.antigens[usize::from(*antigen)]);
            let series = antigens.flat_map(|antigen| antigen.series.of(&self.series));
            let targets = series.flat_map(|series| series.targets.of(&self.targets));
            let last = targets.filter_map(|target| target.season_end).max();
            ended.extend(last.filter(|last| *last < on).map(|last| (group.name.as_str(), last.date())));
        }
        ended
    }

    /// The name that the schedule gives a vaccine.
    pub fn vaccine_name(&self, cvx: Cvx) -> Option<&str> {
        self.vaccine_id(cvx).map(|vaccine| self.vaccines[usize::from(vaccine)].name.as_str())
    }

    /// The name of CDSi's own numbers of observations as a coding system (HL70396: a local one).
    pub const OWN_CODES: &str = "99CDSI";

    /// The observations that a code of another system means (`SNOMED`, `CDCPHINVS`). A code of CDC's that needs a vaccine beside it
    /// ("allergy to this vaccine") means none by itself.
    pub fn observations_of(&self, system: &str, code: &str) -> impl Iterator<Item = ObservationCode> {
        let is_meant = |(known, synonym): &(String, String)| known == system && synonym == code;
        let own = ObservationCode::parse(code).filter(|_| system == Schedule::OWN_CODES);
        let is_named =
            |known: &crate::facts::ObservationFacts| own == Some(known.code) || known.synonyms.iter().any(is_meant);
        let meant = self.facts.observations.iter().filter(|known| is_named(known));
        let meant: Vec<ObservationCode> = meant.map(|known| known.code).collect();
        let is_clear = system == "SNOMED" || meant.len() == 1;
        meant.into_iter().filter(move |_| is_clear)
    }

    /// The observations that a code means for a vaccine, where it means something only together with one: an allergy to a
    /// previous dose of it.
    pub fn observations_of_vaccine(&self, system: &str, code: &str, cvx: Cvx) -> impl Iterator<Item = ObservationCode> {
        let has = move |known: &crate::facts::ObservationFacts, system: &str, code: &str| {
            known.synonyms.iter().any(|(of, synonym)| of == system && synonym == code)
        };
        let (system, code, cvx) = (system.to_owned(), code.to_owned(), cvx.to_string());
        let meant = self.facts.observations.iter();
        meant.filter(move |known| has(known, &system, &code) && has(known, "CVX", &cvx)).map(|known| known.code)
    }

    pub(crate) fn vaccine_id(&self, cvx: Cvx) -> Option<VaccineId> {
        self.vaccine_places.get(usize::from(cvx.0))?.checked_sub(1)
    }

    pub(crate) fn target(&self, target: u16) -> &TargetRule {
        &self.targets[usize::from(target)]
    }

    pub(crate) fn series_rule(&self, series: u16) -> &SeriesRule {
        &self.series[usize::from(series)]
    }

    pub(crate) fn period(&self, age: AgeId) -> Option<Period> {
        self.periods.get(usize::from(age.0)).copied()
    }
}
