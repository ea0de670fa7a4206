-- What of a rollout is planned ahead, so that a restart neither loses nor repeats a step and several replicas take it once. The
-- same rules as in the first migration hold: this text runs on SQLite and on PostgreSQL.

-- A schedule as the flags state it, and how far it has come. `plan` is the hash of its steps: other steps are another schedule.
create table schedules (
  target     text   not null, -- the route or group
  plan       text   not null,
  status     text   not null, -- running, done, cancelled
  next_step  bigint not null, -- from 0; all before it are taken, or were behind the route when the schedule was first seen
  state      text   not null, -- where the route has to be; anywhere else, somebody has moved it
  since      bigint not null, -- when the last step was taken, or the schedule first seen
  claimed_at bigint,          -- a replica is taking the next step since then
  request    bigint,          -- the approval that the next step waits for
  note       text   not null, -- for people: what it waits for, or why it ended
  constraint schedules_pkey primary key (target, plan)
);

-- What waits for a second person, and what became of it.
create table approval_requests (
  id           bigint not null,
  target       text   not null,
  from_state   text   not null,
  to_state     text   not null,
  action       text   not null,
  reason       text   not null,
  evidence     text   not null, -- JSON
  requested_by text   not null,
  requested_at bigint not null,
  expires_at   bigint not null,
  status       text   not null, -- waiting, approved, declined, expired
  decided_by   text,
  decided_at   bigint,
  constraint approval_requests_pkey primary key (id)
);

-- Since when a route or group is where it is, as far as any replica has seen: also where a person edited the file.
create table route_states (
  target text   not null,
  state  text   not null,
  since  bigint not null,
  constraint route_states_pkey primary key (target)
);
