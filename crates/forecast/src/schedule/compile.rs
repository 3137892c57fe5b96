//! Compiles facts to tables.

use model::{Cvx, Sex};

use super::{
    AgeId, AgeRow, AntigenRule, Association, Condition, ConflictRule, Count, CvxSet, Effect, From, GroupRule,
    ImmuneBirth, Indication, IntervalRow, Mvx, ProductContraindication, ProductRow, Schedule, SeriesRule, SkipRule,
    SkipSet, Span, TargetRule, VaccineId, VaccineRule,
};
use crate::days::Day;
use crate::facts::{
    AgeFacts, AntigenFacts, ContraindicationFacts, CountFacts, EffectFacts, IntervalFacts, IntervalFrom,
    PreferableFacts, ScheduleFacts, SeriesFacts, SkipConditionFacts, SkipFacts, TargetDoseFacts, VaccinesAtAge,
};
use crate::periods::Period;

/// Rules that do not fit together: of a schedule, an antigen or a series.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct CompileError {
    /// Where.
    pub place: String,
    /// Why.
    pub reason: String,
}

fn error(place: &str, reason: impl Into<String>) -> CompileError {
    CompileError { place: place.to_owned(), reason: reason.into() }
}

/// No limit below is near what a release needs; each keeps a number small.
const ANTIGEN_LIMIT: usize = 200;
const SERIES_LIMIT: usize = 2_000;
const GROUP_OF_SERIES_LIMIT: u8 = 63;

impl Schedule {
    /// Compiles the tables of a schedule.
    ///
    /// # Errors
    /// [`CompileError`] when a rule names an antigen, a group or a target dose that is not there, or a limit is passed.
    pub fn compile(facts: ScheduleFacts) -> Result<Schedule, CompileError> {
        let mut schedule = empty(&facts);
        schedule.add_vaccines(&facts)?;
        schedule.add_groups(&facts)?;
        for conflict in &facts.conflicts {
            let previous = schedule.set(&conflict.previous);
            let current = schedule.set(&conflict.current);
            let (begin, minimum_end, end) = (conflict.begin, conflict.minimum_end, conflict.end);
            schedule.conflicting[0].union(&previous);
            schedule.conflicting[1].union(&current);
            schedule.conflicts.push(ConflictRule { previous, current, begin, minimum_end, end });
        }
        for (place, antigen) in facts.antigens.iter().enumerate() {
            schedule.add_antigen(u8::try_from(place).expect("the limit keeps it small"), antigen)?;
        }
        schedule.facts = facts;
        Ok(schedule)
    }

    fn add_vaccines(&mut self, facts: &ScheduleFacts) -> Result<(), CompileError> {
        if facts.antigens.len() > ANTIGEN_LIMIT {
            return Err(error(&facts.name, format!("there can be {ANTIGEN_LIMIT} antigens")));
        }
        for vaccine in &facts.vaccines {
            let start = self.associations.len();
            for association in &vaccine.antigens {
                let antigen = facts.antigens.iter().position(|antigen| antigen.name == association.antigen);
                let unknown =
                    || error(&format!("vaccine {}", vaccine.cvx), format!("no antigen {}", association.antigen));
                let antigen = u8::try_from(antigen.ok_or_else(unknown)?).expect("the limit keeps it small");
                let (from, before) = (self.age(association.from), self.age(association.before));
                self.associations.push(Association { antigen, from, before });
            }
            let associations = Span::new(start, self.associations.len());
            let place =
                self.place(vaccine.cvx).ok_or_else(|| error("vaccines", format!("there can be {}", CvxSet::LIMIT)))?;
            self.vaccines[usize::from(place)] =
                VaccineRule { cvx: vaccine.cvx, name: vaccine.name.clone(), associations };
        }
        Ok(())
    }

    fn add_groups(&mut self, facts: &ScheduleFacts) -> Result<(), CompileError> {
        for group in &facts.groups {
            let mut antigens = Vec::new();
            for name in &group.antigens {
                let place = facts.antigens.iter().position(|antigen| antigen.name == *name);
                let place = place.ok_or_else(|| error(&group.name, format!("no antigen {name}")))?;
                antigens.push(u8::try_from(place).expect("the limit keeps it small"));
            }
            self.groups.push(GroupRule {
                name: group.name.clone(),
                is_given_in_full: group.is_given_in_full,
                antigens,
            });
        }
        Ok(())
    }

