CREATE TABLE {schema}."_schemalift_migration" (
  "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "version" integer NOT NULL,
  "digest" text NOT NULL,
  "name" text NOT NULL,
  "owner" text NOT NULL,
  "actor" text,
  "tool_version" text NOT NULL,
  "approved_digest" text,
  "state" text NOT NULL CHECK ("state" IN ('running', 'applied', 'failed', 'abandoned', 'baselined')),
  "from_digest" text NOT NULL,
  "to_digest" text NOT NULL,
  "steps_total" integer NOT NULL,
  "script" text NOT NULL,
  "script_checksum" text NOT NULL,
  "schema" text,
  "reverse" text,
  "started_at" timestamptz NOT NULL DEFAULT now(),
  "finished_at" timestamptz,
  "error" text
) WITH (fillfactor = 70);
CREATE TABLE {schema}."_schemalift_step" (
  "migration_id" bigint NOT NULL REFERENCES {schema}."_schemalift_migration" ("id"),
  "ord" integer NOT NULL,
  "kind" text NOT NULL,
  "object" text NOT NULL,
  "summary" text NOT NULL,
  "sql_digest" text NOT NULL,
  "mode" text NOT NULL CHECK ("mode" IN ('grouped', 'alone', 'no_transaction')),
  "state" text NOT NULL CHECK ("state" IN ('pending', 'running', 'done', 'failed')),
  "attempts" integer NOT NULL DEFAULT 0,
  "fence" bigint,
  "backend_pid" integer,
  "backend_start" timestamptz,
  "started_at" timestamptz,
  "finished_at" timestamptz,
  "duration_ms" bigint,
  "sqlstate" text,
  "error" text,
  "cursor" text,
  "rows_done" bigint,
  PRIMARY KEY ("migration_id", "ord")
) WITH (fillfactor = 70);
CREATE TABLE {schema}."_schemalift_fence" (
  "id" integer PRIMARY KEY CHECK ("id" = 1),
  "version" integer NOT NULL,
  "fence" bigint NOT NULL,
  "holder" text,
  "raised_at" timestamptz
);
INSERT INTO {schema}."_schemalift_fence" ("id", "version", "fence") VALUES (1, 3, 0)
