//! Tells an empty database from one that legacy has filled, by reading its catalog and nothing else.
//!
//! Which differences are harmless is stated in `contract/schema.md`, section "Drift": production databases were built by
//! migrations that leave out some tables, columns and indexes. Those are tolerated and noted; a native handler that meets one
//! faults before it commits, and the request goes to legacy. Everything else that is missing stops the adoption.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sqlx::PgConnection;

use super::SchemaError;
use super::expected::{Column, Expected, Table, expected};

/// Tables that the legacy migrations do not make. `Embedding` depends on an extension.
const TABLES_THAT_MAY_BE_ABSENT: &[&str] = &[
    "ChatbotTheme",
    "Embedding",
    "contact_transfer_requests",
    "crm_activities",
    "crm_appointments",
    "crm_session_summaries",
    "crm_tasks",
    "delivery_methods",
    "delivery_price_rules",
    "payment_product_images",
];

/// Columns that the legacy migrations do not make.
const COLUMNS_THAT_MAY_BE_ABSENT: &[(&str, &str)] = &[
    ("catalog_categories", "metadata"),
    ("chatbot_contacts", "email"),
    ("stock_entries", "isUnlimited"),
    ("stock_locations", "type"),
    ("whatsapp_contacts", "tenantId"),
    ("whatsapp_contacts", "sessionStatus"),
    ("whatsapp_contacts", "sessionStartedAt"),
    ("whatsapp_contacts", "lastSessionClosedAt"),
];

/// A difference between an adopted database and the baseline that does not stop the adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A table that the contract allows to be absent.
    MissingTable {
        /// The table's name.
        table: String,
    },
    /// A column that the contract allows to be absent.
    MissingColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// A column with another type or nullability than the contract states.
    DifferentColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
        /// What the contract states, such as `text not null`.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A column that the contract does not know, which every insert would have to fill.
    UnknownRequiredColumn {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// A unique index of the contract that is not there, under whatever name.
    MissingUnique {
        /// The table's name, and the columns in brackets.
        unique: String,
    },
    /// A unique index that the contract does not know.
    ExtraUnique {
        /// The table's name, and the columns in brackets, with the condition if it has one.
        unique: String,
    },
}

/// A column as the catalog has it.
#[derive(Debug)]
struct Found {
    data_type: String,
    not_null: bool,
    has_default: bool,
}

type FoundTables = BTreeMap<String, BTreeMap<String, Found>>;

/// Nothing when none of the legacy tables is there; otherwise what differs from the baseline without harm.
///
/// # Errors
/// [`SchemaError::Incomplete`] when tables or columns are missing that the contract does not allow to be absent.
pub(super) async fn recognise(connection: &mut PgConnection) -> Result<Option<Vec<Note>>, SchemaError> {
    let expected = expected();
    let found = read_tables(connection).await?;
    let present = expected
        .tables
        .iter()
        .filter(|table| found.contains_key(table.name))
        .count();
    if present == 0 {
        return Ok(None);
    }
    let missing = missing(&expected, &found);
    if !missing.is_empty() {
        return Err(SchemaError::Incomplete {
            present,
            expected: expected.tables.len(),
            missing,
        });
    }
    let mut notes = table_notes(&expected, &found);
    notes.extend(unique_notes(&expected, &found, &read_uniques(connection).await?));
    Ok(Some(notes))
}

async fn read_tables(connection: &mut PgConnection) -> Result<FoundTables, sqlx::Error> {
    let rows: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef or a.attidentity <> ''
         from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where n.nspname = 'public' and c.relkind in ('r', 'p')
         order by c.relname, a.attnum",
    )
    .fetch_all(connection)
    .await?;
    let mut tables = FoundTables::new();
    for (table, column, data_type, not_null, has_default) in rows {
        tables.entry(table).or_default().insert(
            column,
            Found {
                data_type,
                not_null,
                has_default,
            },
        );
    }
    Ok(tables)
}

/// Every unique index that is no primary key, as `table (column, column) where condition`, without its name: names differ.
async fn read_uniques(connection: &mut PgConnection) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text,
                '(' || (select string_agg(coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, k.place::integer, true)), ', ' order by k.place)
                 from unnest(i.indkey::smallint[]) with ordinality as k (attribute, place)
                 left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute and k.attribute > 0
                 where k.place <= i.indnkeyatts) || ')'
                || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid, true), '')
         from pg_index i
         join pg_class c on c.oid = i.indrelid
         join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and i.indisunique and not i.indisprimary
         order by 1, 2",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

