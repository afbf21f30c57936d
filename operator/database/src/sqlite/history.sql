CREATE TABLE "_schemalift_migration" (
  "id" INTEGER PRIMARY KEY,
  "version" INTEGER NOT NULL,
  "digest" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "actor" TEXT,
  "tool_version" TEXT NOT NULL,
  "approved_digest" TEXT,
  "state" TEXT NOT NULL CHECK ("state" IN ('running', 'applied', 'failed', 'abandoned', 'baselined')),
  "from_digest" TEXT NOT NULL,
  "to_digest" TEXT NOT NULL,
  "steps_total" INTEGER NOT NULL,
  "script" TEXT NOT NULL,
  "script_checksum" TEXT NOT NULL,
  "schema" TEXT,
  "reverse" TEXT,
  "started_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "finished_at" TEXT,
  "error" TEXT
);
CREATE TABLE "_schemalift_step" (
  "migration_id" INTEGER NOT NULL REFERENCES "_schemalift_migration" ("id"),
  "ord" INTEGER NOT NULL,
  "kind" TEXT NOT NULL,
  "object" TEXT NOT NULL,
  "summary" TEXT NOT NULL,
  "sql_digest" TEXT NOT NULL,
  "mode" TEXT NOT NULL,
  "state" TEXT NOT NULL CHECK ("state" IN ('pending', 'running', 'done', 'failed')),
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "started_at" TEXT,
  "finished_at" TEXT,
  "duration_ms" INTEGER,
  "sqlstate" TEXT,
  "error" TEXT,
  "cursor" TEXT,
  "rows_done" INTEGER,
  PRIMARY KEY ("migration_id", "ord")
);
CREATE TABLE "_schemalift_fence" (
  "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
  "version" INTEGER NOT NULL,
  "fence" INTEGER NOT NULL,
  "holder" TEXT,
  "raised_at" TEXT
);
INSERT INTO "_schemalift_fence" ("id", "version", "fence") VALUES (1, 3, 0);
