-- What people do with events and moments.

-- Who has seen an event: each for themselves.
create table event_seen (
  event_key integer not null references event (key) on delete cascade, -- what
  person blob not null,            -- who: id of the person, or the first 16 bytes of a machine's token hash
  at_90k integer not null,         -- wall clock of it
  primary key (event_key, person),
  check (length(person) = 16)
) strict, without rowid;

-- What the team says of an event; no row = nothing yet.
create table event_mark (
  event_key integer primary key references event (key) on delete cascade, -- of what
  handled_90k integer,             -- wall clock when somebody took care of it; null = nobody has
  handled_by text,                 -- who, as they are called; null = nobody has
  handled_note text,               -- what they did, '' = said nothing; null = nobody has
  verdict text,                    -- false_alarm; null = none
  check ((handled_90k is null) = (handled_by is null) and (handled_90k is null) = (handled_note is null)),
  check (verdict is null or verdict <> '')
) strict;

-- A moment or a stretch that somebody wants to find again; stays when its footage goes.
create table bookmark (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  camera_key integer not null references camera (key), -- whose
  at_90k integer not null,         -- the moment, or the first instant of the stretch
  to_90k integer,                  -- first instant after the stretch; null = a moment
  note text not null,              -- why
  by text not null,                -- who, as they are called
  made_90k integer not null,       -- wall clock of it
  revision integer not null,       -- counts its changes, from 1 (If-Match)
  check (length(id) = 16),
  check (to_90k is null or to_90k > at_90k)
) strict;

create index bookmark_at on bookmark (at_90k, id);

-- Somebody's word that footage stays: both streams' segments that meet the stretch are held (segment.holds counts these
-- rows), also those that are sealed or adopted later.
create table lock (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  camera_key integer not null references camera (key), -- whose
  from_90k integer not null,       -- first instant inside
  to_90k integer not null,         -- first instant after
  until_90k integer,               -- when it ends by itself; null = when somebody removes it
  note text not null,              -- why; '' = not said
  by text not null,                -- who, as they are called
  made_90k integer not null,       -- wall clock of it
  check (length(id) = 16),
  check (to_90k > from_90k)
) strict;

-- Each sealed segment asks which locks it meets, and most end before it.
create index lock_camera on lock (camera_key, to_90k);
create index lock_until on lock (until_90k) where until_90k is not null;

pragma user_version = 4;
