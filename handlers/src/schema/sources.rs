//! The migration files of `migrations/app`, carried inside the binary.
//!
//! They are listed by hand rather than by `sqlx::migrate!`, so that a new file is noticed by the build without a build script;
//! a test compares the list with the directory.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The last part of the baseline. All versions up to this one are one step: run together or adopted together.
pub(super) const BASELINE: i64 = 8;

/// One file: its version, its name in words, its text.
struct Source {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        version: 1,
        name: "baseline enums",
        sql: include_str!("../../../migrations/app/0001_baseline_enums.sql"),
    },
    Source {
        version: 2,
        name: "baseline people",
        sql: include_str!("../../../migrations/app/0002_baseline_people.sql"),
    },
    Source {
        version: 3,
        name: "baseline communications",
        sql: include_str!("../../../migrations/app/0003_baseline_communications.sql"),
    },
    Source {
        version: 4,
        name: "baseline conversations",
        sql: include_str!("../../../migrations/app/0004_baseline_conversations.sql"),
    },
    Source {
        version: 5,
        name: "baseline commerce",
        sql: include_str!("../../../migrations/app/0005_baseline_commerce.sql"),
    },
    Source {
        version: 6,
        name: "baseline knowledge",
        sql: include_str!("../../../migrations/app/0006_baseline_knowledge.sql"),
    },
    Source {
        version: 7,
        name: "baseline indexes",
        sql: include_str!("../../../migrations/app/0007_baseline_indexes.sql"),
    },
    Source {
        version: 8,
        name: "baseline foreign keys",
        sql: include_str!("../../../migrations/app/0008_baseline_foreign_keys.sql"),
    },
    Source {
        version: 9,
        name: "ficus outbox",
        sql: include_str!("../../../migrations/app/0009_ficus_outbox.sql"),
    },
    Source {
        version: 10,
        name: "ficus sign in",
        sql: include_str!("../../../migrations/app/0010_ficus_sign_in.sql"),
    },
];

/// A migrator that keeps its record in `ledger` and takes no lock of its own: the caller holds one.
pub(super) fn migrator(ledger: &'static str) -> Migrator {
    let migrations = SOURCES.iter().map(|source| {
        Migration::new(
            source.version,
            Cow::Borrowed(source.name),
            MigrationType::Simple,
            source.sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(ledger);
    migrator.set_locking(false);
    migrator
}

/// The texts of the baseline, in order.
pub(super) fn baseline() -> impl Iterator<Item = &'static str> {
    SOURCES
        .iter()
        .filter(|source| source.version <= BASELINE)
        .map(|source| source.sql)
}

/// A short name for this exact set of migrations: equal sets give equal names. Lower-case hexadecimal, 16 digits. For test
/// templates and for telling builds apart.
#[must_use]
pub fn fingerprint() -> String {
    let mut digest = Sha256::new();
    for source in SOURCES {
        digest.update(source.version.to_be_bytes());
        digest.update(source.sql);
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::SOURCES;

    #[test]
    fn every_file_of_the_directory_is_listed_once_and_in_order() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/app");
        let mut found: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let listed: Vec<String> = SOURCES
            .iter()
            .map(|source| format!("{:04}_{}.sql", source.version, source.name.replace(' ', "_")))
            .collect();
        assert_eq!(found, listed);
    }
}
