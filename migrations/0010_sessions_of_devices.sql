-- Which session a browser was subscribed by: whoever ends that ends what it is sent.

alter table push_endpoint add column session blob; -- SHA-256 of the session's token; null = before this was noted, or not known

pragma user_version = 10;
