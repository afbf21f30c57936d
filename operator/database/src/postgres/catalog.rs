//! The catalog queries: thirteen, whatever the number of tables. `$1` is the list of namespaces.

/// One snapshot for all of them. The planner takes a query of thousands of tables for so dear that it compiles it, which takes
/// seconds where the query itself takes a tenth of one (PostgreSQL: "When to JIT?").
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off";

/// Tables that are ours to look at: ordinary and partitioned ones, not an extension's and not a tool's.
macro_rules! tables {
    () => {
        "tables AS MATERIALIZED (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, c.relrowsecurity \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname::text = ANY($1) AND c.relkind IN ('r', 'p') \
         AND c.relname::text !~ '^_schemalift_' AND c.relname NOT IN ('_prisma_migrations', '_Migration') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         AND d.objid = c.oid AND d.deptype = 'e'))"
    };
}

pub(super) const NAMESPACES: &str =
    "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname::text = ANY($1) ORDER BY 1";

pub(super) const EXTENSIONS: &str = "SELECT e.extname::text, n.nspname::text, e.extversion FROM pg_catalog.pg_extension e \
     JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY 1";

/// Where extensions put types (1), operator classes (2) and functions (3), where that is not `public`.
pub(super) const HOMES: &str = "SELECT DISTINCT b.kind, b.name::text, n.nspname::text FROM pg_catalog.pg_extension e \
     JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass \
     AND d.refobjid = e.oid AND d.deptype = 'e' JOIN LATERAL (\
     SELECT 1 AS kind, t.typname AS name, t.typnamespace AS namespace FROM pg_catalog.pg_type t WHERE t.oid = d.objid \
     AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.typtype <> 'c' \
     UNION ALL SELECT 2, o.opcname, o.opcnamespace FROM pg_catalog.pg_opclass o WHERE o.oid = d.objid \
     AND d.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass \
     UNION ALL SELECT 3, p.proname, p.pronamespace FROM pg_catalog.pg_proc p WHERE p.oid = d.objid \
     AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.prokind = 'f') b ON true \
     JOIN pg_catalog.pg_namespace n ON n.oid = b.namespace \
     WHERE e.extname <> 'plpgsql' AND n.nspname <> 'public' ORDER BY 1, 2, 3";

/// Domains with what they stand on, through other domains. The modifier is that of the innermost one.
pub(super) const DOMAINS: &str = "WITH RECURSIVE steps AS (\
     SELECT d.oid, d.typbasetype AS base, d.typtypmod AS modifier, d.typnotnull AS required \
     FROM pg_catalog.pg_type d WHERE d.typtype = 'd' \
     UNION ALL SELECT s.oid, d.typbasetype, d.typtypmod, s.required OR d.typnotnull FROM steps s \
     JOIN pg_catalog.pg_type d ON d.oid = s.base AND d.typtype = 'd') \
     SELECT s.oid, pg_catalog.format_type(s.oid, NULL), s.required, t.oid, tn.nspname::text, t.typname::text, \
     t.typtype::text, s.modifier, pg_catalog.format_type(t.oid, s.modifier), e.oid IS NOT NULL \
     FROM steps s JOIN pg_catalog.pg_type w ON w.oid = s.base AND w.typtype <> 'd' \
     LEFT JOIN pg_catalog.pg_type e ON e.oid = w.typelem AND e.typarray = w.oid \
     JOIN pg_catalog.pg_type t ON t.oid = COALESCE(e.oid, w.oid) \
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace ORDER BY 1";

pub(super) const ENUMS: &str = "SELECT n.nspname::text, t.typname::text, \
     array_agg(e.enumlabel::text ORDER BY e.enumsortorder) \
     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
     JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid \
     WHERE n.nspname::text = ANY($1) AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
     WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e') \
     GROUP BY 1, 2 ORDER BY 1, 2";

pub(super) const TABLES: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT oid, nspname::text, relname::text, relkind = 'p', relispartition, relrowsecurity FROM tables"
);

