=== L0401 bad
ALTER TABLE users RENAME COLUMN name TO full_name;
--- expect
1:1-50 L0401 `name` of `users` is called `full_name` from now on.

=== L0401 good: the table is of the same file
CREATE TABLE users (id bigint PRIMARY KEY, name text);
ALTER TABLE users RENAME COLUMN name TO full_name;
--- expect

=== L0402 bad
ALTER TABLE users RENAME TO accounts;
ALTER VIEW seen RENAME TO watched;
--- expect
1:1-37 L0402 `users` is called `accounts` from now on.
2:1-34 L0402 `seen` is called `watched` from now on.

=== L0402 good
ALTER INDEX users_email RENAME TO accounts_email;
--- expect

=== L0403 bad
ALTER SCHEMA shop RENAME TO store;
--- expect
1:1-34 L0403 The schema `shop` is called `store` from now on.

=== L0403 good
ALTER SCHEMA shop OWNER TO admin;
--- expect

=== L0404 bad
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
--- expect
1:1-45 L0404 `sad` of `mood` is called `blue` from now on.

=== L0404 good: the type is of the same transaction
CREATE TYPE mood AS ENUM ('sad', 'happy');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
--- expect

=== L0405 bad
ALTER TABLE "User" ADD COLUMN "email" TEXT NOT NULL;
--- expect
1:20-52 L0405 `email` of `User` is required and has no default: this fails when there are rows, and inserts that do not name it fail from now on.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" ADD COLUMN email text;
  > -- when the old rows are filled, in batches:
    SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" ADD CONSTRAINT "User_email_not_null" CHECK (email IS NOT NULL) NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" VALIDATE CONSTRAINT "User_email_not_null";
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "User" ALTER COLUMN email SET NOT NULL;
    ALTER TABLE "User" DROP CONSTRAINT "User_email_not_null";

=== L0405 good
ALTER TABLE "User" ADD COLUMN "email" TEXT NOT NULL DEFAULT '', ADD COLUMN "nick" TEXT;
--- expect

=== L0406 bad
ALTER TABLE users ALTER COLUMN name DROP NOT NULL;
--- expect
1:19-50 L0406 `name` of `users` may be null from now on.

=== L0406 good: the table is of the same file
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
ALTER TABLE users ALTER COLUMN name DROP NOT NULL;
--- expect

=== L0407 bad
ALTER TABLE users SET SCHEMA shop;
--- expect
1:1-34 L0407 `users` is found in the schema `shop` from now on.

=== L0407 good
ALTER TABLE users OWNER TO admin;
--- expect

=== L0408 bad
ALTER TABLE users ADD COLUMN settings json;
--- expect
1:19-43 L0408 `users` has a column from now on that cannot be compared.

=== L0408 good
ALTER TABLE users ADD COLUMN settings jsonb;
--- expect

=== L0407 bad: a type
ALTER TYPE mood SET SCHEMA shop;
--- expect
1:1-32 L0407 `mood` is found in the schema `shop` from now on.

=== L0409 bad
DROP VIEW seen;
DROP TYPE mood;
DROP FUNCTION code(text);
DROP SEQUENCE numbers;
DROP DOMAIN email;
DROP EXTENSION citext;
--- expect
1:1-15 L0409 The view `seen` is dropped.
2:1-15 L0409 The type `mood` is dropped.
3:1-25 L0409 The function `code` is dropped.
4:1-22 L0409 The sequence `numbers` is dropped.
5:1-18 L0409 The domain `email` is dropped.
6:1-22 L0409 The extension `citext` is dropped.

=== L0409 good: the file made it, or gave it the name
CREATE TYPE "Role_new" AS ENUM ('USER');
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
CREATE VIEW seen AS SELECT 1;
DROP VIEW seen;
--- expect
2:1-39 L0412 `Role` is called `Role_old` from now on.

=== L0410 bad
ALTER TABLE users DROP CONSTRAINT users_age_check;
--- expect
1:19-50 L0410 Rows that `users_age_check` kept out of `users` may be written from now on.

=== L0410 good: the column says it by now
ALTER TABLE users ADD CONSTRAINT name_there CHECK (name IS NOT NULL) NOT VALID;
--- next migration
ALTER TABLE users VALIDATE CONSTRAINT name_there;
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT name_there;
--- expect

=== L0411 bad
ALTER TABLE users ALTER COLUMN age DROP DEFAULT;
--- expect
1:19-48 L0411 Inserts into `users` that leave `age` out get no value for it from now on.

=== L0411 good
ALTER TABLE users ALTER COLUMN age SET DEFAULT 3;
--- expect

=== L0412 bad
ALTER TYPE mood RENAME TO feeling;
ALTER FUNCTION code(text) RENAME TO key;
ALTER SEQUENCE numbers RENAME TO digits;
--- expect
1:1-34 L0412 `mood` is called `feeling` from now on.
2:1-40 L0412 `code` is called `key` from now on.
3:1-40 L0412 `numbers` is called `digits` from now on.

=== L0412 good: the file made it
CREATE TYPE mood AS ENUM ('sad');
ALTER TYPE mood RENAME TO feeling;
--- expect
