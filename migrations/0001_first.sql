-- First schema. Forward only: a released file is never edited, a change is a new file.
-- Times are 90 kHz ticks since 1970-01-01T00:00:00Z (columns end in _90k), ranges are half-open.

create table meta (
  name text primary key not null, -- database, site_name, time_zone, coverage_hour, recovered_boot
  value text not null             -- text, so that a person with a shell can read it
) strict, without rowid;

create table boot (
  id integer primary key,          -- one start of the service; segments of one boot share one steady clock; 0 is never used here
  started_90k integer not null,    -- wall clock at start
  steady_90k integer not null,     -- steady clock at the same instant: the pair lets a wrong wall clock be put right later
  seen_90k integer not null,       -- wall clock of the last sign of life, at most some seconds old while running
  ended_90k integer,               -- wall clock at an orderly stop; null = still running, or crashed
  check (id > 0)
) strict;

create table camera (
  key integer primary key,         -- local, small: other tables refer to it
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  slug text not null,              -- for addresses people read; made from the first name, never changes
  name text not null,              -- as people call it
  area text not null,              -- lane or place it is grouped under; '' = none
  ord integer not null,            -- position on the wall, smallest first
  enabled integer not null,        -- 1 = connect and record
  username text,                   -- null = the camera asks for none
  password text,                   -- plain: this file is 0600 and the camera needs the plain word for its digest
  transport text not null,         -- tcp | udp: how RTP travels
  revision integer not null,       -- counts over all cameras: the newest change anywhere has the greatest (If-Match, change watch)
  created_90k integer not null,    -- wall clock of addition
  deleted_90k integer,             -- wall clock of removal; the row stays for its footage
  check (length(id) = 16),
  check (enabled in (0, 1)),
  check (transport in ('tcp', 'udp'))
) strict;

-- A removed camera gives its slug back.
create unique index camera_slug on camera (slug) where deleted_90k is null;
-- The change watch asks for max(revision) each second.
create index camera_revision on camera (revision);

create table stream (
  key integer primary key,         -- local; also the name of the stream's folder on the volumes
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  camera_key integer not null references camera (key), -- whose
  kind text not null,              -- main | sub
  url text not null,               -- rtsp:// address without credentials
  recorded integer not null,       -- 1 = footage is kept, 0 = live view only
  min_days integer,                -- days that are kept even when others must go first; null = no promise
  max_days integer,                -- days after which footage goes although there is room; null = no limit
  grp text not null,               -- volume group that receives its footage
  deleted_90k integer,             -- wall clock of removal; the row stays for its footage
  unique (camera_key, kind),
  check (length(id) = 16),
  check (kind in ('main', 'sub')),
  check (recorded in (0, 1)),
  check (min_days is null or min_days >= 0),
  check (max_days is null or max_days > 0)
) strict;

create table parameters (
  key integer primary key,         -- local, small: stands in every segment row instead of the hash
  hash blob not null unique,       -- of the decoder parameters, 16 or 32 bytes
  mime text not null,              -- for a player, such as video/mp4; codecs="avc1.640028"; '' until known
  codec text not null,             -- RFC 6381 codec string; '' until known
  width integer not null,          -- pixels; 0 until known
  height integer not null,         -- pixels; 0 until known
  init blob,                       -- ftyp + moov as a player needs it; null until known (a segment row may come first)
  check (length(hash) in (16, 32))
) strict;

create table volume (
  key integer primary key,         -- local, small: stands in every segment row
  id blob not null unique,         -- UUIDv7, also in the volume's identity file
  path text not null,              -- folder, absolute
  grp text not null,               -- group that streams are assigned to
  budget_bytes integer,            -- how much footage it may hold; null = what the disk gives
  state text not null,             -- ok | absent | suspect | retired
  check (length(id) = 16),
  check (state in ('ok', 'absent', 'suspect', 'retired'))
) strict;

-- One file. Clustered by stream and time: a page of a player list is a few neighbouring pages here.
create table segment (
  stream_key integer not null references stream (key), -- whose
  start_90k integer not null,      -- time of the first sample
  id blob not null,                -- UUIDv7, also in the file's header
  volume_key integer not null references volume (key), -- where the file lies
  boot integer not null,           -- boot that wrote it, 0 = not known (adopted from a file)
  run integer not null,            -- same boot and run = unbroken media of one session
  state integer not null,          -- 0 open, 1 sealed, 2 recovered after a crash, 3 doomed: its file is being unlinked
  duration_90k integer not null,   -- ticks; 0 while open
  bytes integer not null,          -- length of the file; 0 while open
  parameters_key integer not null references parameters (key), -- which init it starts with
  first_offset integer not null,   -- bytes from the start of the file to the first fragment
  holds integer not null,          -- how many reasons there are to keep it; > 0 = retention may not touch it
  chain_hash blob,                 -- 32 bytes: last link of the hash chain over its fragments; null while open
  frag_index blob,                 -- where each fragment is and when, packed by the recorder; opaque here; null while open
  primary key (stream_key, start_90k),
  check (length(id) = 16),
  check (state between 0 and 3),
  check (duration_90k >= 0),
  check (holds >= 0),
  -- Lists join these into one value, where a null would shift the rest.
  check (state = 0 or (length(chain_hash) = 32 and frag_index is not null))
) strict, without rowid;

