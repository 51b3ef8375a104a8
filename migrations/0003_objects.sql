-- What the optional look at an event's picture found.

-- JSON [{"kind":"person","confidence":0.8},…], each kind once with its highest confidence, surest first; [] = it was
-- looked at and nothing was found; null = it was not looked at.
alter table event add column objects text check (objects is null or json_valid(objects));

pragma user_version = 3;
