//! A schedule as facts: what CDC's supporting data says, without its explanatory sentences. The text form is read into these and
//! written from these; the engine's tables are compiled from them.

use jiff::civil::Date;
use model::{Cvx, Sex};

use crate::periods::Period;

/// A whole schedule, or an overlay of local rules.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ScheduleFacts {
    /// The schedule's name: `cdsi-4.64`.
    pub name: String,
    /// The files that it was made from.
    pub sources: Vec<SourceFile>,
    /// Live vaccines that must not follow each other too soon.
    pub conflicts: Vec<ConflictFacts>,
    /// Vaccine groups and their antigens.
    pub groups: Vec<GroupFacts>,
    /// Vaccines and the antigens that they contain.
    pub vaccines: Vec<VaccineFacts>,
    /// Observations about a person that rules ask for.
    pub observations: Vec<ObservationFacts>,
    /// The rules of each antigen.
    pub antigens: Vec<AntigenFacts>,
}

impl ScheduleFacts {
    /// The newest day on which a rule begins: of rows in effect, of seasons, of counts of doses. It tells how old a schedule is.
    pub fn newest_day(&self) -> Option<Date> {
        let doses = self.antigens.iter().flat_map(|antigen| &antigen.series).flat_map(|series| &series.doses);
        doses.flat_map(TargetDoseFacts::days).max()
    }
}

/// A file of the release.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Its name.
    pub name: String,
}

/// The number of an observation in CDSi's list, written with three digits (`080`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObservationCode(pub u16);

impl ObservationCode {
    /// Reads one to three digits; anything else is `None`.
    pub fn parse(text: &str) -> Option<ObservationCode> {
        Cvx::parse(text).map(|Cvx(number)| ObservationCode(number))
    }
}

impl std::fmt::Display for ObservationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// After one of the previous vaccines, the current ones must wait.
#[derive(Clone, PartialEq, Debug)]
pub struct ConflictFacts {
    /// The vaccines given first.
    pub previous: Vec<Cvx>,
    /// The vaccines that they conflict with.
    pub current: Vec<Cvx>,
    /// Where the conflict begins after the first.
    pub begin: Period,
    /// Where it ends when the first dose was valid.
    pub minimum_end: Period,
    /// Where it ends when the first dose was not valid.
    pub end: Period,
}

/// A vaccine group.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupFacts {
    /// Its name: `DTaP/Tdap/Td`.
    pub name: String,
    /// Every antigen of the group is to be given together (MMR).
    pub is_given_in_full: bool,
    /// Its antigens.
    pub antigens: Vec<String>,
}

/// A vaccine and its antigens.
#[derive(Clone, PartialEq, Debug)]
pub struct VaccineFacts {
    /// Its code.
    pub cvx: Cvx,
    /// Its short name.
    pub name: String,
    /// What it contains.
    pub antigens: Vec<AssociationFacts>,
}

/// A vaccine counts for an antigen, perhaps at some ages only.
#[derive(Clone, PartialEq, Debug)]
pub struct AssociationFacts {
    /// The antigen's name.
    pub antigen: String,
    /// From this age.
    pub from: Option<Period>,
    /// Before this age.
    pub before: Option<Period>,
}

/// An observation and the codes of other systems that mean it.
#[derive(Clone, PartialEq, Debug)]
pub struct ObservationFacts {
    /// CDSi's number.
    pub code: ObservationCode,
    /// Its short name.
    pub name: String,
    /// The same in other systems: system and code.
    pub synonyms: Vec<(String, String)>,
}

/// The rules of an antigen.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AntigenFacts {
    /// Its name.
    pub name: String,
    /// Observations that prove immunity.
    pub immune_if: Vec<ObservationCode>,
    /// Births that prove immunity.
    pub immune_births: Vec<ImmuneBirthFacts>,
    /// Observations that forbid the antigen.
    pub contraindications: Vec<ContraindicationFacts>,
    /// Observations that forbid some vaccines.
    pub vaccine_contraindications: Vec<VaccineContraindicationFacts>,
    /// The series.
    pub series: Vec<SeriesFacts>,
}

