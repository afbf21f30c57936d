//! The catalog queries: eight on MySQL and nine on MariaDB, whatever the number of tables. The first parameter is the database; with a second one,
//! [`ONE`] narrows them to a table.

use super::Flavour;

/// Narrows a query to one table.
pub(super) const ONE: &str = " AND x.TABLE_NAME = ?";

/// Tables of others are looked at, those of tools are not.
macro_rules! foreign {
    () => {
        " x.TABLE_NAME NOT LIKE '\\_schemalift\\_%' AND x.TABLE_NAME <> '_prisma_migrations' \
         AND CAST(x.TABLE_NAME AS BINARY) <> '_Migration' "
    };
}

pub(super) const TABLES: &str = concat!(
    "SELECT x.TABLE_NAME, x.TABLE_COLLATION, x.CREATE_OPTIONS, x.ENGINE, x.TABLE_TYPE, x.TABLE_COMMENT \
     FROM information_schema.TABLES x \
     WHERE x.TABLE_SCHEMA = ? AND x.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND",
    foreign!()
);

const COLUMNS_MARIADB: &str = concat!(
    "SELECT x.TABLE_NAME, x.COLUMN_NAME, x.COLUMN_TYPE, x.IS_NULLABLE, x.COLUMN_DEFAULT, x.EXTRA, \
     x.COLLATION_NAME, x.GENERATION_EXPRESSION, x.COLUMN_COMMENT, x.ORDINAL_POSITION, NULL \
     FROM information_schema.COLUMNS x WHERE x.TABLE_SCHEMA = ? AND",
    foreign!()
);

const COLUMNS_MYSQL: &str = concat!(
    "SELECT x.TABLE_NAME, x.COLUMN_NAME, x.COLUMN_TYPE, x.IS_NULLABLE, x.COLUMN_DEFAULT, x.EXTRA, \
     x.COLLATION_NAME, x.GENERATION_EXPRESSION, x.COLUMN_COMMENT, x.ORDINAL_POSITION, x.SRS_ID \
     FROM information_schema.COLUMNS x WHERE x.TABLE_SCHEMA = ? AND",
    foreign!()
);

const CHECKS_MARIADB: &str = concat!(
    "SELECT x.TABLE_NAME, x.CONSTRAINT_NAME, x.LEVEL, x.CHECK_CLAUSE \
     FROM information_schema.CHECK_CONSTRAINTS x WHERE x.CONSTRAINT_SCHEMA = ? AND",
    foreign!()
);

const CHECKS_MYSQL: &str = concat!(
    "SELECT x.TABLE_NAME, x.CONSTRAINT_NAME, 'Table', c.CHECK_CLAUSE FROM information_schema.TABLE_CONSTRAINTS x \
     JOIN information_schema.CHECK_CONSTRAINTS c ON c.CONSTRAINT_SCHEMA = x.CONSTRAINT_SCHEMA \
     AND c.CONSTRAINT_NAME = x.CONSTRAINT_NAME \
     WHERE x.TABLE_SCHEMA = ? AND x.CONSTRAINT_TYPE = 'CHECK' AND",
    foreign!()
);

const INDEXES_MARIADB: &str = concat!(
    "SELECT x.TABLE_NAME, x.INDEX_NAME, x.NON_UNIQUE, x.COLUMN_NAME, x.COLLATION, x.SUB_PART, x.INDEX_TYPE, \
     x.IGNORED = 'YES', x.SEQ_IN_INDEX, NULL, x.INDEX_COMMENT FROM information_schema.STATISTICS x WHERE x.TABLE_SCHEMA = ? AND",
    foreign!()
);

const INDEXES_MYSQL: &str = concat!(
    "SELECT x.TABLE_NAME, x.INDEX_NAME, x.NON_UNIQUE, x.COLUMN_NAME, x.COLLATION, x.SUB_PART, x.INDEX_TYPE, \
     x.IS_VISIBLE = 'NO', x.SEQ_IN_INDEX, x.EXPRESSION, x.INDEX_COMMENT FROM information_schema.STATISTICS x WHERE x.TABLE_SCHEMA = ? AND",
    foreign!()
);

