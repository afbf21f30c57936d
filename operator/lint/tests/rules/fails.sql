=== L0501 bad: beside another statement
CREATE INDEX CONCURRENTLY users_email ON users (email);
CREATE INDEX CONCURRENTLY users_name ON users (name);
--- expect
1:1-55 L0501 `CREATE INDEX CONCURRENTLY` cannot run inside a transaction, and the other statements of the file are sent with it, which makes one of them.
  > CREATE INDEX CONCURRENTLY users_email ON users (email);
2:1-53 L0501 `CREATE INDEX CONCURRENTLY` cannot run inside a transaction, and the other statements of the file are sent with it, which makes one of them.
  > CREATE INDEX CONCURRENTLY users_name ON users (name);

=== L0501 bad: alone, but the tool has a transaction [runs=transaction]
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect
1:1-55 L0501 `CREATE INDEX CONCURRENTLY` cannot run inside a transaction, and the tool runs the file in one.

=== L0501 bad: all the others
BEGIN;
DROP INDEX CONCURRENTLY a_idx;
REINDEX INDEX CONCURRENTLY b_idx;
VACUUM users;
ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
CREATE DATABASE shop;
COMMIT;
--- expect
2:1-30 L0501 `DROP INDEX CONCURRENTLY` cannot run inside a transaction, and it stands between `BEGIN` and `COMMIT`.
  > DROP INDEX CONCURRENTLY a_idx;
3:1-33 L0501 `REINDEX … CONCURRENTLY` cannot run inside a transaction, and it stands between `BEGIN` and `COMMIT`.
  > REINDEX INDEX CONCURRENTLY b_idx;
4:1-13 L0501 `VACUUM` cannot run inside a transaction, and it stands between `BEGIN` and `COMMIT`.
  > VACUUM users;
5:1-61 L0501 `DETACH PARTITION … CONCURRENTLY` cannot run inside a transaction, and it stands between `BEGIN` and `COMMIT`.
  > ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
6:1-21 L0501 `CREATE DATABASE` cannot run inside a transaction, and it stands between `BEGIN` and `COMMIT`.
  > CREATE DATABASE shop;

=== L0501 good
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect

=== L0501 good: one after the other [runs=statements]
CREATE INDEX CONCURRENTLY users_email ON users (email);
CREATE INDEX CONCURRENTLY users_name ON users (name);
--- expect

=== L0502 bad
ALTER TYPE "Role" ADD VALUE 'EDITOR';
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'EDITOR';
--- expect
2:52-60 L0502 `EDITOR` was added to `Role` in this transaction; it cannot be used before the commit.
  > ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'EDITOR';

=== L0502 good: in a later file
ALTER TYPE "Role" ADD VALUE 'EDITOR';
--- next migration
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'EDITOR';
--- expect

=== L0502 good: the type is of the same transaction
CREATE TYPE "Role" AS ENUM ('USER');
ALTER TYPE "Role" ADD VALUE 'EDITOR';
CREATE TABLE "User" (id bigint PRIMARY KEY, role "Role" DEFAULT 'EDITOR');
--- expect

=== L0502 bad: not before 17 [server=16]
CREATE TYPE "Role" AS ENUM ('USER');
ALTER TYPE "Role" ADD VALUE 'EDITOR';
CREATE TABLE "User" (id bigint PRIMARY KEY, role "Role" DEFAULT 'EDITOR');
--- expect
3:65-73 L0502 `EDITOR` was added to `Role` in this transaction; it cannot be used before the commit.
  > CREATE TABLE "User" (id bigint PRIMARY KEY, role "Role" DEFAULT 'EDITOR');

=== L0503 bad
CREATE TABLE a_table_whose_name_is_longer_than_the_sixty_three_bytes_of_postgresql (id bigint PRIMARY KEY);
--- expect
1:14-83 L0503 The name has 69 bytes; PostgreSQL cuts it to `a_table_whose_name_is_longer_than_the_sixty_three_bytes_of_post`.

=== L0503 bad: bytes, not letters
CREATE TABLE "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü" (id bigint PRIMARY KEY);
--- expect
1:14-49 L0503 The name has 66 bytes; PostgreSQL cuts it to `äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüä`.

=== L0503 good
CREATE TABLE "a_table_whose_name_has_the_sixty_three_bytes_of_postgresql_____" (id bigint PRIMARY KEY);
--- expect

