=== L0201 bad: a volatile default
ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
--- expect
1:19-75 L0201 `users` is written anew, locked, to give `token` its values: `gen_random_uuid()` may give each row another value.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN token uuid;
    ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
  > -- when the old rows are filled, in batches:
    SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_token_not_null CHECK (token IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_token_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ALTER COLUMN token SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_token_not_null;

=== L0201 bad: a number for each row
ALTER TABLE users ADD COLUMN n bigserial;
ALTER TABLE "Post" ADD COLUMN m bigint GENERATED ALWAYS AS IDENTITY;
--- expect
1:19-41 L0201 `users` is written anew, locked, to give `n` its values: a serial is a number for each row.
2:1-68 L0216 `users` has been locked, reads included, since an earlier statement of this transaction.
2:20-68 L0201 `Post` is written anew, locked, to give `m` its values: it is an identity, a number for each row.

=== L0201 bad: generated and stored
ALTER TABLE users ADD COLUMN full_name text GENERATED ALWAYS AS (first || ' ' || last) STORED;
--- expect
1:19-94 L0201 `users` is written anew, locked, to give `full_name` its values: it is generated and stored.

=== L0201 bad: a domain with a constraint
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
--- next migration
ALTER TABLE users ADD COLUMN mail email;
--- expect
2:1:19-40 L0201 `users` is written anew, locked, to give `mail` its values: the domain `email` has a constraint to check.

=== L0201 bad: a function that nobody knows
ALTER TABLE users ADD COLUMN code text DEFAULT make_code(now());
--- expect
1:19-64 L0201 `users` is written anew, locked, to give `code` its values: `make_code()` may give each row another value.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN code text;
    ALTER TABLE users ALTER COLUMN code SET DEFAULT make_code(now());

=== L0201 good: values that are one for all rows
ALTER TABLE users ADD COLUMN a timestamptz NOT NULL DEFAULT now(), ADD COLUMN b text DEFAULT lower('X') || 'y',
  ADD COLUMN c int[] DEFAULT '{}', ADD COLUMN d date DEFAULT CURRENT_DATE, ADD COLUMN e boolean NOT NULL DEFAULT false;
--- expect

=== L0201 good: a function that is stable
CREATE FUNCTION make_code(timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'x' $$;
ALTER TABLE users ADD COLUMN code text DEFAULT make_code(now());
--- expect

=== L0201 good: virtual [server=18]
ALTER TABLE users ADD COLUMN full_name text GENERATED ALWAYS AS (first || ' ' || last) VIRTUAL;
--- expect

=== L0202 bad: nothing is known
ALTER TABLE users ALTER COLUMN age TYPE bigint;
--- expect
1:19-47 L0202 `users` is written anew, locked: `age` becomes bigint.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN age_new bigint;

=== L0202 bad: it depends
ALTER TABLE users ALTER COLUMN "firstName" SET DATA TYPE varchar(200);
--- expect
1:19-70 L0202 `users` is written anew, locked, unless `firstName` is a `varchar` that is not longer now.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN "firstName_new" varchar(200);

=== L0202 bad: the files tell the old type
CREATE TABLE users (id int PRIMARY KEY, name varchar(100), price numeric(10,2), at timestamp(6));
--- next migration
ALTER TABLE users ALTER COLUMN id TYPE bigint;
ALTER TABLE users ALTER COLUMN name TYPE varchar(50);
ALTER TABLE users ALTER COLUMN price TYPE numeric(12,4);
ALTER TABLE users ALTER COLUMN at TYPE timestamp(3);
--- expect
2:1:19-46 L0202 `users` is written anew, locked: `id` is stored as integer and becomes bigint.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN id_new bigint;
2:2:1-53 L0216 `users` has been locked, reads included, since an earlier statement of this transaction.
2:2:19-53 L0202 `users` is written anew, locked: `name` is stored as varchar(100) and becomes varchar(50).
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN name_new varchar(50);
2:3:19-56 L0202 `users` is written anew, locked: `price` is stored as numeric(10,2) and becomes numeric(12,4).
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN price_new numeric(12, 4);
2:4:19-52 L0202 `users` is written anew, locked: `at` is stored as timestamp(6) and becomes timestamp(3).
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN at_new timestamp(3);

=== L0202 bad: a conversion
CREATE TABLE users (id bigint PRIMARY KEY, role text);
--- next migration
ALTER TABLE users ALTER COLUMN role TYPE text USING upper(role);
--- expect
2:1:19-64 L0202 `users` is written anew, locked: each `role` is computed by an expression.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN role_new text;

=== L0202 bad: another collation
CREATE TABLE users (id bigint PRIMARY KEY, name text);
--- next migration
ALTER TABLE users ALTER COLUMN name TYPE text COLLATE "C";
--- expect
2:1:19-58 L0202 Indexes on `name` of `users` are built anew for the other collation, locked.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN name_new text COLLATE "C";

=== L0202 good: changes of the catalog alone
CREATE DOMAIN label AS text;
CREATE TABLE users (id bigint PRIMARY KEY, name varchar(100), price numeric(10,2), at timestamp(3), role text, ip cidr);
--- next migration
ALTER TABLE users ALTER COLUMN name TYPE varchar(200);
ALTER TABLE users ALTER COLUMN name TYPE text;
ALTER TABLE users ALTER COLUMN name TYPE varchar;
ALTER TABLE users ALTER COLUMN price TYPE numeric(12,2);
ALTER TABLE users ALTER COLUMN price TYPE numeric;
ALTER TABLE users ALTER COLUMN at TYPE timestamp;
ALTER TABLE users ALTER COLUMN role TYPE label;
ALTER TABLE users ALTER COLUMN ip TYPE inet USING ip::inet;
--- expect

=== L0203 bad
ALTER TABLE "User" ALTER COLUMN "firstName" SET NOT NULL;
--- expect
1:20-57 L0203 `User` is read as a whole, locked, to see that no `firstName` is null.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" ADD CONSTRAINT "User_firstName_not_null" CHECK ("firstName" IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" VALIDATE CONSTRAINT "User_firstName_not_null";
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" ALTER COLUMN "firstName" SET NOT NULL;
    ALTER TABLE "User" DROP CONSTRAINT "User_firstName_not_null";

=== L0203 bad: a constraint of PostgreSQL 18 [server=18]
ALTER TABLE users ADD CONSTRAINT name_there NOT NULL name;
--- expect
1:19-58 L0203 `users` is read as a whole, locked, to see that no `name` is null.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_name_not_null NOT NULL name NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_name_not_null;

=== L0203 good: a valid check proves it
ALTER TABLE users ADD CONSTRAINT name_there CHECK (name IS NOT NULL) NOT VALID;
--- next migration
ALTER TABLE users VALIDATE CONSTRAINT name_there;
--- next migration
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT name_there;
--- expect

=== L0203 bad: the check is not valid
ALTER TABLE users ADD CONSTRAINT name_there CHECK (name IS NOT NULL) NOT VALID;
--- next migration
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
--- expect
2:1:19-49 L0203 `users` is read as a whole, locked, to see that no `name` is null.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_name_not_null CHECK (name IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_name_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ALTER COLUMN name SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_name_not_null;

=== L0203 good: not validated yet [server=18]
ALTER TABLE users ADD CONSTRAINT name_there NOT NULL name NOT VALID;
--- expect

=== L0204 bad
ALTER TABLE shop.items ADD CHECK (price > 0);
--- expect
1:24-45 L0204 `shop.items` is read as a whole, locked, to check every row.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE shop.items ADD CONSTRAINT items_check CHECK (price > 0) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE shop.items VALIDATE CONSTRAINT items_check;

=== L0204 bad: with a column
ALTER TABLE items ADD COLUMN price int CHECK (price > 0);
--- expect
1:19-57 L0204 `items` is read as a whole, locked, to check the new column `price`.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE items ADD COLUMN price int;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE items ADD CONSTRAINT items_price_check CHECK (price > 0) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE items VALIDATE CONSTRAINT items_price_check;

=== L0204 good
ALTER TABLE items ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
--- next migration
ALTER TABLE items VALIDATE CONSTRAINT positive;
--- expect

=== L0205 bad
ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE NULLS NOT DISTINCT (tenant, email);
--- expect
1:19-91 L0205 The index of `users_email_key` is built while nobody can read `users`.
  > CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users USING btree (tenant, email) NULLS NOT DISTINCT;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;

=== L0205 bad: with a column
ALTER TABLE users ADD COLUMN email text UNIQUE;
--- expect
1:19-47 L0205 The index of `email` is built while nobody can read `users`.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN email text;
  > CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users USING btree (email);
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;

=== L0205 good
CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
--- next migration
ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
--- expect

=== L0206 bad
ALTER TABLE users ADD PRIMARY KEY (tenant, id);
--- expect
1:19-47 L0206 The index of the key is built while nobody can read `users`.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_tenant_not_null CHECK (tenant IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_tenant_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ALTER COLUMN tenant SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_tenant_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_id_not_null CHECK (id IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_id_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ALTER COLUMN id SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_id_not_null;
  > CREATE UNIQUE INDEX CONCURRENTLY users_pkey ON users USING btree (tenant, id);
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey;

=== L0206 bad: with a column
ALTER TABLE users ADD COLUMN id bigint PRIMARY KEY;
--- expect
1:19-51 L0206 The index of the key `id` is built while nobody can read `users`.
1:19-51 L0405 `id` of `users` is required and has no default: this fails when there are rows, and inserts that do not name it fail from now on.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD COLUMN id bigint;
  > -- when the old rows are filled, in batches:
    SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ADD CONSTRAINT users_id_not_null CHECK (id IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users VALIDATE CONSTRAINT users_id_not_null;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE users ALTER COLUMN id SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_id_not_null;

=== L0206 good
ALTER TABLE users ADD PRIMARY KEY USING INDEX users_pkey;
--- expect

=== L0207 bad
ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&);
--- expect
1:22-96 L0207 The index of `no_overlap` is built while nobody can read `bookings`.

=== L0207 good: the table is of the same file
CREATE TABLE bookings (id bigint PRIMARY KEY, room int, during tsrange);
ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&);
--- expect

=== L0208 bad
ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%');
--- expect
1:1-62 L0208 Every table with a column of `email` is read under a lock.
  > SET LOCAL lock_timeout = '3s';
    ALTER DOMAIN email ADD CONSTRAINT at CHECK (value LIKE '%@%') NOT VALID;
  > ALTER DOMAIN email VALIDATE CONSTRAINT at;

=== L0208 good
ALTER DOMAIN email ADD CONSTRAINT at CHECK (VALUE LIKE '%@%') NOT VALID;
--- expect

=== L0209 bad
ALTER TABLE items ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
ALTER TABLE items VALIDATE CONSTRAINT positive;
--- expect
2:19-47 L0209 `positive` was added in this transaction, whose lock on `items` is held while the table is read.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE items VALIDATE CONSTRAINT positive;

=== L0209 good: each statement commits by itself [runs=statements]
ALTER TABLE items ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
ALTER TABLE items VALIDATE CONSTRAINT positive;
--- expect

=== L0209 good: two transactions
BEGIN;
ALTER TABLE items ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
COMMIT;
BEGIN;
ALTER TABLE items VALIDATE CONSTRAINT positive;
COMMIT;
--- expect

=== L0210 bad
DROP INDEX a_idx, "shop"."B_idx";
--- expect
1:1-33 L0210 Everything on the table of `a_idx`, the table of `shop.B_idx` waits for this, and this for everything on it.
  > DROP INDEX CONCURRENTLY a_idx;
  > DROP INDEX CONCURRENTLY shop."B_idx";

=== L0210 good
DROP INDEX CONCURRENTLY a_idx;
--- expect

=== L0211 bad [runs=statements]
VACUUM (FULL, ANALYZE) users;
VACUUM FULL;
CLUSTER users USING users_pkey;
ALTER TABLE users SET UNLOGGED;
ALTER TABLE users SET TABLESPACE fast;
--- expect
1:1-29 L0211 `VACUUM FULL` writes `users` anew; nobody can read it meanwhile.
2:1-12 L0211 `VACUUM FULL` writes each table in turn anew; nobody can read it meanwhile.
3:1-31 L0211 `CLUSTER` writes `users` anew; nobody can read it meanwhile.
4:19-31 L0211 `SET UNLOGGED` writes `users` anew; nobody can read it meanwhile.
5:19-38 L0211 `SET TABLESPACE` writes `users` anew; nobody can read it meanwhile.

=== L0211 good [runs=statements]
VACUUM (ANALYZE, FULL off) users;
ANALYZE users;
--- expect

=== L0212 bad
REFRESH MATERIALIZED VIEW totals;
--- expect
1:1-33 L0212 Nobody can read `totals` until it is computed.
  > REFRESH MATERIALIZED VIEW CONCURRENTLY totals;

=== L0212 good
REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
--- expect

=== L0213 bad
REINDEX INDEX users_email_key;
--- expect
1:1-30 L0213 Writes on the table of `users_email_key`, and reads that would use the index, wait until it is built.
  > REINDEX (CONCURRENTLY) INDEX users_email_key;

=== L0213 bad: a table
REINDEX TABLE users;
--- expect
1:1-20 L0213 Writes on `users`, and reads that would use the index, wait until it is built.
  > REINDEX (CONCURRENTLY) TABLE users;

=== L0213 good
REINDEX (CONCURRENTLY) TABLE users;
--- expect

=== L0214 bad
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
--- expect
1:20-97 L0214 `events_2026` is read as a whole, locked, to see that its rows are within the bounds.

=== L0214 good: the partition is empty
CREATE TABLE events_2026 (LIKE events);
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
--- expect

=== L0215 bad
ALTER TABLE events DETACH PARTITION events_2020;
--- expect
1:20-48 L0215 Everything on `events` waits while the partition is detached.
  > ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;

=== L0215 bad: no other form before 14 [server=13]
ALTER TABLE events DETACH PARTITION events_2020;
--- expect
1:20-48 L0215 Everything on `events` waits while the partition is detached.

=== L0215 good
ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
--- expect

=== L0216 bad
ALTER TABLE users ADD COLUMN nick text;
CREATE INDEX posts_author ON posts (author);
--- expect
2:1-44 L0216 `users` has been locked, reads included, since an earlier statement of this transaction.
2:1-44 L0301 Writes on `posts` wait until the index is built.
  > CREATE INDEX CONCURRENTLY posts_author ON posts USING btree (author);

=== L0216 good: the slow one comes first
ALTER TABLE posts VALIDATE CONSTRAINT posts_author_fkey;
ALTER TABLE users ADD COLUMN nick text;
--- expect

=== L0217 bad
ALTER TABLE posts ADD CONSTRAINT posts_author_fkey FOREIGN KEY (author) REFERENCES users (id) NOT VALID;
--- next migration
ALTER TABLE posts DROP CONSTRAINT posts_author_fkey;
--- expect
2:1:19-52 L0217 Everything on `posts` and on `users` waits until the transaction ends.
2:1:19-52 L0410 Rows that `posts_author_fkey` kept out of `posts` may be written from now on.

=== L0217 bad: a table that has one
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE posts (id bigint PRIMARY KEY, author bigint REFERENCES users (id));
--- next migration
DROP TABLE posts;
--- expect
2:1:1-17 L0101 `posts` is dropped with every row.
2:1:1-17 L0217 `posts` has a foreign key: everything on `users` waits until the transaction ends, too.

=== L0217 good
ALTER TABLE posts ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
--- next migration
ALTER TABLE posts DROP CONSTRAINT positive;
--- expect
2:1:19-43 L0410 Rows that `positive` kept out of `posts` may be written from now on.

=== L0218 bad
BEGIN;
LOCK TABLE users;
LOCK TABLE posts IN SHARE ROW EXCLUSIVE MODE;
COMMIT;
--- expect
2:1-17 L0218 Everything on `users` waits until the transaction ends.
3:1-45 L0218 Each write on `posts` waits until the transaction ends.

=== L0218 good
BEGIN;
LOCK TABLE users IN ROW SHARE MODE;
COMMIT;
--- expect