/// Whoever was born before a day counts as immune.
#[derive(Clone, PartialEq, Debug)]
pub struct ImmuneBirthFacts {
    /// The day.
    pub before: Date,
    /// Only when born there.
    pub country: Option<String>,
    /// Not with one of these observations.
    pub unless: Vec<ObservationCode>,
}

/// An observation that forbids the whole antigen.
#[derive(Clone, PartialEq, Debug)]
pub struct ContraindicationFacts {
    /// The observation.
    pub code: ObservationCode,
    /// From this age.
    pub from: Option<Period>,
    /// Before this age.
    pub before: Option<Period>,
}

/// An observation that forbids some vaccines.
#[derive(Clone, PartialEq, Debug)]
pub struct VaccineContraindicationFacts {
    /// The observation.
    pub code: ObservationCode,
    /// The vaccines, with the ages at which they are forbidden.
    pub vaccines: Vec<VaccinesAtAge>,
}

/// Vaccines that share one window of age.
#[derive(Clone, PartialEq, Debug)]
pub struct VaccinesAtAge {
    /// The vaccines.
    pub vaccines: Vec<Cvx>,
    /// From this age.
    pub from: Option<Period>,
    /// Before this age.
    pub before: Option<Period>,
}

/// Whom a series is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SeriesKind {
    /// Everybody.
    #[default]
    Standard,
    /// People with an indication.
    Risk,
    /// Nobody: it only recognizes histories from elsewhere.
    EvaluationOnly,
}

/// A series of target doses.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SeriesFacts {
    /// Its name.
    pub name: String,
    /// Its vaccine group.
    pub vaccine_group: String,
    /// Whom it is for.
    pub kind: SeriesKind,
    /// Its group of series within the antigen.
    pub group: u8,
    /// The name of that group.
    pub group_name: String,
    /// Groups of series, one of which makes this one unnecessary.
    pub equivalent_groups: Vec<u8>,
    /// The sexes that it is for; empty for all. `U` is anybody neither female nor male.
    pub sexes: Vec<Sex>,
    /// The one that is taken when nothing speaks for another.
    pub is_default: bool,
    /// Every dose is of one product.
    pub is_product_path: bool,
    /// `A` before `B` before `C`.
    pub priority: char,
    /// The lowest number is preferred; `None` comes last.
    pub preference: Option<u8>,
    /// Not to be begun before this age.
    pub begin_from: Option<Period>,
    /// Not to be begun from this age on.
    pub begin_before: Option<Period>,
    /// Observations that make a risk series relevant.
    pub indications: Vec<ContraindicationFacts>,
    /// The target doses, in order.
    pub doses: Vec<TargetDoseFacts>,
}

/// A target dose.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TargetDoseFacts {
    /// Ages.
    pub ages: Vec<AgeFacts>,
    /// Intervals that must all be kept.
    pub intervals: Vec<IntervalFacts>,
    /// Intervals that will do instead.
    pub allowable_intervals: Vec<IntervalFacts>,
    /// Vaccines to be given.
    pub preferable: Vec<PreferableFacts>,
    /// Vaccines that count.
    pub allowable: Vec<VaccinesAtAge>,
    /// Vaccines that were a mistake.
    pub inadvertent: Vec<Cvx>,
    /// When the dose is not needed.
    pub skips: Vec<SkipFacts>,
    /// The dose is needed again and again.
    pub is_recurring: bool,
    /// The season in which it is given.
    pub season: Option<SeasonFacts>,
}

impl TargetDoseFacts {
    /// The days on which its rules begin.
    fn days(&self) -> impl Iterator<Item = Date> {
        let sets = || self.skips.iter().flat_map(|skip| &skip.sets);
        let counts = sets().flat_map(|set| &set.conditions).filter_map(|condition| match condition {
            SkipConditionFacts::Count(count) => count.since,
            _ => None,
        });
        let intervals = self.intervals.iter().chain(&self.allowable_intervals).map(|interval| interval.effect);
        let effects = self.ages.iter().map(|age| age.effect).chain(intervals).chain(sets().map(|set| set.effect));
        effects.filter_map(|effect| effect.effective).chain(self.season.and_then(|season| season.start)).chain(counts)
    }
}

