-- A phone or a password is lost: which session a browser was subscribed by, so that whoever ends that ends what it is sent; and
-- links by which somebody who is there already gets another password.

alter table push_endpoint add column session blob; -- SHA-256 of the session's token; null = before this was noted, or not known
alter table invite add column person blob; -- UUIDv7 of who gets another password by it; null = it makes a person

pragma user_version = 10;
