=== L0301 bad
CREATE UNIQUE INDEX IF NOT EXISTS "User_email_key" ON "User" USING btree ("email" DESC, lower("name")) WHERE "email" IS NOT NULL;
--- expect
1:1-129 L0301 Writes on `User` wait until the index is built.
  > CREATE UNIQUE INDEX CONCURRENTLY "User_email_key" ON "User" USING btree (email DESC, lower(name)) WHERE email IS NOT NULL;

=== L0301 good
CREATE INDEX CONCURRENTLY users_email ON users (email);
--- expect

=== L0301 good: the table is of the same file
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE INDEX users_email ON users (email);
--- expect

=== L0301 bad: the table is of an earlier file
CREATE TABLE users (id bigint PRIMARY KEY, email text);
--- next migration
CREATE INDEX users_email ON users (email);
--- expect
2:1:1-42 L0301 Writes on `users` wait until the index is built.
  > CREATE INDEX CONCURRENTLY users_email ON users USING btree (email);

=== L0301 good: only the parent's own
CREATE INDEX events_at ON ONLY events (at);
--- expect

=== L0302 bad
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
--- expect
1:20-141 L0302 `Post` is read as a whole to find each value in `User`; writes on both wait meanwhile.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" (id) ON UPDATE CASCADE ON DELETE SET NULL NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_authorId_fkey";

=== L0302 bad: without a name, to itself
ALTER TABLE posts ADD FOREIGN KEY (parent) REFERENCES posts;
--- expect
1:19-60 L0302 `posts` is read as a whole to find each value in `posts`; writes on both wait meanwhile.
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE posts ADD CONSTRAINT posts_parent_fkey FOREIGN KEY (parent) REFERENCES posts NOT VALID;
  > SET LOCAL lock_timeout = '3s';
    ALTER TABLE posts VALIDATE CONSTRAINT posts_parent_fkey;

=== L0302 bad: a column with a default
ALTER TABLE posts ADD COLUMN author bigint DEFAULT 1 REFERENCES users (id);
--- expect
1:19-75 L0302 `posts` is read as a whole, locked, to find each value in `users`.

=== L0302 good
ALTER TABLE posts ADD CONSTRAINT posts_author_fkey FOREIGN KEY (author) REFERENCES users (id) NOT VALID;
--- expect

=== L0303 bad
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE users DISABLE TRIGGER stamp;
--- expect
1:1-82 L0303 Writes on `users` wait until the transaction ends.
2:19-40 L0303 Writes on `users` wait until the transaction ends.

=== L0303 good: the table is of the same file
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
--- expect

=== L0304 bad
CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users (id));
--- expect
1:67-88 L0304 Writes on `users` wait until the transaction ends.

=== L0304 bad: added to the new table, and with a column
CREATE TABLE posts (id bigint PRIMARY KEY, author bigint);
ALTER TABLE posts ADD CONSTRAINT posts_author_fkey FOREIGN KEY (author) REFERENCES users (id);
ALTER TABLE comments ADD COLUMN author bigint REFERENCES users (id);
--- expect
2:19-94 L0304 Writes on `users` wait until the transaction ends.
3:22-68 L0304 Writes on `users` wait until the transaction ends, as does everything on `comments`.

=== L0304 good: both are new
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users (id));
--- expect

=== L0305 bad
ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users ADD COLUMN age text;
--- expect
1:1-39 L0305 While this waits for a lock on `users`, everything on it that comes later waits, too, and no limit is set.
  > SET LOCAL lock_timeout = '3s';

=== L0305 bad: the limit ends with its transaction, or was taken away
BEGIN;
SET LOCAL lock_timeout = '3s';
COMMIT;
ALTER TABLE users ADD COLUMN nick text;
--- expect
4:1-39 L0305 While this waits for a lock on `users`, everything on it that comes later waits, too, and no limit is set.
  > SET LOCAL lock_timeout = '3s';

=== L0305 bad: 0 is no limit [runs=statements]
SET lock_timeout = '0s';
ALTER TABLE users ADD COLUMN nick text;
--- expect
2:1-39 L0305 While this waits for a lock on `users`, everything on it that comes later waits, too, and no limit is set.
  > SET lock_timeout = '3s';

=== L0305 bad: nothing is local here [runs=statements]
SET LOCAL lock_timeout = '3s';
ALTER TABLE users ADD COLUMN nick text;
--- expect
2:1-39 L0305 While this waits for a lock on `users`, everything on it that comes later waits, too, and no limit is set.
  > SET lock_timeout = '3s';

=== L0305 good
SET lock_timeout = '3s';
ALTER TABLE users ADD COLUMN nick text;
--- expect

=== L0305 good: by a function
SELECT pg_catalog.set_config('lock_timeout', '3s', false);
ALTER TABLE users ADD COLUMN nick text;
--- expect

=== L0305 good: only new tables
CREATE TABLE users (id bigint PRIMARY KEY);
--- expect

=== L0306 bad
CREATE TABLE posts (id bigint PRIMARY KEY, tenant bigint, author bigint REFERENCES users (id));
CREATE INDEX posts_tenant_author ON posts (tenant, author);
--- expect
1:73-94 L0304 Writes on `users` wait until the transaction ends.
1:73-94 L0306 No index of `posts` begins with `author`: whoever deletes from `users` waits for a read of the whole table.

=== L0306 good: an index of a later file
CREATE TABLE posts (id bigint PRIMARY KEY, tenant bigint, author bigint, FOREIGN KEY (tenant, author) REFERENCES users (tenant, id));
--- next migration
CREATE INDEX CONCURRENTLY posts_author_tenant ON posts (author, tenant, id);
--- expect
1:1:74-132 L0304 Writes on `users` wait until the transaction ends.

=== L0306 good: the key itself
CREATE TABLE profiles (id bigint PRIMARY KEY REFERENCES users (id));
--- expect
1:46-67 L0304 Writes on `users` wait until the transaction ends.

=== L0307 bad
UPDATE users SET name = '';
--- expect
1:1-27 L0307 Every row of `users` is written anew, and locked until the transaction ends.

=== L0307 good
UPDATE users SET name = '' WHERE id BETWEEN 1 AND 1000;
--- expect

=== L0308 bad: rows after structure
ALTER TABLE users ADD COLUMN nick text;
UPDATE users SET nick = name WHERE id < 1000;
--- expect
2:1-45 L0308 The transaction changes rows and structure; the locks of both are held until both are done.
  > UPDATE users SET nick = name WHERE id < 1000;

=== L0308 bad: structure after rows
INSERT INTO archive SELECT * FROM users;
ALTER TABLE users ADD COLUMN nick text;
--- expect
2:1-39 L0308 The transaction changes rows and structure; the locks of both are held until both are done.

=== L0308 good: a few rows that stand there
ALTER TABLE users ADD COLUMN nick text;
INSERT INTO roles (name) VALUES ('admin'), ('guest');
--- expect

=== L0308 good: each statement commits by itself [runs=statements]
ALTER TABLE users ADD COLUMN nick text;
UPDATE users SET nick = name WHERE id < 1000;
--- expect
