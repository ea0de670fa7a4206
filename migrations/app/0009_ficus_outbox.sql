-- Ficus's first own addition. What Ficus adds to the app's database lives in the schema `ficus`, so that legacy's `public` is
-- never touched and Ficus can be taken out again with `drop schema ficus cascade`.
--
-- The outbox holds the effects that native handlers announced (a text message, an e-mail, a realtime event, a push
-- notification, a job for a worker). A row is written in the same transaction as the handler's own rows, so an effect exists
-- exactly when the change that caused it was committed. It is delivered after the commit, at least once.
--
-- A row is pending until `delivered_at` or `abandoned_at` is set. A worker that takes a pending row sets `locked_until`; when
-- the worker dies, the row becomes free again at that time. Times are the application's, never the database's.

create schema if not exists ficus;

create table ficus.outbox (
  id              uuid        not null,
  idempotency_key text        not null, -- the same effect announced twice is one row; receivers that can, deduplicate by it
  kind            text        not null,
  payload         jsonb       not null,
  request_id      text,                 -- the request that announced it; null when no request did
  created_at      timestamptz not null,
  due_at          timestamptz not null, -- not before; moved into the future by every failed attempt
  attempts        integer     not null default 0,
  last_error      text,                 -- why the latest attempt failed; holds no payload and no secret
  delivered_at    timestamptz,
  abandoned_at    timestamptz,          -- given up after the last attempt
  locked_until    timestamptz,
  constraint outbox_pkey primary key (id),
  constraint outbox_idempotency_key_key unique (idempotency_key),
  constraint outbox_kind_check check (kind in ('sms', 'mail', 'realtime', 'push', 'job')),
  constraint outbox_attempts_check check (attempts >= 0),
  constraint outbox_ended_once_check check (delivered_at is null or abandoned_at is null)
);

create index outbox_pending_idx on ficus.outbox (due_at, id) where delivered_at is null and abandoned_at is null;
create index outbox_delivered_idx on ficus.outbox (delivered_at) where delivered_at is not null; -- for clearing out old rows