    fn add_antigen(&mut self, place: u8, antigen: &AntigenFacts) -> Result<(), CompileError> {
        let group = self.groups.iter().position(|group| group.antigens.contains(&place));
        let group = group.and_then(|group| u8::try_from(group).ok());
        let group = group.ok_or_else(|| error(&antigen.name, "is in no vaccine group"))?;
        let immune_births = antigen.immune_births.iter().map(|birth| ImmuneBirth {
            before: Day::from_date(birth.before),
            country: birth.country.clone(),
            unless: birth.unless.clone(),
        });
        let immune_births = immune_births.collect();
        let contraindications = self.add_indications(&antigen.contraindications);
        let start = self.vaccine_contraindications.len();
        for rule in &antigen.vaccine_contraindications {
            for row in &rule.vaccines {
                let when = Indication { code: rule.code, from: self.age(row.from), before: self.age(row.before) };
                let vaccines = self.set(&row.vaccines);
                self.vaccine_contraindications.push(ProductContraindication { when, vaccines });
            }
        }
        let vaccine_contraindications = Span::new(start, self.vaccine_contraindications.len());
        let start = self.series.len();
        // Risk series may ask whether a standard series is complete, so standard series come first.
        let standard = antigen.series.iter().filter(|series| series.kind != crate::facts::SeriesKind::Risk);
        let risk = antigen.series.iter().filter(|series| series.kind == crate::facts::SeriesKind::Risk);
        for series in standard.chain(risk) {
            self.add_series(place, series)?;
        }
        self.antigens.push(AntigenRule {
            name: antigen.name.clone(),
            group,
            series: Span::new(start, self.series.len()),
            immune_if: antigen.immune_if.clone(),
            immune_births,
            contraindications,
            vaccine_contraindications,
        });
        Ok(())
    }

    fn add_series(&mut self, antigen: u8, series: &SeriesFacts) -> Result<(), CompileError> {
        if series.group > GROUP_OF_SERIES_LIMIT
            || series.equivalent_groups.iter().any(|group| *group > GROUP_OF_SERIES_LIMIT)
        {
            return Err(error(&series.name, format!("groups of series go up to {GROUP_OF_SERIES_LIMIT}")));
        }
        if self.series.len() >= SERIES_LIMIT || series.doses.is_empty() {
            return Err(error(&series.name, format!("needs target doses, and there can be {SERIES_LIMIT} series")));
        }
        let indications = self.add_indications(&series.indications);
        let start = self.targets.len();
        for (place, dose) in series.doses.iter().enumerate() {
            let number = u8::try_from(place + 1).map_err(|_| error(&series.name, "has too many target doses"))?;
            self.add_target(number, dose).map_err(|reason| error(&series.name, format!("dose {number}: {reason}")))?;
        }
        let sexes = series.sexes.iter().fold(0, |sexes, sex| sexes | sex_bit(*sex));
        let rule = SeriesRule {
            name: series.name.clone(),
            antigen,
            kind: series.kind,
            group: series.group,
            equivalent_groups: bits(&series.equivalent_groups),
            sexes,
            is_default: series.is_default,
            is_product_path: series.is_product_path,
            priority: series.priority,
            preference: series.preference.unwrap_or(u8::MAX),
            begin_from: self.age(series.begin_from),
            begin_before: self.age(series.begin_before),
            indications,
            targets: Span::new(start, self.targets.len()),
            last_season_end: self.targets[start..]
                .last()
                .filter(|last| last.is_recurring)
                .and_then(|last| last.season_end),
        };
        self.series.push(rule);
        Ok(())
    }

