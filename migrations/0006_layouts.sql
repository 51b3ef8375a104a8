-- Layouts of the wall, kept for the site: whoever opens it on any machine finds them.

create table layout (
  key integer primary key,         -- local, small: layout_camera refers to it
  id blob not null unique,         -- UUIDv7, for ever and over all sites
  name text not null unique,       -- as people call it
  grid text not null,              -- auto | 1+5 | 2x2 | 3x3 | 5x4: how the cells of one page lie
  carousel_s integer,              -- seconds until the next page; null = pages turn by hand
  revision integer not null,       -- counts the changes of this layout (If-Match)
  check (length(id) = 16),
  check (grid in ('auto', '1+5', '2x2', '3x3', '5x4')),
  check (carousel_s is null or carousel_s > 0)
) strict;

-- The cameras of a layout in their order. None = all of the site in the order of the wall.
create table layout_camera (
  layout_key integer not null references layout (key) on delete cascade, -- whose
  ord integer not null,            -- position, smallest first
  camera_key integer not null references camera (key), -- removed ones stay and are left out when it is read
  primary key (layout_key, ord),
  unique (layout_key, camera_key)
) strict, without rowid;

pragma user_version = 6;
