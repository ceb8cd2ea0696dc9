"""Statements of the archive and of the look at what was restored."""
from psycopg import sql

NOW = "SELECT clock_timestamp()"
SOMETHING_COMMITTED = "SELECT pg_current_xact_id()"
ROUND_OFF = "SELECT pg_walfile_name(pg_switch_wal())"
ARCHIVED = "SELECT current_setting('archive_mode') = 'off' OR coalesce(last_archived_wal, '') >= %s FROM pg_stat_archiver"
LAST_COMMIT = "SELECT pg_last_xact_replay_timestamp(), pg_is_in_recovery()"

# Tables that only grow: a trigger refuses deletions.
ONLY_GROW = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND t.tgname LIKE 'pgtrigger_append_only%'
"""
CHECKS = """
SELECT c.conname, r.relname, pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
WHERE c.contype = 'c' AND c.connamespace = 'public'::regnamespace AND r.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = r.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
REFERENCES = """
SELECT c.conname, r.relname, f.relname,
  (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num),
  (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(num, n)
    JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num)
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND r.relkind = 'r' AND c.conparentid = 0 ORDER BY 1, 2
"""
NOT_VALID = "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT convalidated"
BROKEN_INDEXES = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT (i.indisvalid AND i.indisready)
"""
TABLE_CALLED = "SELECT to_regclass('public.' || quote_ident(%s)) IS NOT NULL"


def breaking(table: str, told: list[str]) -> sql.Composed:
    """Rows that break each of the table's own checks, in one reading; the expressions are the database's own words."""
    parts = sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE NOT ({}))").format(sql.SQL(each)) for each in told)
    return sql.SQL("SELECT {} FROM {}").format(parts, sql.Identifier("public", table))


def without_parent(table: str, parent: str, own: list[str], its: list[str]) -> sql.Composed:
    both = zip(its, own, strict=True)
    pairs = sql.SQL(" AND ").join(sql.SQL("p.{} = c.{}").format(sql.Identifier(b), sql.Identifier(a)) for b, a in both)
    known = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(each)) for each in own)
    return sql.SQL("SELECT count(*) FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})").format(
        sql.Identifier("public", table), known, sql.Identifier("public", parent), pairs
    )


def files_named(table: str, column: str, digest: str | None) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(each) for each in (column, digest) if each)
    return sql.SQL("SELECT {} FROM {} WHERE {} <> ''").format(names, sql.Identifier("public", table), sql.Identifier(column))
