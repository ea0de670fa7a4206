//! The app's schema: created on an empty database, recognised in a legacy one, the same as the recorded legacy schema.

mod catalog;

use std::io::Write as _;
use std::path::Path;

use handlers::schema::{Action, Note, Outcome, SchemaError, migrate};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgPool};

use catalog::{Catalog, Identity};
use test_support::database::{Cluster, Database};

/// The versions of the baseline, which are one step.
const BASELINE: std::ops::RangeInclusive<i64> = 1..=8;

#[tokio::test]
async fn an_empty_database_gets_the_whole_schema_of_the_contract() {
    let database = empty_database().await;

    let outcome = migrate(&database.pool).await.unwrap();

    assert_eq!(outcome.action, Action::Created);
    assert_eq!(outcome.notes, []);
    assert!(BASELINE.eq(versions(&outcome).into_iter().take(8)), "{outcome}");
    let catalog = Catalog::of_schema(&database.pool, "public").await;
    // The totals that `contract/schema.md` states in its first paragraph and its counts of keys and indexes.
    assert_eq!(catalog.count("table"), 87);
    assert_eq!(catalog.count("column"), 956);
    assert_eq!(catalog.count("enum"), 35);
    assert_eq!(catalog.count("sequence"), 9);
    assert_eq!(catalog.count("constraint"), 86 + catalog.foreign_keys());
    assert_eq!(catalog.foreign_keys(), 90);
    assert_eq!(catalog.count("index"), 86 + 37 + 116);
}

#[tokio::test]
async fn the_created_schema_equals_the_recorded_legacy_schema() {
    let (created, recorded) = (empty_database().await, empty_database().await);
    migrate(&created.pool).await.unwrap();
    let Some(recording) = recorded_legacy_schema() else {
        // Nothing to compare with: the count of the contract is what is left, so that this is never an empty test.
        // Past the capture of the test runner, so that a run without the recording says so even when it passes.
        let said = std::io::stderr().write_all(
            b"../shared/golden/schema.sql is absent: compared with the contract's totals only
",
        );
        said.unwrap();
        let catalog = Catalog::of_schema(&created.pool, "public").await;
        assert_eq!(
            (catalog.count("table"), catalog.count("column"), catalog.count("enum")),
            (87, 956, 35)
        );
        return;
    };
    load(&recorded.pool, &recording).await;

    let created = Catalog::of_schema(&created.pool, "public").await;
    let recorded = Catalog::of_schema(&recorded.pool, "public").await;

    assert_eq!(created.differences_from(&recorded), Vec::<String>::new());
}

#[tokio::test]
async fn a_legacy_database_is_adopted_and_its_public_schema_is_not_touched() {
    let database = legacy_database().await;
    let (catalog, identity) = (
        Catalog::of_schema(&database.pool, "public").await,
        Identity::of_public(&database.pool).await,
    );

    let outcome = migrate(&database.pool).await.unwrap();

    assert_eq!(outcome.action, Action::AdoptedExisting);
    assert_eq!(outcome.notes, []);
    assert!(
        versions(&outcome).iter().all(|version| !BASELINE.contains(version)),
        "{outcome}"
    );
    assert_eq!(Catalog::of_schema(&database.pool, "public").await, catalog);
    assert_eq!(Identity::of_public(&database.pool).await, identity);
    let name: String = sqlx::query_scalar("select name from tenants")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(name, "Acme");
}

