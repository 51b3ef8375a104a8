-- More that somebody sees, of which they see live pictures only: a guard of one lane may look at all of them. How long a session
-- lasts: a phone that is told of alerts must not have to sign in at the worst moment. And where the team can be called.

alter table person add column live_site integer not null default 0 check (live_site in (0, 1)); -- 1 = live pictures of all cameras
alter table person_reach add column live integer not null default 0 check (live in (0, 1)); -- 1 = live pictures only
alter table invite add column live text not null default '{}' check (json_valid(live)); -- JSON {"whole_site":…,"cameras":[id,…],"areas":[name,…]}
alter table session add column proved_90k integer; -- wall clock when the password was typed last; null = at its beginning

alter table person add column phone text not null default ''; -- where the team calls them, as they wrote it; '' = not said

pragma user_version = 11;
