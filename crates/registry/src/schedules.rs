//! The immunization schedules that a registry keeps, and the one in use.
//!
//! The program brings one. Operators load others, and local rules that are laid over one; what is in use is a setting, which
//! every node takes up within seconds.

use std::sync::{Arc, PoisonError, RwLock};

use forecast::{Schedule, ScheduleError};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use store::{Database, LoadedSchedule};

use crate::{Admission, Registry, RegistryError};

/// The setting that says which schedule is in use: its name on the first line, then local rules, one name a line.
const IN_USE_SETTING: &str = "schedule_in_use";
/// A registry keeps so many schedules; one is half a megabyte of text.
const SCHEDULES_MAXIMUM: usize = 100;
/// The longest name of a schedule.
const NAME_LENGTH_MAXIMUM: usize = 80;

/// A schedule, or local rules, to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSchedule {
    /// Its name, one line.
    pub name: String,
    /// Local rules: they are laid over a schedule, and are none by themselves.
    pub is_local: bool,
    /// Names and texts of its files.
    pub files: Vec<(String, String)>,
    /// Now.
    pub at: Timestamp,
}

/// A schedule that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownSchedule {
    /// Its name.
    pub name: String,
    /// Local rules.
    pub is_local: bool,
    /// When it was loaded; `None` for the one that comes with the program.
    pub loaded_at: Option<Timestamp>,
    /// It is in use.
    pub is_in_use: bool,
}

impl Registry {
    /// The vaccine groups whose last season in the schedule in use is over on a day, each with the last day of it.
    pub fn ended_seasons(&self, on: Date) -> Vec<(String, Date)> {
        let schedule = self.schedule();
        schedule.ended_seasons(on).into_iter().map(|(group, last)| (group.to_owned(), last)).collect()
    }
}

/// The schedule in use, and how it was named when it was read.
#[derive(Debug)]
pub(crate) struct ScheduleInUse {
    current: RwLock<(String, Arc<Schedule>)>,
}

impl ScheduleInUse {
    /// The one that the registry says; where it says none, the one of the program.
    pub(crate) fn open(database: &Database) -> Result<ScheduleInUse, RegistryError> {
        let in_use = ScheduleInUse { current: RwLock::new((String::new(), Schedule::builtin().clone())) };
        in_use.refresh(database)?;
        Ok(in_use)
    }

    pub(crate) fn current(&self) -> Arc<Schedule> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Takes up what is in use now. What cannot be used leaves the known one in use.
    pub(crate) fn refresh(&self, database: &Database) -> Result<(), RegistryError> {
        let choice = Choice::stored(database)?;
        let known = database.schedules()?;
        let fingerprint = choice.fingerprint(&known);
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 == fingerprint {
            return Ok(());
        }
        let schedule = choice.open(database)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (fingerprint, schedule);
        Ok(())
    }
}

/// Which schedule, and which local rules over it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Choice {
    /// Empty for the one of the program.
    name: String,
    local: Vec<String>,
}

impl Choice {
    fn stored(database: &Database) -> Result<Choice, RegistryError> {
        let setting = database.setting(IN_USE_SETTING)?.unwrap_or_default();
        let mut lines = setting.lines().map(str::to_owned);
        Ok(Choice { name: lines.next().unwrap_or_default(), local: lines.collect() })
    }

    fn text(&self) -> String {
        std::iter::once(&self.name).chain(&self.local).map(|name| format!("{name}\n")).collect()
    }

    fn names(&self, name: &str) -> bool {
        self.local.iter().any(|local| local == name) || self.name == name || self.is_of_program() && is_builtin(name)
    }

    fn is_of_program(&self) -> bool {
        self.name.is_empty() || is_builtin(&self.name)
    }

    /// Changes when another one is chosen, and when the text of the one chosen is replaced. Empty for the one of the program.
    fn fingerprint(&self, known: &[LoadedSchedule]) -> String {
        if self.is_of_program() && self.local.is_empty() {
            return String::new();
        }
        let chosen = known.iter().filter(|schedule| self.names(&schedule.name));
        chosen.fold(self.text(), |text, schedule| text + &hexadecimal(&schedule.hash))
    }

    fn open(&self, database: &Database) -> Result<Arc<Schedule>, RegistryError> {
        let base = if self.is_of_program() {
            Schedule::builtin().clone()
        } else {
            let files = read(database, &self.name, false)?;
            Arc::new(Schedule::parse(texts(&files)).map_err(unusable)?)
        };
        self.local.iter().try_fold(base, |schedule, name| {
            let files = read(database, name, true)?;
            Ok(Arc::new(overlaid(&schedule, name, &files)?))
        })
    }
}

/// A schedule under local rules. Forecasts name both.
fn overlaid(schedule: &Schedule, name: &str, files: &[(String, String)]) -> Result<Schedule, RegistryError> {
    let named = format!("schedule {} with {name}\n", schedule.name());
    let files = texts(files).chain(std::iter::once((name, named.as_str())));
    schedule.with_overlay(files).map_err(unusable)
}

