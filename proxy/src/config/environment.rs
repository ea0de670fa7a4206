//! The environment variables, as one value that is passed around. Nothing else in the data plane reads the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Names and values; values may be secrets and are never shown.
#[derive(Clone, Default)]
pub struct Environment(Arc<BTreeMap<String, String>>);

impl Environment {
    /// That of the process; variables that are not Unicode are left out.
    #[must_use]
    pub fn of_the_process() -> Self {
        let variables = std::env::vars_os();
        Self(Arc::new(
            variables
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        ))
    }

    /// These variables only.
    #[must_use]
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(Arc::new(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ))
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut variables = (*self.0).clone();
        variables.insert(name.to_owned(), value.to_owned());
        Self(Arc::new(variables))
    }

    /// The value of a variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("variables", &self.0.len())
            .finish_non_exhaustive()
    }
}
