//! The schedule that comes with the program, and schedules of an operator.

use std::sync::{Arc, OnceLock};

use super::{CompileError, Schedule};
use crate::facts::ScheduleFacts;
use crate::text;

macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../schedules/cdsi-4.64/", $name)))),*]
    };
}

/// CDC's supporting data 4.64, in our own form.
const BUILTIN: [(&str, &str); 33] = files![
    "antigen-chikungunya.txt"
    "antigen-cholera.txt"
    "antigen-covid-19.txt"
    "antigen-dengue.txt"
    "antigen-diphtheria.txt"
    "antigen-ebola.txt"
    "antigen-hepa.txt"
    "antigen-hepb.txt"
    "antigen-hib.txt"
    "antigen-hpv.txt"
    "antigen-influenza.txt"
    "antigen-japanese-encephalitis.txt"
    "antigen-measles.txt"
    "antigen-meningococcal-b.txt"
    "antigen-meningococcal.txt"
    "antigen-mumps.txt"
    "antigen-orthopoxvirus.txt"
    "antigen-pertussis.txt"
    "antigen-pneumococcal.txt"
    "antigen-polio.txt"
    "antigen-rabies.txt"
    "antigen-rotavirus.txt"
    "antigen-rsv.txt"
    "antigen-rubella.txt"
    "antigen-tbe.txt"
    "antigen-tetanus.txt"
    "antigen-typhoid.txt"
    "antigen-varicella.txt"
    "antigen-yellow-fever.txt"
    "antigen-zoster.txt"
    "observations.txt"
    "schedule.txt"
    "vaccines.txt"
];

/// Why there is no schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A line cannot be read.
    #[error(transparent)]
    Text(#[from] text::TextError),
    /// The rules do not fit together.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

impl Schedule {
    /// The schedule that comes with the program, CDC's supporting data 4.64; read once.
    pub fn builtin() -> &'static Arc<Schedule> {
        static SCHEDULE: OnceLock<Arc<Schedule>> = OnceLock::new();
        SCHEDULE.get_or_init(|| {
            let schedule = Schedule::parse(Schedule::builtin_texts()).expect("our own schedule is read by a test");
            Arc::new(schedule)
        })
    }

    /// The files of the schedule that comes with the program: name and text.
    pub fn builtin_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILTIN.into_iter()
    }

    /// The schedule of these files, each a name and its text.
    ///
    /// # Errors
    /// [`ScheduleError`] with the first line that cannot be read, or the first rule that does not fit the others.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Schedule, ScheduleError> {
        Ok(Schedule::compile(text::read(files)?)?)
    }

    /// This schedule with local rules laid over it: a vaccine, an observation or a series of the same name is replaced, a new one is
    /// added, and so are contraindications. The release itself is not touched.
    ///
    /// # Errors
    /// [`ScheduleError`] as [`Schedule::parse`] has it.
    pub fn with_overlay<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Schedule, ScheduleError> {
        let facts = overlay(self.facts.clone(), text::read(files)?);
        Ok(Schedule::compile(facts)?)
    }
}

/// Replaces what has the same name; adds what is new.
fn overlay(mut facts: ScheduleFacts, local: ScheduleFacts) -> ScheduleFacts {
    if !local.name.is_empty() {
        facts.name = local.name;
    }
    facts.sources.extend(local.sources);
    facts.conflicts.extend(local.conflicts);
    replace_or_add(&mut facts.groups, local.groups, |group| group.name.clone());
    replace_or_add(&mut facts.vaccines, local.vaccines, |vaccine| vaccine.cvx);
    replace_or_add(&mut facts.observations, local.observations, |observation| observation.code);
    for antigen in local.antigens {
        let Some(known) = facts.antigens.iter_mut().find(|known| known.name == antigen.name) else {
            facts.antigens.push(antigen);
            continue;
        };
        known.immune_if.extend(antigen.immune_if);
        known.immune_births.extend(antigen.immune_births);
        replace_or_add(&mut known.contraindications, antigen.contraindications, |rule| rule.code);
        replace_or_add(&mut known.vaccine_contraindications, antigen.vaccine_contraindications, |rule| rule.code);
        replace_or_add(&mut known.series, antigen.series, |series| series.name.clone());
    }
    facts
}

fn replace_or_add<T, K: PartialEq>(known: &mut Vec<T>, local: Vec<T>, key: impl Fn(&T) -> K) {
    for item in local {
        match known.iter_mut().find(|known| key(known) == key(&item)) {
            Some(known) => *known = item,
            None => known.push(item),
        }
    }
}
