-- Alerts: what was worth a word, to whom it goes and how far that came; when and how people want to be told.

-- A matter that people are told of: one event or several, a camera that is lost, a disk that fails.
create table alert (
  key integer primary key,         -- in order of making
  id blob not null unique,         -- UUIDv7: that of its first event, or its own
  kind text not null,              -- such as motion; see AlertKind
  person blob,                     -- whom alone it is for; null = whoever sees one of its cameras
  cameras text not null,           -- JSON list of ids, in the order in which they saw it; [] = the site itself
  from_90k integer not null,       -- when it began
  seen_90k integer not null,       -- last instant known of it
  rank real not null,              -- what it counts for, 0 to 1
  out integer not null,            -- 1 = it went out at once, 0 = it waits for a digest
  version integer not null,        -- counts what was added to it, from 1
  facts text not null,             -- JSON object: what its words are made of
  made_90k integer not null,       -- wall clock
  escalate_90k integer,            -- when the next in line is told, unless somebody has seen it; null = nobody else is
  escalated integer not null default 0, -- how many of those in line have been told
  handled_90k integer,             -- wall clock when somebody took care of it; null = nobody has
  handled_by text,                 -- who, as they are called; null = nobody has
  handled_note text,               -- what they did, '' = said nothing; null = nobody has
  check (length(id) = 16),
  check (person is null or length(person) = 16),
  check (json_valid(cameras) and json_valid(facts)),
  check (rank between 0 and 1),
  check (out in (0, 1)),
  check ((handled_90k is null) = (handled_by is null) and (handled_90k is null) = (handled_note is null))
) strict;

create index alert_from on alert (from_90k, id);
create index alert_made on alert (made_90k);
create index alert_escalate on alert (escalate_90k) where escalate_90k is not null;

-- Alerts that a digest tells of.
create table digest_member (
  digest_key integer not null references alert (key) on delete cascade,
  alert_key integer not null references alert (key) on delete cascade,
  primary key (digest_key, alert_key)
) strict, without rowid;

-- One alert on its way to one place. Written with the alert: what is in here is not lost.
create table delivery (
  key integer primary key,         -- in order of making, which is the order of sending
  id blob not null unique,         -- UUIDv7: names the message, also when it is sent again
  alert_key integer not null references alert (key) on delete cascade, -- of what
  person blob not null,            -- to whom; 16 zero bytes = to the site's own, such as a webhook
  channel text not null,           -- push | mail | zalo | webhook | mqtt
  target blob not null,            -- id of the push endpoint; 16 zero bytes = the channel has one address for them
  state text not null,             -- due | held (waits for a digest) | sent | digested (a digest tells it) | dropped
  version integer not null,        -- of the alert: what is to be told, or was told
  made_90k integer not null,       -- wall clock
  tries integer not null default 0, -- attempts that were made
  tried_90k integer,               -- wall clock of the last; null = none yet
  sent_90k integer,                -- wall clock when the channel took it; null = it has not
  shown_90k integer,               -- wall clock when the device said it was shown
  opened_90k integer,              -- wall clock when the person opened it
  error text,                      -- why the last attempt failed, without secrets
  unique (alert_key, person, channel, target),
  check (length(id) = 16),
  check (length(person) = 16),
  check (length(target) = 16),
  check (state in ('due', 'held', 'sent', 'digested', 'dropped'))
) strict;

create index delivery_waiting on delivery (person, channel, target, key) where state in ('due', 'held');
create index delivery_target on delivery (target, key);

-- A place that does not take what it is sent at the moment; no row = it does.
create table outlet (
  person blob not null,            -- as in delivery
  channel text not null,           -- as in delivery
  target blob not null,            -- as in delivery
  tries integer not null,          -- failures in a row
  failing_90k integer not null,    -- wall clock of the first of them
  next_90k integer not null,       -- not tried before
  error text not null,             -- why, without secrets
  primary key (person, channel, target)
) strict, without rowid;

-- A browser's push subscription.
create table push_endpoint (
  key integer primary key,
  id blob not null unique,         -- UUIDv7
  person_key integer not null references person (key) on delete cascade, -- whose
  hash blob not null unique,       -- SHA-256 of its address: the same browser is there once
  sealed text not null,            -- address and keys, sealed (see vault): who knows them can send
  host text not null,              -- of the push service, to be shown
  name text not null,              -- what the device is called
  made_90k integer not null,       -- wall clock
  used_90k integer,                -- wall clock of the last message it took; null = none yet
  gone_90k integer,                -- wall clock when the push service said it is no more; null = it is there
  check (length(id) = 16),
  check (length(hash) = 32)
) strict;

create index push_endpoint_person on push_endpoint (person_key);

-- When and how the site alerts, one document to a name: schedule, rules. Its form is the alert room's.
create table alert_setting (
  name text primary key not null,  -- schedule | rules | channel names
  body text not null,              -- JSON object, without secrets
  sealed text,                     -- the channel's secret, sealed; null = none
  revision integer not null,       -- counts its changes, from 1 (If-Match)
  changed_90k integer not null,    -- wall clock of the last
  changed_by text not null,        -- who
  check (json_valid(body))
) strict, without rowid;

-- How somebody wants to be told; no row = as everybody.
create table alert_pref (
  person_key integer primary key references person (key) on delete cascade,
  body text not null,              -- JSON object; its form is the alert room's
  check (json_valid(body))
) strict;

-- Somebody wants quiet for a while.
create table snooze (
  key integer primary key,
  id blob not null unique,         -- UUIDv7
  person_key integer not null references person (key) on delete cascade, -- who
  camera_key integer references camera (key), -- from which; null = from all
  until_90k integer not null,      -- not beyond this
  made_90k integer not null,       -- wall clock
  check (length(id) = 16)
) strict;

create index snooze_until on snooze (until_90k);

-- Events that were decided on: each counts once, however often it is told of.
create table judged (
  event blob primary key not null, -- id of the event
  alert_key integer references alert (key) on delete set null, -- what it became part of; null = nothing was said
  why text not null,               -- told | not_armed | too_short | …
  at_90k integer not null,         -- wall clock
  check (length(event) = 16)
) strict, without rowid;

create index judged_at on judged (at_90k);
create index judged_alert on judged (alert_key) where alert_key is not null;

-- Something that is not as it should be, from when it was noticed until it is right again: a camera that is lost, a full disk.
create table trouble (
  name text primary key not null,  -- such as camera:<id>, disk_full, boot:7
  from_90k integer not null,       -- since when
  facts text not null,             -- JSON object
  alert blob,                      -- id of the alert that told of it; null = not told yet
  right_90k integer,               -- wall clock when it was right again, for now; null = it is not
  check (json_valid(facts))
) strict, without rowid;

-- How many events a camera had in each hour of each week, for what is usual.
create table habit (
  camera_key integer not null references camera (key),
  week integer not null,           -- weeks since 1969-12-29, a Monday, in the site's zone
  hour integer not null,           -- of the week, 0 to 167
  events integer not null,
  primary key (camera_key, week, hour),
  check (hour between 0 and 167)
) strict, without rowid;

pragma user_version = 8;
