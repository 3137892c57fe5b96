//! The weights by which this registry tells people apart: those that come with the program, until an operator puts others in use.

use matching::Weights;
use store::Database;

use crate::{Admission, Registry, RegistryError};

/// The setting that holds the table in use; none means the built-in one.
const WEIGHTS_SETTING: &str = "match_weights";

/// The table in use.
pub(crate) fn weights_in_use(database: &Database) -> Result<Weights, RegistryError> {
    match database.setting(WEIGHTS_SETTING)?.filter(|text| !text.is_empty()) {
        None => Ok(Weights::builtin()),
        Some(text) => Weights::parse(&text).map_err(|error| {
            RegistryError::Refused(format!("the weights in use cannot be read ({error}); order `match use builtin`"))
        }),
    }
}

impl Registry {
    /// The table of weights in use on this node.
    pub fn weights_in_use(&self) -> &Weights {
        self.rules().matcher.weights()
    }

    /// What decisions are kept with: weights and policy.
    pub fn matcher_version(&self) -> String {
        self.rules().matcher.version()
    }

    /// Puts a table of weights in use, `None` for the built-in one. Nodes take it when they start.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn use_weights(&self, _admission: &Admission, weights: Option<&Weights>) -> Result<(), RegistryError> {
        let text = weights.map(Weights::to_text).unwrap_or_default();
        Ok(self.database().set_setting(WEIGHTS_SETTING, &text)?)
    }
}