/// One row a column; the type is the element's where the column is an array.
pub(super) const COLUMNS: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT a.attrelid, a.attname::text, a.attnotnull, a.attidentity <> '', a.attgenerated::text, \
     tn.nspname::text, t.typname::text, t.typtype::text, a.atttypmod, \
     pg_catalog.format_type(t.oid, a.atttypmod), e.oid IS NOT NULL, \
     pg_catalog.pg_get_expr(d.adbin, d.adrelid), \
     d.oid IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_depend o \
     JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S' \
     WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype IN ('a', 'i')), \
     COALESCE((SELECT s.relname::text FROM pg_catalog.pg_depend o \
     JOIN pg_catalog.pg_class s ON s.oid = o.refobjid AND s.relkind = 'S' \
     JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace AND sn.nspname = c.nspname \
     WHERE o.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND o.objid = d.oid \
     AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LIMIT 1), \
     (SELECT s.relname::text FROM pg_catalog.pg_depend o \
     JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S' \
     WHERE a.attidentity <> '' AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype = 'i' LIMIT 1)), t.oid, \
     a.attnotnull AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid \
     AND k.contype = 'n' AND NOT k.convalidated AND k.conkey = ARRAY[a.attnum]) \
     FROM tables c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN pg_catalog.pg_type w ON w.oid = a.atttypid \
     LEFT JOIN pg_catalog.pg_type e ON e.oid = w.typelem AND e.typarray = w.oid \
     JOIN pg_catalog.pg_type t ON t.oid = COALESCE(e.oid, w.oid) \
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace \
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     ORDER BY a.attrelid, a.attnum"
);

pub(super) const CONSTRAINTS: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT k.conrelid, k.conname::text, k.contype::text, \
     ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(attnum, n) \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.n), \
     rn.nspname::text, r.relname::text, \
     ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(attnum, n) \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.n), \
     k.confdeltype::text, k.confupdtype::text, k.convalidated, \
     array_remove(ARRAY[CASE WHEN k.condeferrable THEN 'deferrable' END, \
     CASE WHEN k.confmatchtype = 'f' THEN 'match full' END, \
     CASE WHEN k.confdelsetcols IS NOT NULL THEN 'set columns' END, \
     CASE WHEN k.conperiod THEN 'period' END, \
     CASE WHEN NOT k.conenforced THEN 'not enforced' END, \
     CASE WHEN k.contype <> 'f' AND NOT k.convalidated THEN 'not valid' END, \
     CASE WHEN s.description IS NOT NULL THEN 'commented' END], NULL) \
     FROM (SELECT NULL::int2[] AS confdelsetcols, false AS conperiod, true AS conenforced) older CROSS JOIN LATERAL (\
     SELECT oid, conrelid, conname, contype, conkey, confrelid, confkey, confdeltype, confupdtype, convalidated, \
     condeferrable, confmatchtype, confdelsetcols, conperiod, conenforced FROM pg_catalog.pg_constraint) k \
     JOIN tables c ON k.conrelid = c.oid \
     LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid \
     LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace \
     LEFT JOIN pg_catalog.pg_description s ON s.objoid = k.oid \
     AND s.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass \
     WHERE (k.contype IN ('p', 'u', 'f', 'c') OR k.contype = 'n' AND NOT k.convalidated) AND k.conname::text !~ '^_schemalift_not_null_' ORDER BY k.conrelid, k.conname"
);

/// Secondary indexes. The last column but one says what our model cannot.
pub(super) const INDEXES: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT i.indrelid, x.relname::text, i.indisunique, i.indisvalid, m.amname::text, \
     EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype = 'u'), \
     COALESCE(q.names, '{}'), COALESCE(q.descending, '{}'), COALESCE(q.classes, '{}'), \
     concat_ws(', ', CASE WHEN i.indexprs IS NOT NULL THEN 'expression' END, \
     CASE WHEN i.indnkeyatts < i.indnatts THEN 'include' END, \
     CASE WHEN i.indisexclusion THEN 'exclusion' END, \
     CASE WHEN q.nulls THEN 'nulls order' END, CASE WHEN q.collated THEN 'collation' END, \
     CASE WHEN to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' THEN 'nulls not distinct' END), \
     pg_catalog.pg_get_expr(i.indpred, i.indrelid) \
     FROM tables c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND NOT i.indisprimary \
     JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam \
     LEFT JOIN LATERAL (SELECT array_agg(COALESCE(a.attname::text, '') ORDER BY u.n) AS names, \
     array_agg(u.option & 1 = 1 ORDER BY u.n) AS descending, \
     array_agg(CASE WHEN o.opcdefault THEN '' ELSE o.opcname::text END ORDER BY u.n) AS classes, \
     bool_or((u.option & 1) <> ((u.option >> 1) & 1)) AS nulls, \
     bool_or(u.coll <> 0 AND u.coll <> a.attcollation) AS collated \
     FROM ROWS FROM (unnest(i.indkey::int2[]), unnest(i.indoption::int2[]), unnest(i.indclass::oid[]), \
     unnest(i.indcollation::oid[])) WITH ORDINALITY u(attnum, option, class, coll, n) \
     LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum \
     LEFT JOIN pg_catalog.pg_opclass o ON o.oid = u.class WHERE u.n <= i.indnkeyatts) q ON true \
     ORDER BY i.indrelid, x.relname"
);

