=== L0101 bad
DROP TABLE users;
--- expect
1:1-17 L0101 `users` is dropped with every row.

=== L0101 good: the table is of the same file
CREATE TABLE scratch (id bigint PRIMARY KEY);
DROP TABLE scratch;
--- expect

=== L0102 bad
ALTER TABLE users DROP COLUMN name, ADD COLUMN nick text;
--- expect
1:19-35 L0102 `name` of `users` is dropped with every value.

=== L0102 good: the table is of the same file
CREATE TABLE users (id bigint PRIMARY KEY, name text);
ALTER TABLE users DROP COLUMN name;
--- expect

=== L0103 bad [runs=statements]
DROP DATABASE shop;
--- expect
1:1-19 L0103 The database `shop` is dropped with everything in it.

=== L0103 good
DROP VIEW shop;
--- expect
1:1-15 L0409 The view `shop` is dropped.

=== L0104 bad
DROP SCHEMA audit CASCADE;
--- expect
1:1-26 L0104 The schema `audit` is dropped, with all that is in it.

=== L0104 good
CREATE SCHEMA audit;
--- expect

=== L0105 bad
TRUNCATE users;
--- expect
1:1-15 L0105 Every row of `users` is removed, while nobody can read.

=== L0105 good: the table is of the same file
CREATE TABLE scratch (id bigint PRIMARY KEY);
TRUNCATE scratch;
--- expect

=== L0106 bad
TRUNCATE users, posts CASCADE;
--- expect
1:1-30 L0105 Every row of `users`, `posts` is removed, while nobody can read.
1:1-30 L0106 Every table that points to `users`, `posts` is emptied, too.

=== L0106 good
TRUNCATE users, posts;
--- expect
1:1-22 L0105 Every row of `users`, `posts` is removed, while nobody can read.

=== L0107 bad
DROP TYPE mood CASCADE;
--- expect
1:1-23 L0107 Whatever depends on `mood` is dropped, too.
1:1-23 L0409 The type `mood` is dropped.

=== L0107 bad: a table, a column and a view
DROP TABLE users CASCADE;
ALTER TABLE posts DROP COLUMN author CASCADE;
DROP VIEW seen CASCADE;
--- expect
1:1-25 L0101 `users` is dropped with every row.
1:1-25 L0107 Whatever depends on `users` is dropped, too.
2:19-45 L0102 `author` of `posts` is dropped with every value.
2:19-45 L0107 Whatever depends on `author` is dropped, too.
3:1-23 L0107 Whatever depends on `seen` is dropped, too.
3:1-23 L0409 The view `seen` is dropped.

=== L0107 good
DROP TYPE mood;
--- expect
1:1-15 L0409 The type `mood` is dropped.

=== L0108 bad
DELETE FROM users;
--- expect
1:1-18 L0108 Every row of `users` is removed.

=== L0108 good
DELETE FROM users WHERE gone < now();
--- expect
