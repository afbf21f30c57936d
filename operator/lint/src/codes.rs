//! The closed list of what [`lint`](crate::lint) can find.

use datamodel::Severity;

/// What happens to whom when the statement runs as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// Rows or values are gone.
    Loss,
    /// Nobody reads or writes the table until the statement, or its transaction, ends.
    BlocksAll,
    /// Nobody writes the table until the statement, or its transaction, ends.
    BlocksWrites,
    /// The version of the application that still runs fails.
    BreaksApplication,
    /// The statement fails, or does not do what it seems to do.
    Fails,
    /// Nothing now; something later. Only with [`Style::Checked`](crate::Style).
    Style,
    /// The file itself, not what it does.
    File,
}

impl Harm {
    /// The word of the docs and of machine output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loses data",
            Self::BlocksAll => "blocks reads and writes",
            Self::BlocksWrites => "blocks writes",
            Self::BreaksApplication => "breaks the running application",
            Self::Fails => "fails",
            Self::Style => "style",
            Self::File => "file",
        }
    }
}

macro_rules! codes {
    ($($name:ident = ($code:literal, $title:literal, $severity:ident, $harm:ident, $meaning:literal, $advice:literal),)+) => {
        /// What was found. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// Every code, in the order of the docs.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The stable code, such as `L0301`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The name, which selects it as well as the code does.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// What it does.
            pub const fn harm(self) -> Harm {
                match self { $(Self::$name => Harm::$harm,)+ }
            }

            /// Why it is found, for the docs.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// What to do instead.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

codes! {
    SyntaxError = ("L0001", "syntax-error", Error, File,
        "PostgreSQL's grammar does not accept the statement; the others of the file are looked at all the same.",
        "Write what PostgreSQL accepts."),
    Unreadable = ("L0002", "unreadable", Error, File,
        "The file is longer, or a statement nested deeper, than is read.",
        "Split it."),
    UnusedIgnore = ("L0003", "unused-ignore", Warning, File,
        "A comment ignores a finding that is not there.",
        "Remove the comment."),
    BadIgnore = ("L0004", "bad-ignore", Warning, File,
        "A comment that ignores a finding names no known code, or gives no reason.",
        "Write `-- schemalift:ignore CODE why it is harmless here`."),
    OpaqueBlock = ("L0005", "opaque-block", Note, File,
        "A `DO` block is a program; what it runs is not looked at.",
        "Write its statements plainly where that is possible."),

    DropTable = ("L0101", "drop-table", Error, Loss,
        "A table is dropped with every row. A program that still uses it fails.",
        "Stop using the table first, keep a copy, and drop it in a later release."),
    DropColumn = ("L0102", "drop-column", Error, Loss,
        "A column is dropped with every value. Programs that name it, or that cached its table's columns, fail.",
        "Release a version that does not use the column first, and drop it in a later migration."),
    DropDatabase = ("L0103", "drop-database", Error, Loss,
        "A database is dropped with everything in it.",
        "Do it by hand, outside of migrations."),
    DropSchema = ("L0104", "drop-schema", Error, Loss,
        "A schema is dropped; with `CASCADE`, all that is in it goes, too.",
        "Drop what is in it by name, and the empty schema last."),
    Truncate = ("L0105", "truncate", Error, Loss,
        "Every row of a table is removed, under a lock that blocks reads.",
        "Delete rows by a condition, in batches."),
    TruncateCascade = ("L0106", "truncate-cascade", Error, Loss,
        "`TRUNCATE … CASCADE` also empties every table that points here, and those that point there.",
        "Name each table that is to be emptied, without `CASCADE`."),
    DropCascade = ("L0107", "drop-cascade", Warning, Loss,
        "`CASCADE` drops whatever depends on the object, without naming it.",
        "Drop each dependent object by name first, and leave `CASCADE` out."),
    DeleteAll = ("L0108", "delete-all", Error, Loss,
        "`DELETE` without `WHERE` removes every row, in one transaction.",
        "Say which rows, and delete them in batches."),

    AddColumnRewrite = ("L0201", "add-column-rewrite", Error, BlocksAll,
        "A new column has a value that differs from row to row (a volatile default, a serial, an identity, a stored generated column), so that the whole table and its indexes are written anew while nobody can read it.",
        "Add the column without a value, set the default for new rows, fill the old ones in batches."),
    ChangeColumnType = ("L0202", "change-column-type", Error, BlocksAll,
        "The new type is stored in another way than the old one, so that the whole table and its indexes are written anew while nobody can read it.",
        "Add a second column of the new type, keep both in step with a trigger, fill it in batches, and switch."),
    SetNotNull = ("L0203", "set-not-null", Error, BlocksAll,
        "`SET NOT NULL` reads the whole table under a lock that blocks reads, unless a valid check proves that no value is null.",
        "Add a check that is not valid yet, validate it, and set NOT NULL then: nothing is left to read."),
    AddCheck = ("L0204", "add-check", Error, BlocksAll,
        "A check constraint without `NOT VALID` reads the whole table under a lock that blocks reads.",
        "Add it `NOT VALID`, and validate it in another transaction."),
    AddUnique = ("L0205", "add-unique", Error, BlocksAll,
        "A unique constraint builds its index under a lock that blocks reads.",
        "Build the index `CONCURRENTLY` first, and make the constraint of it."),
    AddPrimaryKey = ("L0206", "add-primary-key", Error, BlocksAll,
        "A primary key builds its index under a lock that blocks reads, and reads the table for nulls.",
        "Prove that the columns are not null, build the index `CONCURRENTLY`, and make the key of it."),
    AddExclusion = ("L0207", "add-exclusion", Error, BlocksAll,
        "An exclusion constraint builds its index under a lock that blocks reads. It has no other form.",
        "Add it while the table is small or nobody needs it."),
    AddDomainConstraint = ("L0208", "add-domain-constraint", Error, BlocksAll,
        "A constraint of a domain is checked in every table that uses it, under locks.",
        "Add it `NOT VALID` and validate it later, or use a check of the table."),
    ValidateTooEarly = ("L0209", "validate-too-early", Error, BlocksAll,
        "`VALIDATE CONSTRAINT` in the transaction that added the constraint: the lock of the first is held while the second reads the table.",
        "Validate in a migration of its own."),
    DropIndex = ("L0210", "drop-index", Warning, BlocksAll,
        "`DROP INDEX` waits for, and then blocks, everything on the table.",
        "Drop it `CONCURRENTLY`."),
    RewriteTable = ("L0211", "rewrite-table", Error, BlocksAll,
        "`VACUUM FULL`, `CLUSTER`, `SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE` and `SET ACCESS METHOD` write the whole table anew while nobody can read it.",
        "Do it while nobody needs the table, or use a program that copies it beside (pg_repack)."),
    RefreshView = ("L0212", "refresh-materialized-view", Warning, BlocksAll,
        "A materialized view cannot be read while it is refreshed.",
        "Give it a unique index and refresh it `CONCURRENTLY`."),
    Reindex = ("L0213", "reindex", Warning, BlocksAll,
        "`REINDEX` blocks writes on the table, and reads that would use the index.",
        "Use `REINDEX … CONCURRENTLY`."),
    AttachPartition = ("L0214", "attach-partition", Warning, BlocksAll,
        "`ATTACH PARTITION` reads the whole partition under a lock, unless a valid check says the same as its bounds.",
        "Add a check equal to the bounds `NOT VALID`, validate it, attach, and drop the check."),
    DetachPartition = ("L0215", "detach-partition", Warning, BlocksAll,
        "`DETACH PARTITION` blocks everything on the parent.",
        "Use `DETACH PARTITION … CONCURRENTLY` (PostgreSQL 14), outside of a transaction."),
    WorkUnderLock = ("L0216", "work-under-lock", Warning, BlocksAll,
        "A slow statement runs while an earlier one of the same transaction keeps a table locked, reads included.",
        "Put the slow statement into a migration of its own."),
    DropForeignKey = ("L0217", "drop-foreign-key", Note, BlocksAll,
        "Dropping a foreign key, or a table that has one, locks both tables; reads wait, too.",
        "Drop foreign keys in a migration of their own, with a `lock_timeout`."),
    LockTable = ("L0218", "lock-table", Warning, BlocksAll,
        "`LOCK TABLE` keeps others out until the transaction ends.",
        "Lock with the weakest mode that will do, and do little under it."),

    CreateIndex = ("L0301", "create-index", Error, BlocksWrites,
        "`CREATE INDEX` blocks writes on the table until the index is built.",
        "Build it `CONCURRENTLY`, in a migration of its own."),
    AddForeignKey = ("L0302", "add-foreign-key", Error, BlocksWrites,
        "A foreign key without `NOT VALID` reads the whole table while writes on both tables are blocked.",
        "Add it `NOT VALID`, and validate it in another transaction."),
    CreateTrigger = ("L0303", "create-trigger", Note, BlocksWrites,
        "Creating, enabling or disabling a trigger blocks writes on the table until the transaction ends.",
        "Do it in a short transaction, with a `lock_timeout`."),
    ReferencesExisting = ("L0304", "references-existing-table", Note, BlocksWrites,
        "A new table with a foreign key blocks writes on the table that it points to until the transaction ends.",
        "Keep the transaction short, and set a `lock_timeout`."),
    LockTimeout = ("L0305", "lock-timeout", Warning, BlocksWrites,
        "A statement waits for a lock without limit, and all readers and writers that come later wait behind it.",
        "Set `lock_timeout` before the first lock, and run the migration again when it hits."),
    UnindexedForeignKey = ("L0306", "unindexed-foreign-key", Note, BlocksWrites,
        "No index of the migrations begins with the columns of a foreign key: each delete or key update of the other table reads this one.",
        "Create an index on the referencing columns."),
    UpdateAll = ("L0307", "update-all", Warning, BlocksWrites,
        "`UPDATE` without `WHERE` changes every row in one transaction: all of them stay locked, and the table grows to twice its size.",
        "Update in batches, outside of the migration that changes the structure."),
    DataWithStructure = ("L0308", "data-with-structure", Warning, BlocksWrites,
        "Rows are changed in the transaction that changes the structure: its locks, and the rows', are held until both are done.",
        "Change rows in a migration of their own."),

    RenameColumn = ("L0401", "rename-column", Error, BreaksApplication,
        "The application that still runs asks for the old name.",
        "Add a column with the new name, keep both in step, switch the application, and drop the old one; or map the new name in the application."),
    RenameTable = ("L0402", "rename-table", Error, BreaksApplication,
        "The application that still runs asks for the old name.",
        "Keep the name and map it in the application, or leave a view with the old name until nobody uses it."),
    RenameSchema = ("L0403", "rename-schema", Error, BreaksApplication,
        "The application that still runs asks for the old schema.",
        "Create a new schema and move what is in it step by step."),
    RenameEnumValue = ("L0404", "rename-enum-value", Warning, BreaksApplication,
        "The application that still runs reads and writes the old value.",
        "Add the new value, switch the application, and change the rows."),
    RequiredColumn = ("L0405", "add-required-column", Error, BreaksApplication,
        "A new column is NOT NULL and has no default: the statement fails when there are rows, and inserts of the application that still runs fail.",
        "Give it a default, or add it nullable, fill it, and set NOT NULL later."),
    DropNotNull = ("L0406", "drop-not-null", Note, BreaksApplication,
        "Programs that rely on the column may now read null.",
        "See that every reader can take null first."),
    MoveTable = ("L0407", "move-table", Error, BreaksApplication,
        "A table, or something else with a name, is moved to another schema; the application that still runs looks for it in the old one.",
        "Leave a view in the old place until nobody uses it."),
    AddJsonColumn = ("L0408", "add-json-column", Warning, BreaksApplication,
        "`json` has no equality: `SELECT DISTINCT`, `GROUP BY` and `UNION` over the table's rows fail from now on.",
        "Use `jsonb`."),

    DropObject = ("L0409", "drop-object", Warning, BreaksApplication,
        "A view, type, domain, function, sequence or extension is dropped; programs that use it fail.",
        "Release a version that does not use it first, and drop it in a later migration."),
    DropConstraint = ("L0410", "drop-constraint", Note, BreaksApplication,
        "Rows that the constraint kept out may be written from now on, and programs that rely on it may read them.",
        "See that no reader relies on it first."),
    DropDefault = ("L0411", "drop-default", Note, BreaksApplication,
        "Inserts that leave the column out write null from now on, or fail.",
        "Release a version that always names the column first."),
    RenameObject = ("L0412", "rename-object", Note, BreaksApplication,
        "Programs that name the type, function or sequence ask for the old name.",
        "Create it anew under the new name, switch the application, and drop the old one."),

    NeedsNoTransaction = ("L0501", "needs-no-transaction", Error, Fails,
        "The statement is refused inside a transaction, and several statements that are sent together are one.",
        "Put it into a migration of its own, alone."),
    EnumValueTooEarly = ("L0502", "enum-value-too-early", Error, Fails,
        "A new value of an enum is used in the transaction that adds it (55P04).",
        "Add the value in a migration before."),
    LongIdentifier = ("L0503", "long-identifier", Error, Fails,
        "PostgreSQL cuts names after 63 bytes without an error, so that the name is another one, or taken.",
        "Choose a name of at most 63 bytes."),
    TransactionNesting = ("L0504", "transaction-nesting", Warning, Fails,
        "`BEGIN` inside a transaction, or `COMMIT` without one, only gives a warning; what was meant to be one is not.",
        "Leave transactions to the tool, or write them in pairs."),
    OpenTransaction = ("L0505", "open-transaction", Error, Fails,
        "A transaction is begun and not ended in the file.",
        "End it with `COMMIT`."),
    DuplicateColumn = ("L0506", "duplicate-column", Error, Fails,
        "A column is named twice where it may stand once.",
        "Remove one of them."),
    NewerServer = ("L0507", "newer-server", Error, Fails,
        "The server's version (`--postgres-version`) does not know this yet.",
        "Write the older form, or raise the version."),
    PartitionedConcurrently = ("L0508", "partitioned-concurrently", Error, Fails,
        "An index of a partitioned table cannot be built or dropped `CONCURRENTLY`, and a foreign key of one cannot be `NOT VALID` before PostgreSQL 18.",
        "Create it `ON ONLY` the parent, `CONCURRENTLY` on each partition, and attach those."),
    ConcurrentlyIfNotExists = ("L0509", "concurrently-if-not-exists", Warning, Fails,
        "A build that was interrupted leaves an invalid index; `IF NOT EXISTS` then takes it for the wanted one.",
        "Leave `IF NOT EXISTS` out, and drop the invalid index before the next attempt."),
    ConcurrentlyLockTimeout = ("L0510", "concurrently-lock-timeout", Warning, Fails,
        "`lock_timeout` also ends a concurrent build that waits for old transactions, and leaves an invalid index.",
        "Set `lock_timeout` to 0 before it."),

    PreferText = ("L0601", "prefer-text", Note, Style,
        "A length in the type is changed with a lock, a check is not; `text` is stored the same way.",
        "Use `text`, with a check where a limit is needed."),
    PreferVarying = ("L0602", "no-char", Note, Style,
        "`char(n)` is padded with spaces, which comparisons ignore and copies keep.",
        "Use `text`."),
    PreferTimestamptz = ("L0603", "prefer-timestamptz", Note, Style,
        "`timestamp` without time zone is a wall clock without a place.",
        "Use `timestamptz`."),
    PreferJsonb = ("L0604", "prefer-jsonb", Note, Style,
        "`json` is stored as text: no equality, no index, parsed at each access.",
        "Use `jsonb`."),
    PreferBigint = ("L0605", "prefer-bigint", Note, Style,
        "A 32-bit number ends at 2147483647, and widening it rewrites the table.",
        "Use `bigint`."),
    PreferWiderInt = ("L0606", "prefer-bigint-over-smallint", Note, Style,
        "A 16-bit number ends at 32767, and widening it rewrites the table.",
        "Use `bigint`, or `integer`."),
    PreferIdentity = ("L0607", "prefer-identity", Note, Style,
        "A serial is a sequence beside the column, with rights and an owner of its own.",
        "Use `GENERATED BY DEFAULT AS IDENTITY`."),
    NotRepeatable = ("L0608", "not-repeatable", Note, Style,
        "Outside of a transaction, a file that failed halfway cannot be run again.",
        "Write `IF NOT EXISTS` or `IF EXISTS`, or a transaction."),
    UnqualifiedTable = ("L0609", "unqualified-table", Note, Style,
        "A name without a schema is whatever `search_path` says.",
        "Write the schema."),
    EnumValuePlace = ("L0610", "enum-value-place", Note, Style,
        "A new value goes to the end of the enum's order.",
        "Say `BEFORE` or `AFTER` which value."),
    StatementTimeout = ("L0611", "statement-timeout", Note, Style,
        "A statement that turns out slow has no limit.",
        "Set `statement_timeout` before it."),
    WideIndex = ("L0612", "wide-index", Note, Style,
        "An index of more than three columns, not unique, is seldom used as a whole.",
        "Keep the columns that narrow the search most."),
    DomainConstraint = ("L0613", "domain-constraint", Note, Style,
        "A domain's constraint cannot be changed without looking at every table that uses it.",
        "Use a check of the table."),
}

impl Code {
    /// The code of this name: `L0301` or `create-index`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(name) || code.title() == name)
    }
}