    fn add_target(&mut self, number: u8, dose: &TargetDoseFacts) -> Result<(), String> {
        let start = self.ages.len();
        for age in &dose.ages {
            let row = self.age_row(age);
            self.ages.push(row);
        }
        let ages = Span::new(start, self.ages.len());
        let intervals = self.add_intervals(&dose.intervals, number)?;
        let allowable_intervals = self.add_intervals(&dose.allowable_intervals, number)?;
        let start = self.products.len();
        let mut preferable_vaccines = CvxSet::default();
        for row in &dose.preferable {
            let row = self.preferable_row(row)?;
            preferable_vaccines.union(&row.vaccines);
            self.products.push(row);
        }
        let preferable = Span::new(start, self.products.len());
        for row in &dose.allowable {
            let row = self.allowable_row(row);
            self.products.push(row);
        }
        let allowable = Span::new(preferable.range().end, self.products.len());
        let skips = self.add_skips(&dose.skips);
        let target = TargetRule {
            number,
            ages,
            intervals,
            allowable_intervals,
            preferable,
            allowable,
            preferable_vaccines,
            inadvertent: self.set(&dose.inadvertent),
            skips,
            is_recurring: dose.is_recurring,
            season_start: dose.season.and_then(|season| season.start).map(Day::from_date),
            season_end: dose.season.and_then(|season| season.end).map(Day::from_date),
        };
        self.targets.push(target);
        Ok(())
    }

    fn age_row(&mut self, age: &AgeFacts) -> AgeRow {
        AgeRow {
            absolute: self.age(age.absolute),
            minimum: self.age(age.minimum),
            recommended: self.age(age.recommended),
            late: self.age(age.late),
            maximum: self.age(age.maximum),
            effect: effect(&age.effect),
        }
    }

    fn add_intervals(&mut self, intervals: &[IntervalFacts], number: u8) -> Result<Span, String> {
        let start = self.intervals.len();
        for interval in intervals {
            let from = match &interval.from {
                IntervalFrom::Previous => From::Previous,
                IntervalFrom::TargetDose(from) if (1..number).contains(from) => From::TargetDose(*from),
                IntervalFrom::TargetDose(from) => return Err(format!("dose {from} is not before it")),
                IntervalFrom::MostRecent(vaccines) => From::MostRecent(self.set(vaccines)),
                IntervalFrom::Observation(code) => From::Observation(*code),
            };
            self.intervals.push(IntervalRow {
                from,
                absolute: interval.absolute,
                minimum: interval.minimum,
                recommended: interval.recommended,
                late: interval.late,
                is_override: interval.is_override,
                effect: effect(&interval.effect),
            });
        }
        Ok(Span::new(start, self.intervals.len()))
    }

    fn preferable_row(&mut self, row: &PreferableFacts) -> Result<ProductRow, String> {
        let maker = match &row.maker {
            Some(maker) => Some(Mvx::parse(maker).ok_or_else(|| format!("\"{maker}\" is not an MVX code"))?),
            None => None,
        };
        let (from, before) = (self.age(row.from), self.age(row.before));
        let vaccines = self.set(&row.vaccines);
        Ok(ProductRow { vaccines, from, before, maker, is_recommended: row.is_recommended })
    }

    fn allowable_row(&mut self, row: &VaccinesAtAge) -> ProductRow {
        let (from, before) = (self.age(row.from), self.age(row.before));
        ProductRow { vaccines: self.set(&row.vaccines), from, before, maker: None, is_recommended: false }
    }

    fn add_indications(&mut self, rules: &[ContraindicationFacts]) -> Span {
        let start = self.indications.len();
        for rule in rules {
            let row = Indication { code: rule.code, from: self.age(rule.from), before: self.age(rule.before) };
            self.indications.push(row);
        }
        Span::new(start, self.indications.len())
    }

    fn add_skips(&mut self, skips: &[SkipFacts]) -> Span {
        let start = self.skips.len();
        for skip in skips {
            let first_set = self.skip_sets.len();
            for set in &skip.sets {
                let first = self.conditions.len();
                for condition in &set.conditions {
                    let condition = self.condition(condition);
                    self.conditions.push(condition);
                }
                let conditions = Span::new(first, self.conditions.len());
                self.skip_sets.push(SkipSet { effect: effect(&set.effect), needs_any: set.needs_any, conditions });
            }
            let sets = Span::new(first_set, self.skip_sets.len());
            self.skips.push(SkipRule { context: skip.context, needs_every_set: skip.needs_every_set, sets });
        }
        Span::new(start, self.skips.len())
    }

