//! What PostgreSQL's catalog says about a schema, as text that can be compared.

use std::collections::BTreeMap;

use sqlx::PgPool;

/// Every object of a schema by kind and name, with everything that defines it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Catalog(BTreeMap<(String, String), String>);

impl Catalog {
    /// Tables, columns (place, type, nullability, default), constraints, indexes, enums and sequences of one schema; any view,
    /// function or trigger also counts, so that something added shows.
    pub(super) async fn of_schema(pool: &PgPool, schema: &str) -> Self {
        let rows: Vec<(String, String, String)> = sqlx::query_as(OBJECTS).bind(schema).fetch_all(pool).await.unwrap();
        Self(
            rows.into_iter()
                .map(|(kind, name, definition)| ((kind, name), definition))
                .collect(),
        )
    }

    /// How many objects of one kind there are.
    pub(super) fn count(&self, kind: &str) -> usize {
        self.0.keys().filter(|(found, _)| found == kind).count()
    }

    /// How many foreign keys are among the constraints.
    pub(super) fn foreign_keys(&self) -> usize {
        self.0
            .iter()
            .filter(|((kind, _), definition)| kind == "constraint" && definition.starts_with("FOREIGN KEY"))
            .count()
    }

    /// One line for every object that only one side has or that they define differently.
    pub(super) fn differences_from(&self, other: &Self) -> Vec<String> {
        let mut names: Vec<_> = self.0.keys().chain(other.0.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .map(|name| {
                format!(
                    "{} {}: {:?} against {:?}",
                    name.0,
                    name.1,
                    self.0.get(name),
                    other.0.get(name)
                )
            })
            .collect()
    }
}

/// The catalog rows themselves, with the transaction that last wrote each: equal identities mean that nobody touched a thing,
/// not even to put the same back. The rows of the tables are covered by the files that hold them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity(Vec<String>);

impl Identity {
    /// The identity of the schema `public`.
    pub(super) async fn of_public(pool: &PgPool) -> Self {
        Self(sqlx::query_scalar(IDENTITIES).fetch_all(pool).await.unwrap())
    }
}

const OBJECTS: &str = r"
with here as (select oid from pg_namespace where nspname = $1)
select 'table', c.relname::text, c.relkind::text || ' ' || c.relpersistence::text || ' ' || c.relrowsecurity::text
from pg_class c where c.relnamespace = (select oid from here) and c.relkind in ('r', 'p')
union all
select 'relation', c.relname::text, c.relkind::text
from pg_class c where c.relnamespace = (select oid from here) and c.relkind not in ('r', 'p', 'i', 'S')
union all
select 'column', c.relname || '.' || a.attname,
  concat_ws(' ', row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
    nullif(a.attcollation, 0)::regcollation)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = (select oid from here) and c.relkind in ('r', 'p')
union all
select 'constraint', c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
from pg_constraint k join pg_class c on c.oid = k.conrelid
where k.connamespace = (select oid from here) and k.contype <> 'n'
union all
select 'index', c.relname::text, pg_get_indexdef(c.oid)
from pg_class c where c.relnamespace = (select oid from here) and c.relkind = 'i'
union all
select 'enum', t.typname::text, (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
from pg_type t where t.typnamespace = (select oid from here) and t.typtype = 'e'
union all
select 'sequence', c.relname::text,
  concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
    (select 'owned by ' || o.relname || '.' || a.attname
     from pg_depend p join pg_class o on o.oid = p.refobjid join pg_attribute a on a.attrelid = o.oid and a.attnum = p.refobjsubid
     where p.objid = c.oid and p.deptype = 'a'))
from pg_class c join pg_sequence s on s.seqrelid = c.oid where c.relnamespace = (select oid from here)
union all
select 'function', p.oid::regprocedure::text, p.prosrc
from pg_proc p where p.pronamespace = (select oid from here)
union all
select 'trigger', c.relname || '.' || g.tgname, pg_get_triggerdef(g.oid)
from pg_trigger g join pg_class c on c.oid = g.tgrelid
where c.relnamespace = (select oid from here) and not g.tgisinternal";

const IDENTITIES: &str = r"
with here as (select 'public'::regnamespace::oid as oid),
     relations as (select c.oid from pg_class c where c.relnamespace = (select oid from here))
select row::text from (
  select 'namespace' as kind, n.oid, n.xmin::text, row_to_json(n)::text as content from pg_namespace n where n.oid = (select oid from here)
  union all
  select 'relation', c.oid, c.xmin::text, concat_ws(' ', c.relname, c.relfilenode, c.relowner, c.relacl::text, pg_relation_size(c.oid))
  from pg_class c where c.oid in (select oid from relations)
  union all
  select 'attribute', a.attrelid, a.xmin::text, concat_ws(' ', a.attnum, a.attname, a.atttypid, a.attnotnull) from pg_attribute a where a.attrelid in (select oid from relations)
  union all
  select 'default', d.oid, d.xmin::text, d.adbin::text from pg_attrdef d where d.adrelid in (select oid from relations)
  union all
  select 'constraint', k.oid, k.xmin::text, pg_get_constraintdef(k.oid) from pg_constraint k where k.connamespace = (select oid from here)
  union all
  select 'index', i.indexrelid, i.xmin::text, pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid in (select oid from relations)
  union all
  select 'trigger', g.oid, g.xmin::text, pg_get_triggerdef(g.oid) from pg_trigger g where g.tgrelid in (select oid from relations)
  union all
  select 'type', t.oid, t.xmin::text, t.typname::text from pg_type t where t.typnamespace = (select oid from here)
  union all
  select 'enum', e.oid, e.xmin::text, e.enumlabel::text from pg_enum e join pg_type t on t.oid = e.enumtypid where t.typnamespace = (select oid from here)
  union all
  select 'sequence', s.seqrelid, s.xmin::text, s.seqstart::text from pg_sequence s where s.seqrelid in (select oid from relations)
) as row
order by kind, oid, content";
