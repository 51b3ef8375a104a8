-- Motion: what happened and where it counts. The cells of each second and the pictures are in a file of their own
-- (migrations/motion), which may be lost without losing any of this.

-- Area of a camera's picture that counts in its own way; replaced as a set.
create table zone (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7, for ever: events refer to it, also after it is gone
  camera_key integer not null references camera (key), -- whose
  ord integer not null,            -- position in the list, smallest first
  kind text not null,              -- alert | ignore; one from a newer program counts as neither
  name text not null,              -- as people call it
  polygon text not null,           -- JSON [[x,y],…], parts of width and height from the upper left, 0 to 1
  sensitivity text not null,       -- low | normal | high
  min_size real not null,          -- share of the picture that must move at once, 0 to 1; 0 = whatever is seen
  min_duration_90k integer not null, -- ticks that it must move for; 0 = at once
  check (length(id) = 16),
  check (min_size between 0 and 1),
  check (min_duration_90k >= 0)
) strict;

create index zone_camera on zone (camera_key, ord);

-- One row per camera whose zones were ever set.
create table zone_set (
  camera_key integer primary key references camera (key),
  revision integer not null,       -- camera.revision at the newest change of its zones (If-Match)
  changed_90k integer not null     -- wall clock of it
) strict;

-- A span in which something happened; updated in place while it lasts.
create table event (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  camera_key integer not null references camera (key), -- whose
  kind text not null,              -- motion, tamper_covered, …; see EventKind
  start_90k integer not null,      -- first instant, without pre-roll
  seen_90k integer not null,       -- last instant known to belong to it: its end, when a crash leaves it open
  end_90k integer,                 -- first instant after, without post-roll; null while it lasts
  score real not null,             -- how sure and how strong, 0 to 1
  peak integer not null,           -- most cells of the grid that moved at once, 0 to 576
  cells blob not null,             -- 72 bytes: every cell that moved (see base::Cells)
  zones blob not null,             -- 16 bytes each: ids of the zones that it was in
  best_90k integer not null,       -- instant of its best picture
  check (length(id) = 16),
  check (kind <> ''),
  check (seen_90k >= start_90k),
  check (end_90k is null or end_90k >= start_90k),
  check (score between 0 and 1),
  check (peak between 0 and 576),
  check (length(cells) = 72),
  check (length(zones) % 16 = 0)
) strict;

-- The feed of all cameras, and that of one.
create index event_start on event (start_90k, id);
create index event_camera on event (camera_key, start_90k);
-- What lasts, and what lasted longer than a day (7,776,000,000 ticks): a question about a range finds the others within
-- a day before it.
create index event_open on event (start_90k) where end_90k is null;
create index event_long on event (end_90k) where end_90k - start_90k > 7776000000;

pragma user_version = 2;