=== L0504 bad
BEGIN;
BEGIN;
COMMIT;
COMMIT;
--- expect
2:1-6 L0504 A transaction was begun already.
4:1-7 L0504 No `BEGIN` of this file is open here.

=== L0504 bad: the tool has one [runs=transaction]
BEGIN;
CREATE TABLE users (id bigint PRIMARY KEY);
COMMIT;
--- expect
1:1-6 L0504 The tool has begun a transaction already.
3:1-7 L0504 This ends the transaction that the tool began; the rest of the file runs outside of it.

=== L0504 good
BEGIN;
CREATE TABLE users (id bigint PRIMARY KEY);
COMMIT;
--- expect

=== L0505 bad
BEGIN;
CREATE TABLE users (id bigint PRIMARY KEY);
--- expect
1:1-6 L0505 The transaction that begins here does not end in this file.

=== L0505 good
START TRANSACTION;
CREATE TABLE users (id bigint PRIMARY KEY);
ROLLBACK;
--- expect

=== L0506 bad
CREATE TABLE users (id bigint PRIMARY KEY, name text, name text);
INSERT INTO users (id, name, id) VALUES (1, 'a', 2);
UPDATE users SET name = 'a', name = 'b' WHERE id = 1;
--- expect
1:55-64 L0506 `name` stands twice in `users`.
2:30-32 L0506 `id` is given two values.
3:30-34 L0506 `name` is given two values.

=== L0506 good: two parts of one column
UPDATE users SET tags[1] = 'a', tags[2] = 'b' WHERE id = 1;
--- expect

=== L0507 bad [server=13]
ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
--- expect
1:20-61 L0507 PostgreSQL knows `DETACH PARTITION … CONCURRENTLY` from version 14 on, not 13.

=== L0507 bad: more of the kind [server=14]
CREATE UNIQUE INDEX CONCURRENTLY a ON users (email) NULLS NOT DISTINCT;
--- next migration
ALTER TABLE users ADD COLUMN a text GENERATED ALWAYS AS (lower(b)) VIRTUAL;
ALTER TABLE users ADD CONSTRAINT b NOT NULL c NOT VALID;
ALTER TABLE users ADD CONSTRAINT d CHECK (e > 0) NOT ENFORCED;
--- expect
1:1:1-71 L0507 PostgreSQL knows `NULLS NOT DISTINCT` from version 15 on, not 14.
2:1:19-75 L0507 PostgreSQL knows columns that are `VIRTUAL` from version 18 on, not 14.
2:2:19-56 L0507 PostgreSQL knows `NOT NULL` as a constraint of the table from version 18 on, not 14.
2:3:19-62 L0507 PostgreSQL knows `NOT ENFORCED` from version 18 on, not 14.

=== L0507 good [server=18]
ALTER TABLE users ADD CONSTRAINT b NOT NULL c NOT VALID;
ALTER TABLE users ADD CONSTRAINT d CHECK (e > 0) NOT ENFORCED;
--- expect

=== L0508 bad
CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
--- next migration
CREATE INDEX CONCURRENTLY events_at ON events (at);
--- next migration
ALTER TABLE events ADD CONSTRAINT events_id_fkey FOREIGN KEY (id) REFERENCES ids (id) NOT VALID;
--- expect
2:1:1-51 L0508 `events` is partitioned: its indexes cannot be built `CONCURRENTLY`.
3:1:20-96 L0508 `events` is partitioned: its foreign keys cannot be `NOT VALID`.

=== L0508 good [server=18]
CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
--- next migration
ALTER TABLE events ADD CONSTRAINT events_id_fkey FOREIGN KEY (id) REFERENCES ids (id) NOT VALID;
--- expect

=== L0509 bad
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email);
--- expect
1:1-69 L0509 A build that was interrupted left an invalid index, which `IF NOT EXISTS` takes for this one.
  > CREATE INDEX CONCURRENTLY users_email ON users USING btree (email);

=== L0509 good
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect

=== L0510 bad [runs=statements]
SET lock_timeout = '3s';
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect
2:1-55 L0510 The build waits for transactions older than itself; `lock_timeout` ends it there and leaves an invalid index.
  > SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email ON users (email);

=== L0510 good [runs=statements]
SET lock_timeout = '3s';
ALTER TABLE users ADD COLUMN email text;
RESET lock_timeout;
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect
