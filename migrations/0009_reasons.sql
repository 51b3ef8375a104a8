-- Where a message on a phone leads to, and why something is given away.

-- Scheme, host and port of the page at which it was made: a phone knows the recorder by that; null = before this was noted.
alter table push_endpoint add column origin text;
alter table share add column reason text not null default ''; -- why it was shared, in the sharer's words; '' = not said

pragma user_version = 9;