#[tokio::test]
async fn an_adopted_database_and_a_created_one_are_the_same() {
    let (adopted, created) = (legacy_database().await, empty_database().await);

    migrate(&adopted.pool).await.unwrap();
    migrate(&created.pool).await.unwrap();

    for schema in ["public", "ficus"] {
        let (adopted, created) = (
            Catalog::of_schema(&adopted.pool, schema).await,
            Catalog::of_schema(&created.pool, schema).await,
        );
        assert!(created.count("table") > 0);
        assert_eq!(adopted.differences_from(&created), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    for database in [empty_database().await, legacy_database().await] {
        migrate(&database.pool).await.unwrap();
        let identity = Identity::of_public(&database.pool).await;

        let outcome = migrate(&database.pool).await.unwrap();

        assert_eq!(
            outcome,
            Outcome {
                action: Action::AlreadyCurrent,
                applied: vec![],
                notes: vec![]
            }
        );
        assert_eq!(outcome.to_string(), "The schema is current: nothing to do.");
        assert_eq!(Identity::of_public(&database.pool).await, identity);
    }
}

#[tokio::test]
async fn only_what_is_newer_than_the_record_is_applied() {
    let database = empty_database().await;
    migrate(&database.pool).await.unwrap();
    execute(
        &database.pool,
        "drop table ficus.outbox; delete from ficus.migrations where version = 9",
    )
    .await;

    let outcome = migrate(&database.pool).await.unwrap();

    assert_eq!(outcome.action, Action::Upgraded);
    assert_eq!(versions(&outcome).first(), Some(&9));
    assert!(outcome.to_string().contains("applied 0009 ficus outbox"), "{outcome}");
}

#[tokio::test]
async fn a_partial_schema_is_refused_with_a_list_and_left_alone() {
    let database = legacy_database().await;
    execute(
        &database.pool,
        r#"drop table public.system_config; alter table public.users drop column password"#,
    )
    .await;
    let identity = Identity::of_public(&database.pool).await;

    let error = migrate(&database.pool).await.unwrap_err();

    let SchemaError::Incomplete {
        present,
        expected,
        missing,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((*present, *expected), (86, 87));
    assert_eq!(
        *missing,
        [r#"column "users"."password""#, r#"table "system_config""#].map(str::to_owned)
    );
    assert_eq!(Identity::of_public(&database.pool).await, identity);
    assert!(!schema_exists(&database.pool).await);
}

#[tokio::test]
async fn another_applications_table_of_the_same_name_is_not_taken_for_legacy() {
    let database = empty_database().await;
    execute(&database.pool, "create table public.users (id text primary key)").await;

    let error = migrate(&database.pool).await.unwrap_err();

    assert!(
        matches!(&error, SchemaError::Incomplete { present: 1, missing, .. } if missing.len() > 76),
        "{error}"
    );
    assert!(!schema_exists(&database.pool).await);
}

#[tokio::test]
async fn the_drift_that_the_contract_names_is_tolerated_and_noted() {
    let database = legacy_database().await;
    execute(
        &database.pool,
        r#"drop table public.crm_tasks;
           alter table public.chatbot_contacts drop column email;
           alter table public.payment_products alter column "tenantId" drop not null;
           alter table public."Embedding" add column vector text not null;
           drop index public."chatbot_contacts_tenantId_phone_key";
           create unique index tenants_subdomain_key on public.tenants (subdomain) where subdomain is not null;
           alter index public."departments_tenantId_name_key" rename to departments_tenant_name_unique"#,
    )
    .await;
    let identity = Identity::of_public(&database.pool).await;

    let outcome = migrate(&database.pool).await.unwrap();

    let mut notes: Vec<String> = outcome.notes.iter().map(Note::to_string).collect();
    notes.sort();
    assert_eq!(
        notes,
        [
            "a unique index that the contract does not have: tenants (subdomain) where subdomain IS NOT NULL",
            r#"column "Embedding"."vector" is unknown to the contract and must be filled by every insert"#,
            r#"column "chatbot_contacts"."email" is absent, as in databases made by legacy's migrations alone"#,
            r#"column "payment_products"."tenantId" is text; the contract has text not null"#,
            "no unique index on chatbot_contacts (tenantId, phone)",
            r#"table "crm_tasks" is absent, as in databases made by legacy's migrations alone"#,
        ]
    );
    assert_eq!(outcome.action, Action::AdoptedExisting);
    assert_eq!(Identity::of_public(&database.pool).await, identity);
}

#[tokio::test]
async fn of_two_runs_at_once_one_creates_and_the_other_finds_it_done() {
    for database in [empty_database().await, legacy_database().await] {
        let other = PgPool::connect(&database.url).await.unwrap();

        let (first, second) = tokio::join!(migrate(&database.pool), migrate(&other));

        let (first, second) = (first.unwrap(), second.unwrap());
        let idle = [&first, &second]
            .iter()
            .filter(|outcome| outcome.action == Action::AlreadyCurrent)
            .count();
        assert_eq!(idle, 1, "{first}\n{second}");
        let recorded: i64 = sqlx::query_scalar("select count(*) from ficus.migrations")
            .fetch_one(&other)
            .await
            .unwrap();
        assert_eq!(recorded, 10);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_or_altered_build_is_refused() {
    let database = empty_database().await;
    migrate(&database.pool).await.unwrap();

    execute(
        &database.pool,
        r"update ficus.migrations set checksum = '\x00' where version = 9",
    )
    .await;
    let altered = migrate(&database.pool).await.unwrap_err();
    execute(
        &database.pool,
        "update ficus.migrations set version = 9000 where version = 9",
    )
    .await;
    let newer = migrate(&database.pool).await.unwrap_err();

    assert!(matches!(altered, SchemaError::Altered { version: 9 }), "{altered}");
    assert!(matches!(newer, SchemaError::Newer { version: 9000 }), "{newer}");
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing_behind() {
    let database = empty_database().await;
    // In the way of a late part of the baseline: an index of this name already exists.
    execute(
        &database.pool,
        r#"create table public.mine (id text); create index "whatsapp_sessions_tenantId_idx" on public.mine (id)"#,
    )
    .await;
    let identity = Identity::of_public(&database.pool).await;

    let error = migrate(&database.pool).await.unwrap_err();

    assert!(matches!(error, SchemaError::Database(_)), "{error}");
    assert_eq!(Identity::of_public(&database.pool).await, identity);
    assert!(!schema_exists(&database.pool).await);
}

#[tokio::test]
async fn the_store_runs_on_sqlite_and_on_postgresql_and_adds_counters_on_both() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/store");
    let store = Migrator::new(directory).await.unwrap();
    let add = "insert into comparison_counts (route, direction, outcome, status, flag_version, hour, n)
               values ('GET /api/x', 'shadow', 'match', 200, 1, 0, 2)
               on conflict (route, direction, outcome, status, flag_version, hour)
               do update set n = comparison_counts.n + excluded.n";
    let database = empty_database().await;
    sqlx::any::install_default_drivers();

    for url in ["sqlite::memory:", &database.url] {
        let pool = sqlx::any::AnyPoolOptions::new()
            .max_connections(1)
            .connect(url)
            .await
            .unwrap();
        store.run(&pool).await.unwrap();
        store.run(&pool).await.unwrap();
        sqlx::query(add).execute(&pool).await.unwrap();
        sqlx::query(add).execute(&pool).await.unwrap();
        let n: i64 = sqlx::query_scalar("select n from comparison_counts")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(n, 4, "{url}");
    }
}

/// A database as legacy left it: the recorded schema if that is here, otherwise the baseline files run by hand, and a row.
/// A database with nothing in it.
async fn empty_database() -> Database {
    Cluster::shared().await.empty_database().await
}

async fn legacy_database() -> Database {
    let database = empty_database().await;
    match recorded_legacy_schema() {
        Some(recording) => load(&database.pool, &recording).await,
        None => load(&database.pool, &baseline_text()).await,
    }
    execute(
        &database.pool,
        r#"insert into public.tenants (id, name, "updatedAt") values ('acme', 'Acme', '2025-01-01')"#,
    )
    .await;
    database
}

/// The recorded legacy schema without the lines that only `psql` understands.
fn recorded_legacy_schema() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden/schema.sql");
    let text = std::fs::read_to_string(path).ok()?;
    Some(
        text.lines()
            .filter(|line| !line.starts_with('\\'))
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

fn baseline_text() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/app");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().contains("_baseline_"));
    files.sort();
    files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// Runs a dump on a connection of its own, because a dump changes the session's settings.
async fn load(pool: &PgPool, text: &str) {
    let mut connection = pool.acquire().await.unwrap().detach();
    sqlx::raw_sql(AssertSqlSafe(text))
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

async fn execute(pool: &PgPool, text: &'static str) {
    sqlx::raw_sql(text).execute(pool).await.unwrap();
}

async fn schema_exists(pool: &PgPool) -> bool {
    sqlx::query_scalar("select to_regnamespace('ficus') is not null")
        .fetch_one(pool)
        .await
        .unwrap()
}

fn versions(outcome: &Outcome) -> Vec<i64> {
    outcome.applied.iter().map(|step| step.version).collect()
}