create unique index segment_id on segment (id);
-- What a start has to finish: few rows, found without reading the others.
create index segment_unfinished on segment (stream_key, start_90k) where state in (0, 3);

create trigger segment_held_not_doomed before update of state on segment
when new.state = 3 and old.holds > 0
begin
  select raise(abort, 'segment is held');
end;

create trigger segment_kept_not_deleted before delete on segment
when old.holds > 0 or old.state in (1, 2)
begin
  select raise(abort, 'segment is held or not doomed');
end;

-- Why a doomed segment goes; lives as long as the doomed row, so that the log can say it after a crash.
create table doom (
  stream_key integer not null,     -- key of the segment row
  start_90k integer not null,      -- key of the segment row
  reason text not null,            -- such as age, volume_full, removed
  primary key (stream_key, start_90k)
) strict, without rowid;

-- Sums over segments that are not open, kept with each change so that nobody has to count.
create table usage (
  stream_key integer not null references stream (key),
  volume_key integer not null references volume (key),
  segments integer not null,       -- rows, doomed ones too: their files may still be there
  bytes integer not null,          -- bytes of their files
  oldest_90k integer,              -- start of the first of them; null = none
  primary key (stream_key, volume_key)
) strict, without rowid;

-- A stretch that is not recorded. Gaps of a stream overlap neither each other nor footage.
create table gap (
  stream_key integer not null references stream (key), -- whose
  from_90k integer not null,       -- first instant without footage
  to_90k integer,                  -- first instant after; null while it lasts
  cause text not null,             -- such as camera_lost; see GapCause
  id blob not null,                -- UUIDv7, for the outbox
  primary key (stream_key, from_90k),
  check (to_90k is null or to_90k > from_90k),
  check (length(id) = 16)
) strict, without rowid;

create unique index gap_open on gap (stream_key) where to_90k is null;

-- One row per stream and local day: the day view of all cameras reads these and no segment.
create table day_summary (
  stream_key integer not null references stream (key),
  day integer not null,            -- days since 1970-01-01 in the site's time zone
  coverage blob not null,          -- one byte per minute of the day: seconds recorded, 0..60
  motion blob,                     -- one byte per minute: strength of motion; null = not looked at
  primary key (stream_key, day)
) strict, without rowid;

create table person (
  key integer primary key,
  id blob not null unique,         -- UUIDv7
  name text not null unique,       -- what is typed at sign-in
  role text not null,              -- admin, ...
  password_hash text,              -- PHC string (argon2id); null = none set yet
  check (length(id) = 16)
) strict;

create table session (
  hash blob primary key not null,  -- SHA-256 of the cookie's token: a copy of this file opens no session
  person_key integer not null references person (key),
  kind text not null,              -- how it began: password | code
  created_90k integer not null,    -- wall clock of sign-in
  seen_90k integer not null,       -- wall clock of last use
  expires_90k integer not null,    -- not valid from here on
  check (length(hash) = 32)
) strict, without rowid;

create table token (
  hash blob primary key not null,  -- SHA-256 of the bearer token
  name text not null,              -- what it is for
  scope text not null,             -- rights, separated by spaces
  created_90k integer not null,    -- wall clock of creation
  revoked_90k integer,             -- wall clock of revocation; null = valid
  check (length(hash) = 32)
) strict, without rowid;

create table login_code (
  hash blob primary key not null,  -- SHA-256 of the one-time code
  expires_90k integer not null,    -- not valid from here on
  used_90k integer,                -- wall clock of its one use; null = unused
  check (length(hash) = 32)
) strict, without rowid;

-- Changes for whoever follows this site, in order; written in the transaction of the change itself.
create table outbox (
  seq integer primary key autoincrement, -- order of commit; never used twice
  at_90k integer not null,         -- wall clock of the change
  kind text not null,              -- camera, camera_removed, gap, gap_removed, person, coverage
  object blob not null,            -- UUID of what changed
  body text not null               -- JSON, the object after the change, without secrets
) strict;

create index outbox_at on outbox (at_90k);

-- What was deleted and why, for ever: neighbouring deletions of one day are one row.
create table deletion_log (
  seq integer primary key autoincrement,
  stream_key integer not null references stream (key),
  from_90k integer not null,       -- first instant of what is gone
  to_90k integer not null,         -- first instant after
  segments integer not null,       -- number of files
  bytes integer not null,          -- bytes of files
  reason text not null,            -- why
  first_90k integer not null,      -- wall clock of the first deletion in this row
  last_90k integer not null        -- wall clock of the last deletion in this row
) strict;

create index deletion_log_stream on deletion_log (stream_key, seq);

pragma application_id = 0x4c4e5743; -- "LNWC": tells file(1) and us what this is
pragma user_version = 1;
