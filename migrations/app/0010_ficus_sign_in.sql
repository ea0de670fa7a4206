-- What signing in needs beyond legacy's tables, in the schema `ficus`. Neither table holds an address, an e-mail or a token:
-- keys are hashes. Times are the application's, never the database's.

-- How often something was tried within a window. In the database, so that a limit holds across replicas and restarts.
create table ficus.throttle (
  key     text        not null, -- SHA-256 of what is limited, lower-case hexadecimal
  events  integer     not null,
  ends_at timestamptz not null, -- the window is over; the row counts as 0 and may be removed
  constraint throttle_pkey primary key (key),
  constraint throttle_events_check check (events >= 0)
);

create index throttle_ends_at_idx on ficus.throttle (ends_at);

-- Tokens that were given back before they ran out. A row may be removed when its token would have run out.
create table ficus.revoked_tokens (
  token_hash bytea       not null, -- SHA-256 of the token as sent
  ends_at    timestamptz not null,
  constraint revoked_tokens_pkey primary key (token_hash)
);

create index revoked_tokens_ends_at_idx on ficus.revoked_tokens (ends_at);
