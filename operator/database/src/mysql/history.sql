CREATE TABLE IF NOT EXISTS {database}.`_schemalift_migration` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `version` int NOT NULL,
  `digest` varchar(100) NOT NULL,
  `name` text NOT NULL,
  `owner` text NOT NULL,
  `actor` text,
  `tool_version` varchar(100) NOT NULL,
  `approved_digest` varchar(100),
  `state` varchar(20) NOT NULL CHECK (`state` IN ('running', 'applied', 'failed', 'abandoned', 'baselined')),
  `from_digest` varchar(100) NOT NULL,
  `to_digest` varchar(100) NOT NULL,
  `steps_total` int NOT NULL,
  `script` longtext NOT NULL,
  `script_checksum` varchar(100) NOT NULL,
  `schema` longtext,
  `reverse` longtext,
  `started_at` datetime(3) NOT NULL,
  `finished_at` datetime(3),
  `error` mediumtext
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS {database}.`_schemalift_step` (
  `migration_id` bigint NOT NULL,
  `ord` int NOT NULL,
  `kind` varchar(100) NOT NULL,
  `object` text NOT NULL,
  `summary` mediumtext NOT NULL,
  `sql_digest` varchar(100) NOT NULL,
  `mode` varchar(20) NOT NULL CHECK (`mode` IN ('grouped', 'alone', 'no_transaction')),
  `state` varchar(20) NOT NULL CHECK (`state` IN ('pending', 'running', 'done', 'failed')),
  `attempts` int NOT NULL DEFAULT 0,
  `fence` bigint,
  `connection_id` bigint,
  `started_at` datetime(3),
  `finished_at` datetime(3),
  `duration_ms` bigint,
  `sqlstate` varchar(10),
  `error` mediumtext,
  `cursor` mediumtext,
  `rows_done` bigint,
  PRIMARY KEY (`migration_id`, `ord`),
  FOREIGN KEY (`migration_id`) REFERENCES {database}.`_schemalift_migration` (`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS {database}.`_schemalift_fence` (
  `id` int NOT NULL PRIMARY KEY CHECK (`id` = 1),
  `version` int NOT NULL,
  `fence` bigint NOT NULL,
  `holder` text,
  `raised_at` datetime(3)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO {database}.`_schemalift_fence` (`id`, `version`, `fence`) VALUES (1, 3, 0)