fn is_builtin(name: &str) -> bool {
    name == Schedule::builtin().name()
}

fn texts(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

fn read(database: &Database, name: &str, is_local: bool) -> Result<Vec<(String, String)>, RegistryError> {
    match database.find_schedule(name)? {
        Some((schedule, files)) if schedule.is_local == is_local => Ok(files),
        Some(_) if is_local => Err(RegistryError::Refused(format!("{name} is a whole schedule, not local rules"))),
        Some(_) => Err(RegistryError::Refused(format!("{name} is local rules, which need a schedule under them"))),
        None => Err(RegistryError::Refused(format!("there is no schedule {name}"))),
    }
}

fn unusable(error: ScheduleError) -> RegistryError {
    RegistryError::Refused(error.to_string())
}

fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Registry {
    /// The schedule in use, with the local rules over it.
    pub fn schedule(&self) -> Arc<Schedule> {
        self.schedule_in_use().current()
    }

    /// The schedules that can be used, and which one is.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn schedules(&self, _admission: &Admission) -> Result<Vec<KnownSchedule>, RegistryError> {
        let choice = Choice::stored(self.database())?;
        let builtin = Schedule::builtin().name();
        let mut known = vec![KnownSchedule {
            name: builtin.to_owned(),
            is_local: false,
            loaded_at: None,
            is_in_use: choice.is_of_program(),
        }];
        known.extend(self.database().schedules()?.into_iter().map(|schedule| KnownSchedule {
            is_in_use: choice.names(&schedule.name),
            name: schedule.name,
            is_local: schedule.is_local,
            loaded_at: Some(schedule.loaded_at),
        }));
        Ok(known)
    }

    /// A schedule that is kept, or the one of the program, without local rules.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none of this name; when the database cannot be read.
    pub fn open_schedule(&self, _admission: &Admission, name: &str) -> Result<Arc<Schedule>, RegistryError> {
        Choice { name: name.to_owned(), local: Vec::new() }.open(self.database())
    }

    /// Keeps a schedule, or local rules, after reading them. One of the same name is replaced; if it is in use, its new text is.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] for a name that cannot be one and for text that cannot be used; when the database cannot be
    /// written.
    pub fn keep_schedule(&self, _admission: &Admission, new: &NewSchedule) -> Result<(), RegistryError> {
        let is_word = |name: &str| name.trim() == name && !name.contains(char::is_control);
        if new.name.is_empty() || new.name.chars().count() > NAME_LENGTH_MAXIMUM || !is_word(&new.name) {
            let why = format!("the name of a schedule is one line of {NAME_LENGTH_MAXIMUM} characters at most");
            return Err(RegistryError::Refused(why));
        }
        if is_builtin(&new.name) {
            return Err(RegistryError::Refused(format!("{} comes with the program; choose another name", new.name)));
        }
        if new.is_local {
            overlaid(&self.schedule(), &new.name, &new.files)?;
        } else {
            Schedule::parse(texts(&new.files)).map_err(unusable)?;
        }
        let known = self.database().schedules()?;
        if known.len() >= SCHEDULES_MAXIMUM && !known.iter().any(|schedule| schedule.name == new.name) {
            let why = format!("there are {SCHEDULES_MAXIMUM} schedules already; remove one first");
            return Err(RegistryError::Refused(why));
        }
        let mut hash = Sha256::new();
        for (name, text) in &new.files {
            hash.update(name);
            hash.update([0]);
            hash.update(text);
            hash.update([0]);
        }
        let schedule = LoadedSchedule {
            name: new.name.clone(),
            is_local: new.is_local,
            loaded_at: new.at,
            hash: hash.finalize().into(),
        };
        self.database().keep_schedule(&schedule, &new.files)?;
        self.schedule_in_use().refresh(self.database())
    }

    /// Uses a schedule, with local rules laid over it in this order. Every node takes it up within seconds.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when one is not there or they do not fit together; when the database cannot be written.
    pub fn use_schedule(&self, _admission: &Admission, name: &str, local: &[String]) -> Result<(), RegistryError> {
        let choice = Choice { name: name.to_owned(), local: local.to_vec() };
        choice.open(self.database())?;
        self.database().set_setting(IN_USE_SETTING, &choice.text())?;
        self.schedule_in_use().refresh(self.database())
    }

    /// Forgets a schedule that is not in use.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when it is in use, or not there; when the database cannot be written.
    pub fn remove_schedule(&self, _admission: &Admission, name: &str) -> Result<(), RegistryError> {
        if Choice::stored(self.database())?.names(name) {
            return Err(RegistryError::Refused(format!("{name} is in use; use another one first")));
        }
        if !self.database().delete_schedule(name)? {
            return Err(RegistryError::Refused(format!("there is no schedule {name} to remove")));
        }
        Ok(())
    }
}
