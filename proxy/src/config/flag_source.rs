//! `flags:` of the configuration: a file, or the table of versions in PostgreSQL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Problem, Span};

/// Where the flags come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagSource {
    /// A file of this machine.
    File(PathBuf),
    /// The store, which is then PostgreSQL.
    Postgres(PostgresFlags),
}

/// Flags in PostgreSQL, which all replicas follow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresFlags {
    /// `postgres`: the flags are published to the store, whose URL is `store.url`.
    pub source: SourceWord,
    /// The copy of the last good version, for a start without the database; the kill file stands beside it.
    #[serde(default = "standard_cache")]
    pub cache: PathBuf,
    /// How often the newest version is asked for when nothing is announced.
    #[serde(default = "standard_poll")]
    pub poll: Span,
}

/// The word that says what kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceWord {
    /// The store.
    Postgres,
}

/// The least that lies between two looks: each costs the database a query.
const LEAST_POLL: Duration = Duration::from_millis(100);

impl FlagSource {
    /// The file whose neighbour is the kill file: the flag file, or the copy of what PostgreSQL has.
    #[must_use]
    pub fn local_file(&self) -> &Path {
        match self {
            Self::File(file) => file,
            Self::Postgres(settings) => &settings.cache,
        }
    }

    /// The flag file, if the flags are in one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }

    /// Relative paths are relative to the configuration.
    pub(super) fn resolve(&mut self, directory: &Path) {
        let path = match self {
            Self::File(file) => file,
            Self::Postgres(settings) => &mut settings.cache,
        };
        *path = directory.join(&*path);
    }

    /// What contradicts the place of the store, or itself.
    pub(super) fn problems(&self, store: Option<&str>) -> Vec<Problem> {
        let Self::Postgres(settings) = self else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        if store.is_some_and(|url| !is_postgres(url)) {
            let message = "flags in PostgreSQL need a store in PostgreSQL: `store.url: postgres://…`";
            problems.push(Problem::new("store.url", message));
        }
        if settings.poll.0 < LEAST_POLL {
            problems.push(Problem::new("flags.poll", "it must be at least 100ms"));
        }
        problems
    }
}

impl From<PathBuf> for FlagSource {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

/// Whether this is the URL of a PostgreSQL database.
#[must_use]
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

impl<'de> Deserialize<'de> for FlagSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FileOrSection)
    }
}

/// Text is a file, a section is a database: said by hand, because trying one after the other loses the reason of a refusal.
struct FileOrSection;

impl<'de> Visitor<'de> for FileOrSection {
    type Value = FlagSource;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a flag file, or `{ source: postgres }`")
    }

    fn visit_str<E: serde::de::Error>(self, file: &str) -> Result<FlagSource, E> {
        Ok(FlagSource::File(PathBuf::from(file)))
    }

    fn visit_map<A: MapAccess<'de>>(self, section: A) -> Result<FlagSource, A::Error> {
        PostgresFlags::deserialize(MapAccessDeserializer::new(section)).map(FlagSource::Postgres)
    }
}

impl JsonSchema for FlagSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FlagSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let section = generator.subschema_for::<PostgresFlags>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, section] })
    }
}

fn standard_cache() -> PathBuf {
    PathBuf::from("flags.cache.yaml")
}

fn standard_poll() -> Span {
    Span(Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Environment};
    use super::*;

    fn read(flags: &str) -> Result<Config, String> {
        let text = format!("legacy: {{ url: \"http://a:1\" }}\n{flags}\n");
        Config::parse_in(&text, Path::new("conf/ficus.yaml"), Environment::of([])).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_a_file_and_a_section_is_a_database() {
        let file = read("flags: flags.yaml").unwrap();
        assert_eq!(file.flags, Some(FlagSource::File("conf/flags.yaml".into())));
        let database = read("flags: { source: postgres }\nstore: { url: \"postgres://a/b\" }").unwrap();
        let Some(FlagSource::Postgres(settings)) = &database.flags else {
            panic!("{:?}", database.flags);
        };
        assert_eq!(settings.cache, Path::new("conf/flags.cache.yaml"));
        assert_eq!(settings.poll.0, Duration::from_secs(5));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_reason() {
        for (flags, reason) in [
            ("flags: { source: etcd }", "unknown variant `etcd`"),
            ("flags: { cache: a }", "missing field `source`"),
            ("flags: { source: postgres, pol: 1s }", "unknown field `pol`"),
            ("flags: { source: postgres, poll: 1ms }", "at least 100ms"),
            ("flags: [a]", "the name of a flag file"),
            (
                "flags: { source: postgres }\nstore: { url: \"sqlite:a\" }",
                "need a store in PostgreSQL",
            ),
        ] {
            let refused = read(flags).unwrap_err();
            assert!(refused.contains(reason), "{flags}: {refused}");
        }
    }
}