/// When rows are in effect; both days are included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EffectFacts {
    /// First day.
    pub effective: Option<Date>,
    /// Last day.
    pub ceased: Option<Date>,
}

/// Ages of a target dose.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AgeFacts {
    /// Absolute minimum, grace included.
    pub absolute: Option<Period>,
    /// Minimum.
    pub minimum: Option<Period>,
    /// Earliest recommended.
    pub recommended: Option<Period>,
    /// Latest recommended.
    pub late: Option<Period>,
    /// Maximum.
    pub maximum: Option<Period>,
    /// When the row is in effect.
    pub effect: EffectFacts,
}

/// What an interval is counted from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum IntervalFrom {
    /// The dose before it.
    #[default]
    Previous,
    /// The dose that satisfied a target dose.
    TargetDose(u8),
    /// The latest dose of any of these vaccines.
    MostRecent(Vec<Cvx>),
    /// An observation.
    Observation(ObservationCode),
}

/// An interval to be kept.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IntervalFacts {
    /// What it is counted from.
    pub from: IntervalFrom,
    /// Absolute minimum, grace included.
    pub absolute: Option<Period>,
    /// Minimum.
    pub minimum: Option<Period>,
    /// Earliest recommended.
    pub recommended: Option<Period>,
    /// Latest recommended.
    pub late: Option<Period>,
    /// It overrides the other antigens of the vaccine group.
    pub is_override: bool,
    /// When the row is in effect.
    pub effect: EffectFacts,
}

/// Vaccines to be given, all under the same terms.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PreferableFacts {
    /// The vaccines.
    pub vaccines: Vec<Cvx>,
    /// From this age.
    pub from: Option<Period>,
    /// Before this age.
    pub before: Option<Period>,
    /// Only of this manufacturer, MVX.
    pub maker: Option<String>,
    /// Only of this trade name.
    pub trade_name: Option<String>,
    /// Full volume in milliliters, as written.
    pub volume: Option<String>,
    /// To be named in a forecast.
    pub is_recommended: bool,
}

/// The season of a target dose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SeasonFacts {
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
}

/// Where a conditional skip is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SkipContext {
    /// While evaluating and while forecasting.
    #[default]
    Both,
    /// While evaluating.
    Evaluation,
    /// While forecasting.
    Forecast,
}

/// A conditional skip.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SkipFacts {
    /// Where it is asked.
    pub context: SkipContext,
    /// All sets must hold, not just one.
    pub needs_every_set: bool,
    /// The sets.
    pub sets: Vec<SkipSetFacts>,
}

/// A set of conditions.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SkipSetFacts {
    /// When the set is in effect.
    pub effect: EffectFacts,
    /// One condition is enough.
    pub needs_any: bool,
    /// The conditions.
    pub conditions: Vec<SkipConditionFacts>,
}

/// A condition under which a target dose is skipped.
#[derive(Clone, PartialEq, Debug)]
pub enum SkipConditionFacts {
    /// The person's age.
    Age {
        /// From this age.
        from: Option<Period>,
        /// Before this age.
        before: Option<Period>,
    },
    /// Time since the dose before.
    Interval(Period),
    /// A series of one of these groups is complete.
    CompletedSeries(Vec<u8>),
    /// So many doses were given.
    Count(CountFacts),
}

/// How many doses of which kind.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CountFacts {
    /// Only valid doses.
    pub valid_only: bool,
    /// How the number compares.
    pub comparison: Comparison,
    /// With this number.
    pub number: u8,
    /// Of these vaccines; any of the antigen when empty.
    pub vaccines: Vec<Cvx>,
    /// Given from this age.
    pub from: Option<Period>,
    /// Given before this age.
    pub before: Option<Period>,
    /// Given on or after this day.
    pub since: Option<Date>,
    /// Given before this day.
    pub until: Option<Date>,
}

/// How a count compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Comparison {
    /// More than.
    #[default]
    Greater,
    /// Exactly.
    Equal,
    /// Fewer than.
    Less,
}
