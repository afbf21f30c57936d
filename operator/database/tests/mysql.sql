CREATE TABLE plain (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tiny tinyint NOT NULL,
  truth boolean NOT NULL DEFAULT true,
  big bigint unsigned,
  money decimal(5,2) DEFAULT 1.5,
  bits bit(1) DEFAULT b'1',
  fixed binary(4) DEFAULT 'ab',
  json json DEFAULT ('{"a":1}'),
  `long` longtext DEFAULT ('a\\b\'c"d\ne'),
  at datetime(3) DEFAULT current_timestamp(3),
  clock time,
  stamp timestamp NULL,
  year year,
  role enum('a,b', 'it''s', 'c\\d') DEFAULT 'it''s',
  place point,
  made varchar(36) DEFAULT (uuid()),
  INDEX down (tiny, big DESC),
  UNIQUE INDEX start (`long`(10)),
  FULLTEXT INDEX words (`long`)
);
CREATE TABLE child (
  id int PRIMARY KEY, a int, b int
);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2;
CREATE TABLE rich (
  id int PRIMARY KEY, x int NOT NULL, y int NOT NULL,
  checked int CHECK (checked > 3),
  sum int AS (x + y) STORED,
  title varchar(10) COLLATE utf8mb4_bin COMMENT 'shown',
  hidden int INVISIBLE DEFAULT 0,
  changed datetime DEFAULT current_timestamp ON UPDATE current_timestamp,
  CONSTRAINT positive CHECK (id > 0),
  UNIQUE INDEX pair (x, y),
  INDEX ignored (checked) IGNORED
);
ALTER TABLE child ADD CONSTRAINT both_of_them FOREIGN KEY (a, b) REFERENCES rich (x, y)
  ON DELETE SET NULL ON UPDATE CASCADE;
CREATE TRIGGER audit BEFORE INSERT ON rich FOR EACH ROW SET NEW.title = 'x';
CREATE VIEW seen AS SELECT 1;
CREATE TABLE _prisma_migrations (id int)
