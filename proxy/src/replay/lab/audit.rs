//! Triggers that note every row change. They exist in databases of the lab only; what they note is rolled back with the dry run.

use sqlx::{PgConnection, PgPool};

/// What the triggers noted in this transaction, in its order.
pub(in crate::replay) const CHANGES: &str = "select coalesce(jsonb_agg(jsonb_build_object('table', relation, 'op', operation, 'pk', key, \
     'old', before, 'new', after) order by number), '[]') from parity_lab.changes";

const INSTALL: &str = r#"
create schema parity_lab;
create unlogged table parity_lab.changes (
    number bigint generated always as identity,
    relation text not null,
    operation text not null,
    key text,
    before jsonb,
    after jsonb
);
create function parity_lab.note() returns trigger language plpgsql as $note$
declare
    before jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) end;
    after jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) end;
    key text;
begin
    select string_agg(coalesce(after, before) ->> part, '|' order by place)
        into key from unnest(tg_argv) with ordinality as parts(part, place);
    insert into parity_lab.changes (relation, operation, key, before, after)
        values (tg_table_name, lower(tg_op), key, before, after);
    return null;
end $note$;
do $install$
declare
    target record;
begin
    for target in
        select c.oid::regclass as relation,
            (select string_agg(quote_literal(a.attname), ', ' order by array_position(i.indkey, a.attnum))
                from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                where i.indrelid = c.oid and i.indisprimary) as key
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    loop
        execute format('create trigger zz_parity_lab after insert or update or delete on %s for each row execute function parity_lab.note(%s)',
            target.relation, coalesce(target.key, ''));
    end loop;
end $install$;
"#;

pub(super) async fn install(database: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(INSTALL).execute(database).await.map(drop)
}

/// The quoted name of a table, and the SQL text of its primary key in the notation of a recording. Both come from the catalogue, so that a
/// name in a recording can only name a table that is there.
pub(super) async fn table_and_key(connection: &mut PgConnection, table: &str) -> sqlx::Result<(String, String)> {
    sqlx::query_as(
        "select format('public.%I', c.relname),
            (select format('concat_ws(''|'', %s)', string_agg(quote_ident(a.attname), ', ' order by array_position(i.indkey, a.attnum)))
                from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                where i.indrelid = c.oid and i.indisprimary)
         from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = $1",
    )
    .bind(table)
    .fetch_one(connection)
    .await
}
