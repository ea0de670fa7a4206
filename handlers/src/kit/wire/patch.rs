//! Partial updates.

use serde::{Deserialize, Deserializer};

/// A field of a partial update. Use it with `#[serde(default)]`, which makes an absent field `Absent`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Patch<T> {
    /// Not there: keep.
    #[default]
    Absent,
    /// Null: clear.
    Null,
    /// A value: set.
    Value(T),
}

impl<T> Patch<T> {
    /// What the column becomes, given what it is.
    pub fn apply(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Absent => current,
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Update {
        #[serde(default)]
        assignee: Patch<String>,
    }

    fn apply(body: &str) -> Option<String> {
        serde_json::from_str::<Update>(body)
            .unwrap()
            .assignee
            .apply(Some("before".into()))
    }

    #[test]
    fn absent_keeps_null_clears_a_value_sets() {
        assert_eq!(apply("{}").as_deref(), Some("before"));
        assert_eq!(apply(r#"{"assignee":null}"#), None);
        assert_eq!(apply(r#"{"assignee":"after"}"#).as_deref(), Some("after"));
    }
}
