-- What judging needs beyond counters: which causes came together, from how many clients, what legacy does to itself, and who
-- waived what. The same rules as in the first migration hold: this text runs on SQLite and on PostgreSQL.

-- Mismatches by the set of their causes: sorted group keys, joined by commas. A waiver or learned noise that covers every cause of
-- a set takes its exchanges out of the mismatches, at the time of the report; so nothing is lost when a waiver expires.
create table mismatch_counts (
  route  text   not null,
  causes text   not null,
  hour   bigint not null,
  n      bigint not null,
  constraint mismatch_counts_pkey primary key (route, causes, hour)
);

create index mismatch_counts_hour_idx on mismatch_counts (hour);

-- Which clients brought a difference about, by a salted hash: one client cannot pass for many, nor many for one.
create table group_clients (
  group_key text   not null,
  client    text   not null,
  n         bigint not null,
  constraint group_clients_pkey primary key (group_key, client)
);

-- Exchanges for which legacy was asked twice.
create table noise_exchanges (
  route text   not null,
  hour  bigint not null,
  n     bigint not null,
  constraint noise_exchanges_pkey primary key (route, hour)
);

create index noise_exchanges_hour_idx on noise_exchanges (hour);

-- Among them: how often native differed at a place (`raw`), and how often legacy differed from itself there (`noise`).
create table noise_counts (
  group_key     text   not null,
  route         text   not null,
  kind          text   not null,
  path_template text   not null,
  hour          bigint not null,
  raw           bigint not null,
  noise         bigint not null,
  constraint noise_counts_pkey primary key (group_key, hour)
);

create index noise_counts_hour_idx on noise_counts (hour);

-- In what way the values differ: changed, missing, extra, type, length, order, identity, time.
alter table difference_groups add column detail text not null default '';

-- What is needed to judge a stored exchange again: times, what was known, and what redaction hides.
alter table difference_samples add column judged text not null default '{}';

-- Every cause that a sample shows; it is stored under the first.
create table sample_causes (
  sample_id text not null,
  group_key text not null,
  constraint sample_causes_pkey primary key (sample_id, group_key),
  constraint sample_causes_sample_id_fkey foreign key (sample_id) references difference_samples (id) on delete cascade
);

create index sample_causes_group_key_idx on sample_causes (group_key);

-- Nothing has written waivers so far; they are matched by patterns now, not by one group.
drop table waivers;

create table waivers (
  id         text   not null,
  route      text   not null, -- patterns, in which * stands for anything
  kind       text   not null,
  path       text   not null,
  owner      text   not null,
  reason     text   not null,
  created_at bigint not null,
  expires_at bigint not null, -- the first moment at which it no longer holds
  constraint waivers_pkey primary key (id)
);

-- What the store knows of itself, such as the salt of client hashes.
create table store_facts (
  name  text not null,
  value text not null,
  constraint store_facts_pkey primary key (name)
);
