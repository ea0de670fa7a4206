//! What the baseline promises, read out of the baseline's own text, so that there is no second list to keep in step.
//!
//! This is no SQL parser: it knows the few line shapes in which the baseline is written, and a test counts what it finds
//! against the numbers that `contract/schema.md` states.

use super::sources;

/// The tables and unique indexes of the baseline.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) tables: Vec<Table>,
    pub(super) uniques: Vec<Unique>,
}

/// One table of the baseline.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
}

/// One column, its type as PostgreSQL's `format_type` prints it.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) data_type: String,
    pub(super) not_null: bool,
}

/// One unique index over plain columns; primary keys are not among them.
#[derive(Debug)]
pub(super) struct Unique {
    pub(super) table: &'static str,
    pub(super) columns: Vec<&'static str>,
}

/// Reads the baseline.
pub(super) fn expected() -> Expected {
    let mut expected = Expected::default();
    for line in sources::baseline().flat_map(str::lines) {
        if let Some(name) = line
            .strip_prefix("create table public.\"")
            .and_then(|rest| rest.strip_suffix("\" ("))
        {
            expected.tables.push(Table {
                name,
                columns: Vec::new(),
            });
        } else if line.starts_with("create unique index ") {
            expected.uniques.extend(unique(line));
        } else if let (Some(table), Some(column)) = (expected.tables.last_mut(), column(line)) {
            table.columns.push(column);
        }
    }
    expected
}

/// `  "email" varchar(320) not null default '…',`
fn column(line: &'static str) -> Option<Column> {
    let (name, rest) = line.strip_prefix("  \"")?.split_once('"')?;
    let rest = rest.trim_end_matches(',');
    let not_null = rest.contains(" not null");
    let end = [" not null", " default "]
        .iter()
        .filter_map(|word| rest.find(word))
        .min()
        .unwrap_or(rest.len());
    Some(Column {
        name,
        data_type: printed_type(rest.get(..end)?.trim()),
        not_null,
    })
}

/// `create unique index "…" on public."users" ("email", "tenantId");`
fn unique(line: &'static str) -> Option<Unique> {
    let (_, target) = line.split_once(" on public.\"")?;
    let (table, columns) = target.strip_suffix(");")?.split_once("\" (")?;
    Some(Unique {
        table,
        columns: columns.split(", ").map(|column| column.trim_matches('"')).collect(),
    })
}

/// The name that PostgreSQL gives back for a type that was declared by its short name.
fn printed_type(declared: &str) -> String {
    if declared == "serial" {
        return "integer".to_owned();
    }
    if declared == "timestamp(3)" {
        return "timestamp(3) without time zone".to_owned();
    }
    declared.replace("varchar(", "character varying(")
}

#[cfg(test)]
mod tests {
    use super::expected;

    #[test]
    fn the_baseline_has_the_tables_columns_and_unique_indexes_that_the_contract_counts() {
        let expected = expected();
        assert_eq!(expected.tables.len(), 87);
        assert_eq!(
            expected.tables.iter().map(|table| table.columns.len()).sum::<usize>(),
            956
        );
        assert_eq!(
            expected.uniques.len(),
            super::sources::baseline()
                .map(|sql| sql.matches("create unique index").count())
                .sum::<usize>()
        );
    }

    #[test]
    fn a_column_is_read_with_its_printed_type_and_nullability() {
        let expected = expected();
        let column = |table: &str, column: &str| {
            let table = expected
                .tables
                .iter()
                .find(|candidate| candidate.name == table)
                .unwrap();
            let column = table.columns.iter().find(|candidate| candidate.name == column).unwrap();
            (column.data_type.clone(), column.not_null)
        };
        assert_eq!(column("users", "role"), ("public.\"UserRole\"".to_owned(), true));
        assert_eq!(
            column("chatbot_contacts", "email"),
            ("character varying(320)".to_owned(), false)
        );
        assert_eq!(
            column("application_requests", "confidence"),
            ("double precision".to_owned(), true)
        );
        assert_eq!(column("communication_config", "id"), ("integer".to_owned(), true));
        assert_eq!(
            column("tickets", "createdAt"),
            ("timestamp(3) without time zone".to_owned(), true)
        );
        assert_eq!(column("chatbot_feedback", "tags"), ("text[]".to_owned(), false));
    }
}