/// One row a column of a foreign key.
pub(super) const FOREIGN_KEYS: &str = concat!(
    "SELECT x.TABLE_NAME, x.CONSTRAINT_NAME, x.COLUMN_NAME, x.REFERENCED_TABLE_SCHEMA, x.REFERENCED_TABLE_NAME, \
     x.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE, x.ORDINAL_POSITION \
     FROM information_schema.KEY_COLUMN_USAGE x \
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = x.CONSTRAINT_SCHEMA \
     AND r.CONSTRAINT_NAME = x.CONSTRAINT_NAME AND r.TABLE_NAME = x.TABLE_NAME \
     WHERE x.TABLE_SCHEMA = ? AND x.REFERENCED_TABLE_NAME IS NOT NULL AND",
    foreign!()
);

/// Tables whose constraints are shown.
pub(super) const CONSTRAINED: &str = concat!(
    "SELECT DISTINCT x.TABLE_NAME FROM information_schema.TABLE_CONSTRAINTS x WHERE x.TABLE_SCHEMA = ? AND",
    foreign!()
);

/// Views, which are only listed, with what they say.
pub(super) const VIEWS: &str =
    "SELECT x.TABLE_NAME, x.VIEW_DEFINITION FROM information_schema.VIEWS x WHERE x.TABLE_SCHEMA = ?";

/// Views of other databases that read tables of this one, with what they say: a look at the dictionary.
const VIEWS_ELSEWHERE_MYSQL: &str = "SELECT DISTINCT x.VIEW_SCHEMA, x.VIEW_NAME, v.VIEW_DEFINITION, x.TABLE_NAME \
     FROM information_schema.VIEW_TABLE_USAGE x \
     JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = x.VIEW_SCHEMA AND v.TABLE_NAME = x.VIEW_NAME \
     WHERE x.TABLE_SCHEMA = ? AND x.VIEW_SCHEMA <> x.TABLE_SCHEMA";

/// The same, where the server opens every view to know: about 0.1 ms each, so that a server with more databases than
/// this is not asked.
const VIEWS_ELSEWHERE_MARIADB: &str = "SELECT x.TABLE_SCHEMA, x.TABLE_NAME, x.VIEW_DEFINITION, NULL \
     FROM information_schema.VIEWS x JOIN (SELECT ? AS own) o \
     WHERE x.TABLE_SCHEMA <> o.own AND INSTR(x.VIEW_DEFINITION, CONCAT('`', REPLACE(o.own, '`', '``'), '`.`')) > 0 \
     AND (SELECT count(*) FROM information_schema.SCHEMATA) <= 500";

/// Triggers, with what they say.
pub(super) const TRIGGERS: &str = "SELECT x.EVENT_OBJECT_TABLE, x.TRIGGER_NAME, x.ACTION_STATEMENT \
     FROM information_schema.TRIGGERS x \
     WHERE x.EVENT_OBJECT_SCHEMA = ?";

impl Flavour {
    pub(super) const fn columns(self) -> &'static str {
        match self {
            Self::MariaDb => COLUMNS_MARIADB,
            Self::MySql => COLUMNS_MYSQL,
        }
    }

    pub(super) const fn checks(self) -> &'static str {
        match self {
            Self::MariaDb => CHECKS_MARIADB,
            Self::MySql => CHECKS_MYSQL,
        }
    }

    pub(super) const fn views_elsewhere(self) -> &'static str {
        match self {
            Self::MariaDb => VIEWS_ELSEWHERE_MARIADB,
            Self::MySql => VIEWS_ELSEWHERE_MYSQL,
        }
    }

    pub(super) const fn indexes(self) -> &'static str {
        match self {
            Self::MariaDb => INDEXES_MARIADB,
            Self::MySql => INDEXES_MYSQL,
        }
    }
}