/// Settings of columns, of those that have any. What older servers do not know comes from the values beside it.
pub(super) const SETTINGS: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT a.attrelid, a.attname::text, NULLIF(a.attstattarget::int, -1), \
     CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END, NULLIF(a.attcompression::text, ''), \
     COALESCE(a.attoptions, '{}'), s.description \
     FROM (SELECT ''::text AS attcompression) older CROSS JOIN LATERAL (\
     SELECT attrelid, attname, attnum, atttypid, attstattarget, attstorage, attoptions, attisdropped, attcompression \
     FROM pg_catalog.pg_attribute) a JOIN tables c ON c.oid = a.attrelid \
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
     LEFT JOIN pg_catalog.pg_description s ON s.objoid = a.attrelid AND s.objsubid = a.attnum \
     AND s.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND (COALESCE(a.attstattarget, -1) <> -1 \
     OR a.attstorage <> t.typstorage OR a.attcompression::text <> '' OR a.attoptions IS NOT NULL \
     OR s.description IS NOT NULL)"
);

/// What hangs on a table and a datamodel cannot say.
pub(super) const EXTRAS: &str = concat!(
    "WITH ",
    tables!(),
    " SELECT t.tgrelid, 'trigger ' || t.tgname::text FROM tables c \
     JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal \
     UNION SELECT p.polrelid, 'policy ' || p.polname::text FROM tables c \
     JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid \
     UNION SELECT r.ev_class, 'rule ' || r.rulename::text FROM tables c \
     JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid \
     UNION SELECT h.inhrelid, 'inherits ' || h.inhparent::pg_catalog.regclass::text FROM tables c \
     JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid WHERE NOT c.relispartition \
     UNION SELECT d.refobjid, CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || v.relname::text \
     FROM tables c JOIN pg_catalog.pg_depend d ON d.refobjid = c.oid \
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
     JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = w.ev_class \
     WHERE v.relkind IN ('v', 'm') \
     UNION SELECT c.oid, w.what FROM tables c JOIN pg_catalog.pg_class r ON r.oid = c.oid \
     LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = r.reltablespace \
     LEFT JOIN pg_catalog.pg_am m ON m.oid = r.relam AND m.amname <> 'heap' \
     LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 \
     AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     CROSS JOIN LATERAL (VALUES (CASE WHEN r.relpersistence = 'u' THEN 'unlogged' END), \
     ('parameters (' || array_to_string(r.reloptions, ', ') || ')'), ('tablespace ' || s.spcname::text), \
     ('access method ' || m.amname::text), (CASE WHEN d.description IS NOT NULL THEN 'comment' END), \
     (CASE r.relreplident WHEN 'f' THEN 'replica identity full' WHEN 'n' THEN 'replica identity nothing' END)) \
     w(what) WHERE w.what IS NOT NULL \
     UNION SELECT c.oid, 'index ' || r.relname::text || ': ' || w.what FROM tables c \
     JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class r ON r.oid = i.indexrelid \
     LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = r.reltablespace \
     LEFT JOIN pg_catalog.pg_description d ON d.objoid = r.oid AND d.objsubid = 0 \
     AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     CROSS JOIN LATERAL (VALUES ('parameters (' || array_to_string(r.reloptions, ', ') || ')'), \
     ('tablespace ' || s.spcname::text), (CASE WHEN i.indisreplident THEN 'replica identity' END), \
     (CASE WHEN i.indisclustered THEN 'clustered' END), (CASE WHEN d.description IS NOT NULL THEN 'comment' END), \
     (CASE WHEN i.indisprimary AND i.indnkeyatts < i.indnatts THEN 'included columns' END), \
     (CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attoptions IS NOT NULL) \
     THEN 'parameters of an operator class' END)) w(what) WHERE w.what IS NOT NULL \
     UNION SELECT x.stxrelid, 'statistics ' || x.stxname::text FROM tables c \
     JOIN pg_catalog.pg_statistic_ext x ON x.stxrelid = c.oid \
     UNION SELECT c.oid, 'identity ' || a.attname::text || ' (' || w.what || ')' FROM tables c \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity <> '' \
     JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid \
     AND d.refobjsubid = a.attnum AND d.deptype = 'i' \
     JOIN pg_catalog.pg_sequence q ON q.seqrelid = d.objid \
     CROSS JOIN LATERAL (SELECT concat_ws(', ', CASE WHEN a.attidentity = 'a' THEN 'always' END, \
     CASE WHEN q.seqstart <> 1 THEN 'start ' || q.seqstart END, \
     CASE WHEN q.seqincrement <> 1 THEN 'increment ' || q.seqincrement END, \
     CASE WHEN q.seqmin <> 1 THEN 'minimum ' || q.seqmin END, \
     CASE WHEN q.seqmax NOT IN (32767, 2147483647, 9223372036854775807) THEN 'maximum ' || q.seqmax END, \
     CASE WHEN q.seqcache <> 1 THEN 'cache ' || q.seqcache END, \
     CASE WHEN q.seqcycle THEN 'cycle' END) AS what) w WHERE w.what <> '' ORDER BY 1, 2"
);

