-- People: who they are to the place, which cameras they see, how they are invited, and what they did.

alter table person add column display_name text not null default ''; -- as people call them; '' = by their sign-in name
alter table person add column enabled integer not null default 1 check (enabled in (0, 1)); -- 0 = signs in no more
-- 1 = sees all cameras. Those who do not see what person_reach names: a row that is lost there takes sight and gives none.
alter table person add column whole_site integer not null default 1 check (whole_site in (0, 1));
alter table person add column locale text not null default 'vi'; -- language of what is written to them
alter table person add column revision integer not null default 1; -- counts the changes of this person (If-Match)
alter table person add column created_90k integer; -- wall clock of addition; null = before this was noted
alter table person add column changed_90k integer; -- wall clock of the last change; null = never
alter table person add column ended_90k integer;   -- wall clock when they were disabled; null = they are not

-- What somebody sees who does not see the whole site: one camera, or all of an area, also those that come later.
create table person_reach (
  key integer primary key,         -- local, small
  person_key integer not null references person (key) on delete cascade, -- who
  camera_key integer references camera (key), -- one camera, or null
  area text,                       -- all of an area (camera.area), or null
  unique (person_key, camera_key),
  unique (person_key, area),
  check ((camera_key is null) <> (area is null))
) strict;

alter table session add column peer text not null default '';  -- address at sign-in; '' = not noted
alter table session add column agent text not null default ''; -- what the browser called itself at sign-in; '' = not noted

create index session_person on session (person_key);

-- A link by which somebody becomes a person: opened once, within two days.
create table invite (
  key integer primary key,         -- in order
  id blob not null unique,         -- UUIDv7
  hash blob not null unique,       -- SHA-256 of the link's token, which is written nowhere
  name text not null,              -- sign-in name that they will have
  display_name text not null,      -- as people call them; '' = by their sign-in name
  role text not null,              -- viewer | guard | head | admin
  whole_site integer not null,     -- 1 = they will see all cameras
  reach text not null,             -- JSON {"cameras":[id,…],"areas":[name,…]}: what they will see otherwise
  by text not null,                -- who invites, by sign-in name
  created_90k integer not null,    -- wall clock
  expires_90k integer not null,    -- not valid from here on
  used_90k integer,                -- wall clock of its one use; null = unused
  check (length(id) = 16),
  check (length(hash) = 32),
  check (whole_site in (0, 1)),
  check (json_valid(reach))
) strict;

-- What people did, for a year. Each row's hash covers the one before it: a row that is changed or taken out shows.
create table audit (
  seq integer primary key autoincrement, -- order; never used twice
  at_90k integer not null,         -- wall clock
  actor text not null,             -- sign-in name of a person, 'token' of a machine, '' = nobody who is known
  action text not null,            -- such as sign_in; see AuditAction
  camera blob,                     -- UUID of the camera that it is about; null = none
  detail text not null,            -- JSON object, without secrets
  peer text not null,              -- address that it came from; '' = this machine
  hash blob not null,              -- SHA-256 of the hash before and of this row
  check (camera is null or length(camera) = 16),
  check (json_valid(detail)),
  check (length(hash) = 32)
) strict;

create index audit_actor on audit (actor, seq);
create index audit_at on audit (at_90k);

create trigger audit_not_changed before update on audit
begin
  select raise(abort, 'what was done is not changed');
end;

-- 364 days: whoever deletes after a year is never refused.
create trigger audit_kept before delete on audit
when old.at_90k > (select max(at_90k) from audit) - 2830464000000
begin
  select raise(abort, 'what was done is kept for a year');
end;

pragma user_version = 7;
