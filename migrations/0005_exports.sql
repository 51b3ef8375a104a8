-- Exports: files made from segments, to be taken away. The files lie in the data folder's `exports`, named by id; they go
-- after some days or when there are too many, and their rows with them.

create table export (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7; the file's name, and the id of its job
  state text not null,             -- queued | running | done | failed | canceled
  items text not null,             -- JSON [{camera,name,slug,from_90k,to_90k},…] as asked
  rendition text not null,         -- main | sub
  reason text,                     -- what it is for, in the asker's words
  person text not null,            -- who asked, by name
  idempotency text unique,         -- the asker and the key of the request: sent twice, done once
  created_90k integer not null,    -- wall clock of the request
  finished_90k integer,            -- wall clock of the end, whatever it was; null before
  attempts integer not null default 0, -- how often it was begun: one that ends the service must not do so for ever
  estimate_bytes integer not null, -- what it was expected to take
  bytes integer,                   -- length of the file
  missing text not null default '[]', -- JSON [{camera,from_90k,to_90k,cause},…] that was asked and is not recorded
  file_name text,                  -- under which it is saved
  sha256 blob,                     -- of the whole file
  problem text,                    -- stable name of why it failed
  check (length(id) = 16),
  check (state in ('queued', 'running', 'done', 'failed', 'canceled')),
  check (json_valid(items) and json_valid(missing)),
  check ((finished_90k is null) = (state in ('queued', 'running'))),
  check (state <> 'done' or (bytes is not null and file_name is not null and length(sha256) = 32))
) strict;

create index export_created on export (created_90k, id);
create index export_pending on export (created_90k) where finished_90k is null;

-- A link by which somebody without an account gets one export's file. It outlives the export, to say that it is over.
create table share (
  key integer primary key,         -- local, small
  id blob not null unique,         -- UUIDv7
  export_key integer references export (key) on delete set null, -- what is shared; null = it is gone
  hash blob not null unique,       -- SHA-256 of the link's token, which is written nowhere
  pin_hash text,                   -- PHC string; null = the link alone opens it
  person text not null,            -- who shared it, by name
  created_90k integer not null,    -- wall clock
  expires_90k integer not null,    -- not valid from here on
  revoked_90k integer,             -- taken back
  check (length(id) = 16),
  check (length(hash) = 32)
) strict;

create index share_export on share (export_key);

-- Every time that somebody opened a link.
create table share_open (
  key integer primary key,         -- in order
  share_key integer not null references share (key) on delete cascade,
  at_90k integer not null,         -- wall clock
  address text not null,           -- of the client
  what text not null,              -- page | file | wrong_pin | over
  check (what in ('page', 'file', 'wrong_pin', 'over'))
) strict;

create index share_open_share on share_open (share_key, key);

pragma user_version = 5;