/// Views, which are only listed; not those of extensions.
pub(super) const VIEWS: &str = "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname::text = ANY($1) AND c.relkind IN ('v', 'm') \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1, 2";

/// What hangs on single columns: the table, what it is, how it holds, the columns.
pub(super) const TIES: &str = concat!(
    "WITH ",
    tables!(),
    ", held AS (SELECT d.refobjid AS relation, d.classid, d.objid, d.refobjsubid AS attnum FROM tables c \
     JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND d.refobjid = c.oid AND d.refobjsubid > 0), \
     named AS (SELECT h.relation, h.attnum, 'index ' || x.relname::text AS what, 'along' AS hold FROM held h \
     JOIN pg_catalog.pg_class x ON h.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.oid = h.objid \
     AND x.relkind IN ('i', 'I') \
     UNION ALL SELECT h.relation, h.attnum, CASE k.contype WHEN 'c' THEN 'check ' ELSE 'index ' END || k.conname::text, \
     'along' FROM held h JOIN pg_catalog.pg_constraint k \
     ON h.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = h.objid AND k.contype IN ('c', 'u', 'x') \
     AND k.conrelid = h.relation \
     UNION ALL SELECT h.relation, h.attnum, 'statistics ' || s.stxname::text, 'along' FROM held h \
     JOIN pg_catalog.pg_statistic_ext s ON h.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass \
     AND s.oid = h.objid \
     UNION ALL SELECT h.relation, h.attnum, \
     CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || v.relname::text, 'way' FROM held h \
     JOIN pg_catalog.pg_rewrite w ON h.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = h.objid \
     JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') \
     UNION ALL SELECT h.relation, h.attnum, 'policy ' || p.polname::text, 'way' FROM held h \
     JOIN pg_catalog.pg_policy p ON h.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = h.objid \
     UNION ALL SELECT h.relation, h.attnum, 'trigger ' || t.tgname::text, 'way' FROM held h \
     JOIN pg_catalog.pg_trigger t ON h.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = h.objid \
     AND NOT t.tgisinternal \
     UNION ALL SELECT h.relation, h.attnum, 'generated column ' || a.attname::text, 'way' FROM held h \
     JOIN pg_catalog.pg_attrdef g ON h.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND g.oid = h.objid \
     AND g.adrelid = h.relation AND g.adnum <> h.attnum \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = g.adrelid AND a.attnum = g.adnum \
     UNION ALL SELECT h.relation, h.attnum, 'publication ' || p.pubname::text, 'way' FROM held h \
     JOIN pg_catalog.pg_publication_rel r ON h.classid = 'pg_catalog.pg_publication_rel'::pg_catalog.regclass AND r.oid = h.objid \
     JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid \
     UNION ALL SELECT c.oid, a.attnum, 'rights on column ' || a.attname::text, 'column' FROM tables c \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL \
     UNION ALL SELECT c.oid, a.attnum, 'collation of ' || a.attname::text, 'type' FROM tables c \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN pg_catalog.pg_type y ON y.oid = a.atttypid AND y.typcollation <> a.attcollation) \
     SELECT n.relation, n.what, n.hold, array_agg(DISTINCT a.attname::text) FROM named n \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = n.relation AND a.attnum = n.attnum \
     GROUP BY 1, 2, 3 ORDER BY 1, 2"
);
