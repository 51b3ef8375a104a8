-- The motion file: which cells of the picture moved in each second, and the pictures of events. Forward only, as the
-- catalogue's own. It may be lost: then the past cannot be searched, and nothing else is missing.
-- A minute is 60 s since 1970-01-01T00:00:00Z; rows of cameras have key = camera_key * 2^32 + number of the minute or hour.

create table camera (
  key integer primary key,         -- local to this file: it must fit to any catalogue
  id blob not null unique,         -- UUIDv7 of the camera
  check (length(id) = 16)
) strict;

-- One row per camera and minute in which something moved.
create table activity (
  key integer primary key,         -- camera_key * 2^32 + minute
  fold integer not null,           -- 63 bits: which of 9 x 7 blocks of the picture have a cell that moved
  peak integer not null,           -- most cells that moved in one second, 1 to 576
  packed blob not null,            -- the cells of each second; see pack.rs
  check (fold > 0),
  check (peak between 1 and 576)
) strict;

-- Answers "which minutes may it have been" without reading any cells.
create index activity_fold on activity (key, fold, peak);

-- Tells "nothing moved" from "nobody looked". One row per camera and hour.
create table observed (
  key integer primary key,         -- camera_key * 2^32 + hour
  minutes integer not null,        -- 60 bits: minutes of the hour in which pictures were looked at
  check (minutes > 0)
) strict;

create table picture (
  key integer primary key,
  event blob not null,             -- UUIDv7 of the event
  size integer not null,           -- 0 small, 1 large
  camera_key integer not null references camera (key), -- whose
  at_90k integer not null,         -- instant of the picture
  jpeg blob not null,              -- a JPEG file
  unique (event, size),
  check (length(event) = 16),
  check (size in (0, 1))
) strict;

-- What retention asks.
create index picture_camera on picture (camera_key, at_90k);

pragma application_id = 0x4c4e574d; -- "LNWM"
pragma user_version = 1;
