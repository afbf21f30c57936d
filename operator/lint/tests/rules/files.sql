=== L0001 bad: the others are looked at
CREATE TABLE users (id bigint PRIMARY KEY;
DROP TABLE posts;
--- expect
1:39-42 L0001 Syntax error at end of input.
2:1-17 L0101 `posts` is dropped with every row.

=== L0001 bad: the very word
UPDATE a SET b = 1 WHERE c FROM d WHERE e WHERE f;
--- expect
1:28-32 L0001 Syntax error at or near "FROM".

=== L0001 bad: a string without its end
DROP TABLE posts;
SELECT 'never closed;
--- expect
2:8-22 L0001 Unterminated quoted string.

=== L0001 bad: another database's
ALTER TABLE `users` MODIFY COLUMN id BIGINT;
--- expect
1:13-14 L0001 Syntax error at or near "`".

=== L0001 good: a body may hold semicolons
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE users; END $$;
CREATE RULE r AS ON INSERT TO users DO ALSO (SELECT 1; SELECT 2);
--- expect

=== L0002 bad: deeper than is read
@deep
--- expect
1:1-40009 L0002 The statement is nested deeper than is read.

=== L0002 good
SELECT ((((1))));
--- expect

=== L0003 bad
-- schemalift:ignore L0101 it was never used
CREATE TABLE users (id bigint PRIMARY KEY);
--- expect
1:1-45 L0003 L0101 (drop-table) is not found here.

=== L0003 good: on the line before, on the line itself, by name
-- schemalift:ignore L0101 it was never used
DROP TABLE users;
DROP TABLE posts; -- schemalift:ignore drop-table: nor was this
ALTER TABLE tags
  DROP COLUMN a, -- schemalift:ignore drop-column nobody read it
  ADD COLUMN b text;
/* schemalift:ignore L0101 and this */ DROP TABLE likes;
--- expect

=== L0003 good: the whole file
-- schemalift:ignore-file L0101 the old application is gone
DROP TABLE users;
DROP TABLE posts;
--- expect

=== L0004 bad
-- schemalift:ignore L9999 there is no such code
DROP TABLE users;
-- schemalift:ignore L0101
DROP TABLE posts;
-- schemalift:ignore
DROP TABLE tags;
--- expect
1:1-49 L0004 `L9999` is no code of a finding.
2:1-17 L0101 `users` is dropped with every row.
3:1-27 L0004 The comment does not say why L0101 is ignored.
4:1-17 L0101 `posts` is dropped with every row.
5:1-21 L0004 The comment names no code.
6:1-16 L0101 `tags` is dropped with every row.

=== L0004 good: other comments
-- schemalift:ignored is another word
-- L0101 is what this would be
CREATE TABLE users (id bigint PRIMARY KEY);
--- expect

=== L0005 bad
DO $$ BEGIN DROP TABLE users; END $$;
--- expect
1:1-37 L0005 What this block runs is not looked at.

=== L0005 good
SELECT 1;
--- expect