    fn condition(&mut self, condition: &SkipConditionFacts) -> Condition {
        match condition {
            SkipConditionFacts::Age { from, before } => {
                Condition::Age { from: self.age(*from), before: self.age(*before) }
            }
            SkipConditionFacts::Interval(period) => Condition::Interval(*period),
            SkipConditionFacts::CompletedSeries(groups) => Condition::CompletedSeries(bits(groups)),
            SkipConditionFacts::Count(count) => Condition::Count(self.count(count)),
        }
    }

    fn count(&mut self, count: &CountFacts) -> Count {
        Count {
            valid_only: count.valid_only,
            comparison: count.comparison,
            number: count.number,
            vaccines: (!count.vaccines.is_empty()).then(|| self.set(&count.vaccines)),
            from: self.age(count.from),
            before: self.age(count.before),
            since: count.since.map_or(Day::FIRST, Day::from_date),
            until: count.until.map_or(Day::LAST, Day::from_date),
        }
    }

    fn age(&mut self, period: Option<Period>) -> AgeId {
        let Some(period) = period else { return AgeId::NONE };
        let known = self.periods.iter().position(|known| *known == period);
        let place = known.unwrap_or_else(|| {
            self.periods.push(period);
            self.periods.len() - 1
        });
        AgeId(u16::try_from(place).expect("a schedule has a few hundred periods"))
    }

    /// The number of a vaccine; one that the list of vaccines lacks is added without antigens. `None` when there are too many.
    fn place(&mut self, cvx: Cvx) -> Option<VaccineId> {
        if let Some(place) = self.vaccine_id(cvx) {
            return Some(place);
        }
        let place = u16::try_from(self.vaccines.len()).ok().filter(|place| usize::from(*place) < CvxSet::LIMIT)?;
        self.vaccines.push(VaccineRule { cvx, name: format!("CVX {cvx}"), associations: Span::default() });
        let code = usize::from(cvx.0);
        if self.vaccine_places.len() <= code {
            self.vaccine_places.resize(code + 1, 0);
        }
        self.vaccine_places[code] = place + 1;
        Some(place)
    }

    /// A set of vaccines; one past the limit is left out, and no dose of it is ever known.
    fn set(&mut self, vaccines: &[Cvx]) -> CvxSet {
        let mut set = CvxSet::default();
        for cvx in vaccines {
            if let Some(place) = self.place(*cvx) {
                set.insert(place);
            }
        }
        set
    }
}

fn empty(facts: &ScheduleFacts) -> Schedule {
    Schedule {
        name: facts.name.clone(),
        facts: ScheduleFacts::default(),
        periods: Vec::new(),
        vaccines: Vec::new(),
        vaccine_places: Vec::new(),
        associations: Vec::new(),
        conflicts: Vec::new(),
        conflicting: [CvxSet::default(); 2],
        groups: Vec::new(),
        antigens: Vec::new(),
        series: Vec::new(),
        targets: Vec::new(),
        ages: Vec::new(),
        intervals: Vec::new(),
        products: Vec::new(),
        skips: Vec::new(),
        skip_sets: Vec::new(),
        conditions: Vec::new(),
        indications: Vec::new(),
        vaccine_contraindications: Vec::new(),
    }
}

/// Female, male, any other: the three that a series may require.
pub(crate) fn sex_bit(sex: Sex) -> u8 {
    match sex {
        Sex::F => 1,
        Sex::M => 2,
        Sex::X | Sex::U => 4,
    }
}

fn bits(numbers: &[u8]) -> u64 {
    numbers.iter().filter(|number| **number <= GROUP_OF_SERIES_LIMIT).fold(0, |bits, number| bits | 1 << number)
}

fn effect(effect: &EffectFacts) -> Effect {
    Effect {
        first: effect.effective.map_or(Day::FIRST, Day::from_date),
        last: effect.ceased.map_or(Day::LAST, Day::from_date),
    }
}