fn missing(expected: &Expected, found: &FoundTables) -> Vec<String> {
    let mut missing = Vec::new();
    for table in &expected.tables {
        match found.get(table.name) {
            None if TABLES_THAT_MAY_BE_ABSENT.contains(&table.name) => {}
            None => missing.push(format!("table \"{}\"", table.name)),
            Some(columns) => missing.extend(
                table
                    .columns
                    .iter()
                    .filter(|column| !columns.contains_key(column.name))
                    .filter(|column| !COLUMNS_THAT_MAY_BE_ABSENT.contains(&(table.name, column.name)))
                    .map(|column| format!("column \"{}\".\"{}\"", table.name, column.name)),
            ),
        }
    }
    missing
}

fn table_notes(expected: &Expected, found: &FoundTables) -> Vec<Note> {
    let notes = expected.tables.iter().flat_map(|table| match found.get(table.name) {
        None => vec![Note::MissingTable {
            table: table.name.to_owned(),
        }],
        Some(columns) => column_notes(table, columns),
    });
    notes.collect()
}

fn column_notes(table: &Table, found: &BTreeMap<String, Found>) -> Vec<Note> {
    let known = table
        .columns
        .iter()
        .filter_map(|column| column_note(table.name, column, found.get(column.name)));
    let unknown = found
        .iter()
        .filter(|(name, column)| {
            column.not_null && !column.has_default && !table.columns.iter().any(|known| known.name == **name)
        })
        .map(|(name, _)| Note::UnknownRequiredColumn {
            table: table.name.to_owned(),
            column: name.clone(),
        });
    known.chain(unknown).collect()
}

fn column_note(table: &str, expected: &Column, found: Option<&Found>) -> Option<Note> {
    let Some(found) = found else {
        return Some(Note::MissingColumn {
            table: table.to_owned(),
            column: expected.name.to_owned(),
        });
    };
    let expected_type = described(&expected.data_type, expected.not_null);
    let found_type = described(&found.data_type, found.not_null);
    (expected_type != found_type).then(|| Note::DifferentColumn {
        table: table.to_owned(),
        column: expected.name.to_owned(),
        expected: expected_type,
        found: found_type,
    })
}

fn described(data_type: &str, not_null: bool) -> String {
    format!("{data_type}{}", if not_null { " not null" } else { "" })
}

fn unique_notes(expected: &Expected, tables: &FoundTables, found: &BTreeSet<(String, String)>) -> Vec<Note> {
    let known: BTreeSet<(String, String)> = expected
        .uniques
        .iter()
        .filter(|unique| tables.contains_key(unique.table))
        .map(|unique| (unique.table.to_owned(), format!("({})", unique.columns.join(", "))))
        .collect();
    let is_legacy_table = |name: &str| expected.tables.iter().any(|table| table.name == name);
    let shown = |(table, columns): &(String, String)| format!("{table} {columns}");
    let missing = known
        .difference(found)
        .map(|unique| Note::MissingUnique { unique: shown(unique) });
    let extra = found
        .difference(&known)
        .filter(|(table, _)| is_legacy_table(table))
        .map(|unique| Note::ExtraUnique { unique: shown(unique) });
    missing.chain(extra).collect()
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table } => write!(
                formatter,
                "table \"{table}\" is absent, as in databases made by legacy's migrations alone"
            ),
            Self::MissingColumn { table, column } => {
                write!(
                    formatter,
                    "column \"{table}\".\"{column}\" is absent, as in databases made by legacy's migrations alone"
                )
            }
            Self::DifferentColumn {
                table,
                column,
                expected,
                found,
            } => {
                write!(
                    formatter,
                    "column \"{table}\".\"{column}\" is {found}; the contract has {expected}"
                )
            }
            Self::UnknownRequiredColumn { table, column } => {
                write!(
                    formatter,
                    "column \"{table}\".\"{column}\" is unknown to the contract and must be filled by every insert"
                )
            }
            Self::MissingUnique { unique } => write!(formatter, "no unique index on {unique}"),
            Self::ExtraUnique { unique } => {
                write!(formatter, "a unique index that the contract does not have: {unique}")
            }
        }
    }
}
