-- Minutes of cells are searched by the million; a row each costs more than what is in it. Complete stretches of four hours
-- become one row, see src/catalogue/motion/bundling.rs. Minutes that are not bundled yet, and those of a file that was
-- written before, stay in activity until they are.

create table bundle (
  key integer primary key,         -- camera_key * 2^32 + number of the four hours since 1970
  fold integer not null,           -- folds of all its minutes, see activity
  packed blob not null,            -- folds and cells of each minute; see bundle.rs
  check (fold > 0)
) strict;

-- Answers "which bundles may it be in" without reading any cells.
create index bundle_fold on bundle (key, fold);

-- What is in activity now is a few hours. Its peak is not asked for any more: cells of one second may lie in two places.
drop index activity_fold;

pragma user_version = 2;
