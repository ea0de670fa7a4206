-- Ficus's own store: what was compared, what differed, who decided what. The same text runs on SQLite (the default, a file
-- beside the configuration) and on PostgreSQL (several replicas), so it keeps to what both understand:
--   * every time is `bigint`, milliseconds since 1970-01-01 UTC; every JSON document is `text`; every hash is lower-case hex;
--   * no serials: identifiers are made by the application, and a sequence number is the previous one plus one;
--   * truth values are `bigint` 0 or 1;
--   * counters are added and never overwritten, so replicas can share them:
--       insert ... on conflict (...) do update set n = <table>.n + excluded.n
-- Names are unqualified. On PostgreSQL the connection's `search_path` says where the tables go; never into the app's `public`.

-- How often a route's two answers agreed or not. `outcome`: match, mismatch, transient, deviates. `status` is legacy's status
-- code, so that uncovered statuses show. `flag_version` separates what was seen before and after a flip.
create table comparison_counts (
  route        text   not null,
  direction    text   not null, -- 'shadow' (legacy answered the client) or 'reverse' (native did)
  outcome      text   not null,
  status       bigint not null,
  flag_version bigint not null,
  hour         bigint not null, -- start of the hour
  n            bigint not null,
  constraint comparison_counts_pkey primary key (route, direction, outcome, status, flag_version, hour)
);

create index comparison_counts_hour_idx on comparison_counts (hour);

-- Requests that were not compared, and why: sampled out, over the body budget, queue full, needs an outside call ...
create table not_compared_counts (
  route  text   not null,
  reason text   not null,
  hour   bigint not null,
  n      bigint not null,
  constraint not_compared_counts_pkey primary key (route, reason, hour)
);

create index not_compared_counts_hour_idx on not_compared_counts (hour);

-- How long both sides took, as a histogram: `bucket` is the upper bound in microseconds, `side` is legacy or native.
create table latency_counts (
  route  text   not null,
  side   text   not null,
  bucket bigint not null,
  hour   bigint not null,
  n      bigint not null,
  constraint latency_counts_pkey primary key (route, side, bucket, hour)
);

create index latency_counts_hour_idx on latency_counts (hour);

-- Differences of one cause. `group_key` is the hash of route, kind and path template (`$.items[*].total`).
create table difference_groups (
  group_key     text   not null,
  route         text   not null,
  kind          text   not null, -- status, header, body, rows, effects
  path_template text   not null,
  legacy_sample text,            -- redacted; null where that side has nothing there
  native_sample text,
  first_seen    bigint not null,
  last_seen     bigint not null,
  n             bigint not null,
  clients       bigint not null, -- distinct clients, estimated: one client alone cannot pass for many
  constraint difference_groups_pkey primary key (group_key)
);

create index difference_groups_route_idx on difference_groups (route, last_seen);

-- A few whole exchanges per group, redacted before they are stored.
create table difference_samples (
  id         text   not null,
  group_key  text   not null,
  at         bigint not null,
  request    text   not null,
  legacy     text   not null,
  native     text   not null,
  effects    text   not null, -- what native announced
  reproducer text   not null, -- a curl line without secrets
  legacy_ms  bigint not null,
  native_ms  bigint not null,
  constraint difference_samples_pkey primary key (id),
  constraint difference_samples_group_key_fkey foreign key (group_key) references difference_groups (group_key) on delete cascade
);

create index difference_samples_group_key_idx on difference_samples (group_key, at);

-- A person's decision that a group of differences does not count, for a stated reason, until a stated time.
create table waivers (
  id         text   not null,
  group_key  text   not null, -- no foreign key: a waiver outlives the clearing of its group
  route      text   not null,
  reason     text   not null,
  author     text   not null,
  created_at bigint not null,
  expires_at bigint,          -- null: does not expire
  revoked_at bigint,
  revoked_by text,
  constraint waivers_pkey primary key (id)
);

create index waivers_group_key_idx on waivers (group_key);
create index waivers_route_idx on waivers (route);

-- Every act that changed what users get, chained by hash: `hash` covers the row and `previous_hash`, so that a changed or
-- missing row shows. `seq` starts at 1; two replicas that append at once meet on the primary key and the loser tries again.
create table audit_log (
  seq           bigint not null,
  at            bigint not null,
  actor         text   not null, -- a person, or the guard, the scheduler, a signal
  action        text   not null,
  target        text   not null, -- the route or group, or '*' for everything
  reason        text   not null,
  from_state    text,
  to_state      text,
  evidence      text   not null, -- JSON: the readiness verdict it rested on, or {}
  previous_hash text   not null, -- 64 zeros in the first row
  hash          text   not null,
  constraint audit_log_pkey primary key (seq),
  constraint audit_log_previous_hash_key unique (previous_hash),
  constraint audit_log_hash_key unique (hash)
);

create index audit_log_target_idx on audit_log (target, seq);

-- Every flag file that was in force, whole.
create table flag_versions (
  version      bigint not null,
  hash         text   not null,
  yaml         text   not null,
  published_at bigint not null,
  author       text   not null,
  constraint flag_versions_pkey primary key (version)
);

create index flag_versions_hash_idx on flag_versions (hash);
