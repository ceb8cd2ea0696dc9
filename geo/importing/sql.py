"""The statements of an import: a temporary stage beside the layer's table, compared and written set at a time.

Names come from the models through `sql.Identifier`, values are bound. `stage` and its companions are dropped with the transaction.
"""
from psycopg import sql

STAGE, SPOILT, CHANGED = (sql.Identifier(f"import_{name}") for name in ("stage", "spoilt", "changed"))
KEY, LINE = sql.Identifier("source_key"), sql.Identifier("line")
# Where there is no number of the source, name and place make one: the same row of the same file gets it again.
HASHED_KEY = sql.SQL("'#' || left(encode(sha256(convert_to(coalesce({name}, ''), 'UTF8') || ST_AsBinary(s.geom)), 'hex'), 32)")

# What a file cannot keep is no change: the last digits of a number in XLSX or of GCJ-02 there and back (0.1 mm; the limit is
# 1e-8 degrees, a millimetre), and which way round a ring is drawn (a Shapefile and RFC 7946 want opposite ways). The same bytes
# are found equal without looking further.
OTHER_PLACE = sql.SQL(
    "(s.geom IS DISTINCT FROM t.geom AND (ST_NPoints(s.geom) <> ST_NPoints(t.geom) OR NOT ST_DWithin(s.geom, t.geom, 1e-8)"
    " OR (GeometryType(t.geom) <> 'POINT' AND ST_HausdorffDistance(s.geom, t.geom) > 1e-8)))"
)

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('geo.importing'), hashtext(%s))"
# A batch keeps its own before-images: the history of each row stays off for the transaction.
WITHOUT_HISTORY = "SELECT set_config('siwu.history', 'off', true)"
SETTINGS = f"{WITHOUT_HISTORY}, set_config('work_mem', '64MB', true), set_config('lock_timeout', '60s', true)"


def names(columns: list[str], alias: str = "") -> sql.Composable:
    prefix = sql.SQL(f"{alias}.") if alias else sql.SQL("")
    return sql.SQL(", ").join(prefix + sql.Identifier(column) for column in columns)


def create_stage(columns: list[tuple[str, str]]) -> sql.Composable:
    """`columns` are (name, database type) in the order in which COPY sends them, after the line."""
    typed = [sql.Identifier(name) + sql.SQL(" " + kind) for name, kind in columns]
    if "source_key" not in dict(columns):
        typed.append(sql.SQL("source_key varchar(80)"))
    return sql.SQL(
        "DROP TABLE IF EXISTS pg_temp.{stage}, pg_temp.{spoilt}, pg_temp.{changed};"
        "CREATE TEMP TABLE {stage} (line bigint NOT NULL, {typed}) ON COMMIT DROP;"
        "CREATE TEMP TABLE {spoilt} (line bigint NOT NULL, source_key text) ON COMMIT DROP"
    ).format(stage=STAGE, typed=sql.SQL(", ").join(typed), spoilt=SPOILT, changed=CHANGED)


def copy_stage(columns: list[str]) -> sql.Composable:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(STAGE, names(columns))


def copy_spoilt() -> sql.Composable:
    return sql.SQL("COPY {} (line, source_key) FROM STDIN").format(SPOILT)


def fill_keys(named: bool) -> sql.Composable:
    made = HASHED_KEY.format(name=sql.SQL("s.name") if named else sql.SQL("''"))
    return sql.SQL("UPDATE {} s SET source_key = {} WHERE source_key IS NULL").format(STAGE, made)


def doubled() -> sql.Composable:
    """Take rows of one key out of the stage; gives (line, key, another line of that key). Rejected rows count as well."""
    return sql.SQL(
        """
        WITH seen AS (
          SELECT source_key, line FROM {stage} UNION ALL SELECT source_key, line FROM {spoilt} WHERE source_key IS NOT NULL
        ), doubled AS (
          SELECT source_key, (array_agg(line ORDER BY line))[1:2] AS lines FROM seen GROUP BY source_key HAVING count(*) > 1
        )
        DELETE FROM {stage} s USING doubled d WHERE s.source_key = d.source_key
        RETURNING s.line, s.source_key, CASE WHEN s.line = d.lines[1] THEN d.lines[2] ELSE d.lines[1] END
        """
    ).format(stage=STAGE, spoilt=SPOILT)


def image(table: str, staged: list[str], absent: list[str]) -> sql.Composable:
    """Rows as they would be stored: absent columns (bound by name) from the constants for new rows, as they are for others."""
    choose = sql.SQL("CASE WHEN t.id IS NULL THEN {0} ELSE t.{1} END AS {1}")
    kept = [choose.format(sql.Placeholder(name), sql.Identifier(name)) for name in absent]
    return sql.SQL("SELECT {} FROM {} s LEFT JOIN {} t ON t.source_key = s.source_key").format(
        sql.SQL(", ").join([names(["line", *staged], "s"), *kept]), STAGE, sql.Identifier(table)
    )


# Check constraints with the columns each names; the expressions are PostgreSQL's own and name columns without a table.
CHECKS = """
SELECT c.conname, pg_get_expr(c.conbin, c.conrelid), array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
WHERE c.conrelid = to_regclass(%s) AND c.contype = 'c' GROUP BY c.oid ORDER BY c.conname
"""


def broken_rules(rows: sql.Composable, expressions: list[str]) -> sql.Composable:
    """Take rows that break a check constraint out of the stage; gives (line, key, number of the first broken rule)."""
    whens = [sql.SQL("WHEN ({}) IS FALSE THEN {}").format(sql.SQL(text), sql.Literal(number)) for number, text in enumerate(expressions)]
    return sql.SQL(
        "WITH judged AS (SELECT line AS broken_line, CASE {whens} END AS rule FROM ({rows}) AS image)"
        " DELETE FROM {stage} s USING judged WHERE judged.rule IS NOT NULL AND judged.broken_line = s.line"
        " RETURNING s.line, s.source_key, judged.rule"
    ).format(whens=sql.SQL(" ").join(whens), rows=rows, stage=STAGE)


def foreign(table: str) -> sql.Composable:
    """Take rows out whose stored object lies outside the territory (a code prefix, bound)."""
    return sql.SQL(
        "DELETE FROM {} s USING {} t WHERE t.source_key = s.source_key AND NOT starts_with(t.division_id, %s)"
        " RETURNING s.line, s.source_key"
    ).format(STAGE, sql.Identifier(table))


def compare(table: str, columns: list[str]) -> sql.Composable:
    """Staged rows that the table holds with other values: line, id, and for each column whether it differs."""
    plain = [column for column in columns if column != "geom"]
    unequal = {column: sql.SQL("s.{0} IS DISTINCT FROM t.{0}").format(sql.Identifier(column)) for column in plain}
    anything = [sql.SQL("({}) IS DISTINCT FROM ({})").format(names(plain, "s"), names(plain, "t"))] if plain else []
    if "geom" in columns:
        unequal["geom"] = OTHER_PLACE
        anything.append(OTHER_PLACE)
    differs = [unequal[column] + sql.SQL(" AS ") + sql.Identifier(column) for column in columns]
    return sql.SQL(
        "CREATE TEMP TABLE {changed} ON COMMIT DROP AS SELECT s.line, t.id, {differs} FROM {stage} s"
        " JOIN {table} t ON t.source_key = s.source_key WHERE {anything}"
    ).format(
        changed=CHANGED, differs=sql.SQL(", ").join(differs), stage=STAGE, table=sql.Identifier(table),
        anything=sql.SQL(" OR ").join(anything),
    )  # fmt: skip


def counts(table: str, columns: list[str]) -> sql.Composable:
    """One row: staged, of them known to the table, of them changed, then per column how many rows differ in it."""
    per_column = [sql.SQL("(SELECT count(*) FROM {} WHERE {})").format(CHANGED, sql.Identifier(column)) for column in columns]
    return sql.SQL(
        "SELECT (SELECT count(*) FROM {stage}), (SELECT count(*) FROM {stage} s JOIN {table} t ON t.source_key = s.source_key),"
        " (SELECT count(*) FROM {changed}), {per_column}"
    ).format(stage=STAGE, table=sql.Identifier(table), changed=CHANGED, per_column=sql.SQL(", ").join(per_column))


def examples(table: str, column: str) -> sql.Composable:
    return sql.SQL(
        "SELECT c.line, s.source_key, left(t.{column}::text, 80), left(s.{column}::text, 80) FROM {changed} c"
        " JOIN {stage} s USING (line) JOIN {table} t ON t.id = c.id WHERE c.{column} ORDER BY c.line LIMIT %s"
    ).format(column=sql.Identifier(column), changed=CHANGED, stage=STAGE, table=sql.Identifier(table))


def lock_table(table: str) -> sql.Composable:
    """No other writer between comparing and writing; readers go on."""
    return sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(table))


def insert_new(table: str, staged: list[str], constant: list[str], *, numbered: bool = False) -> sql.Composable:
    """Constants, `batch_id` and `moment` are bound by name; with `numbered` also `last`, the id after which lines count on."""
    return sql.SQL(
        "INSERT INTO {table} ({id} {staged}, {constant} batch_id, created_at, updated_at)"
        " SELECT {number} {values}, {constants} %(batch_id)s, %(moment)s, %(moment)s FROM {stage} s"
        " WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.source_key = s.source_key)"
    ).format(
        table=sql.Identifier(table), staged=names(staged), values=names(staged, "s"), stage=STAGE,
        constant=sql.SQL("").join(sql.Identifier(name) + sql.SQL(", ") for name in constant),
        constants=sql.SQL("").join(sql.Placeholder(name) + sql.SQL(", ") for name in constant),
        id=sql.SQL("id," if numbered else ""), number=sql.SQL("%(last)s + s.line," if numbered else ""),
    )  # fmt: skip


def keep_before(table: str, columns: list[str]) -> sql.Composable:
    """Before-images of what will change; geometry as EWKB, which loses nothing."""
    pairs = []
    for column in columns:
        value = sql.SQL("t.geom::text") if column == "geom" else sql.SQL("t.") + sql.Identifier(column)
        pairs.append(sql.Literal(column) + sql.SQL(", ") + value)
    return sql.SQL(
        "INSERT INTO geo_batchchange (batch_id, object_id, before)"
        " SELECT %s, t.id, jsonb_build_object({pairs}) FROM {changed} c JOIN {table} t ON t.id = c.id"
    ).format(pairs=sql.SQL(", ").join(pairs), changed=CHANGED, table=sql.Identifier(table))


def take_over(table: str) -> sql.Composable:
    """Rows that will change carry the batch's number from here on, so that their outlines can be found by it."""
    return sql.SQL("UPDATE {} t SET batch_id = %s FROM {} c WHERE t.id = c.id").format(sql.Identifier(table), CHANGED)


def update_changed(table: str, columns: list[str]) -> sql.Composable:
    sets = [sql.SQL("{0} = s.{0}").format(sql.Identifier(column)) for column in columns]
    return sql.SQL(
        "UPDATE {table} t SET {sets}, batch_id = %(batch_id)s, updated_at = %(moment)s"
        " FROM {changed} c JOIN {stage} s USING (line) WHERE t.id = c.id"
    ).format(table=sql.Identifier(table), sets=sql.SQL(", ").join(sets), changed=CHANGED, stage=STAGE)


# Taking a batch back. `before` is what its changes kept; a row that it made carries its number and has no change.
LATER = """
SELECT m.id, count(*) FROM geo_batchchange c JOIN geo_batch m ON m.id = c.batch_id
WHERE m.state = 'applied' AND m.layer = %(layer)s AND m.id > %(batch)s AND (c.before ->> 'batch_id')::bigint = %(batch)s
GROUP BY m.id ORDER BY m.id DESC LIMIT 1
"""


def gone(table: str) -> sql.Composable:
    return sql.SQL(
        "SELECT count(*) FROM geo_batchchange c WHERE c.batch_id = %s AND NOT EXISTS (SELECT FROM {} t WHERE t.id = c.object_id)"
    ).format(sql.Identifier(table))


def edited(table: str) -> sql.Composable:
    """Rows of the batch that somebody touched after it: how many, and the key of one."""
    return sql.SQL(
        "SELECT count(*), min(source_key) FROM {} t WHERE t.batch_id = %s AND t.updated_at NOT IN (%s, t.created_at)"
    ).format(sql.Identifier(table))


def delete_new(table: str) -> sql.Composable:
    return sql.SQL(
        "DELETE FROM {} t WHERE t.batch_id = %(batch)s"
        " AND NOT EXISTS (SELECT FROM geo_batchchange c WHERE c.batch_id = %(batch)s AND c.object_id = t.id)"
    ).format(sql.Identifier(table))


def restore(table: str, columns: list[str]) -> sql.Composable:
    sets = [sql.SQL("{0} = r.{0}").format(sql.Identifier(column)) for column in columns]
    return sql.SQL(
        "UPDATE {table} t SET {sets} FROM (SELECT c.object_id, (jsonb_populate_record(NULL::{table}, c.before)).*"
        " FROM geo_batchchange c WHERE c.batch_id = %s) AS r WHERE t.id = r.object_id"
    ).format(table=sql.Identifier(table), sets=sql.SQL(", ").join(sets))


# Writing very many rows: see geo.importing.bulk. The primary key goes too where no other table refers to it.
OWNS = "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)"
SECONDARY_CONSTRAINTS = """
SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.conrelid = to_regclass(%s) AND (c.contype IN ('f', 'u') OR c.contype = 'p'
  AND NOT EXISTS (SELECT FROM pg_constraint r WHERE r.confrelid = c.conrelid AND r.contype = 'f')) ORDER BY c.contype DESC, c.conname
"""
SECONDARY_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = to_regclass(%s) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'p', 'x')) ORDER BY 1
"""
NEXT_ID = "SELECT nextval(pg_get_serial_sequence(%s, 'id'))"
DEFAULTS = """
SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = to_regclass(%(table)s) AND a.attname = ANY (%(columns)s)
"""
ADD_CELLS = """
INSERT INTO geo_gridcell AS g (layer, cx, cy, division_id, object_count)
SELECT %s, cx, cy, division_id, object_count FROM import_cells ORDER BY 2, 3, 4
ON CONFLICT (layer, cx, cy, division_id) DO UPDATE SET object_count = g.object_count + excluded.object_count
"""


def take_ids(table: str) -> sql.Composable:
    """The ids that were chosen by hand are not given again. Binds the table's name and the last id before them."""
    return sql.SQL(
        "SELECT setval(pg_get_serial_sequence(%(table)s, 'id'), greatest(%(last)s, (SELECT max(id) FROM {})))"
    ).format(sql.Identifier(table))


# What is made good in one pass afterwards: with many rows these triggers keep a copy of each. The history of new rows is for
# what people add by hand and passes over a batch's, but asks at each row.
WATCHING = """
SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s)
  AND (tgname IN ('layer_count_insert', 'search_mark_insert') OR tgname LIKE 'pgtrigger\\_insert\\_insert\\_%%') ORDER BY 1
"""


def switch(table: str, trigger: str, *, on: bool) -> sql.Composable:
    state = sql.SQL("ENABLE" if on else "DISABLE")
    return sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(sql.Identifier(table), state, sql.Identifier(trigger))


def mark_search(table: str) -> sql.Composable:
    """One mark for all rows after an id. Binds the layer's name and the id."""
    return sql.SQL(
        "INSERT INTO geo_searchmark (layer, low, high)"
        " SELECT {}, low, high FROM (SELECT min(id) AS low, max(id) AS high FROM {} WHERE id > {}) ids WHERE low IS NOT NULL"
    ).format(sql.Placeholder(), sql.Identifier(table), sql.Placeholder())


def count_cells(table: str) -> sql.Composable:
    """What the counting trigger would have counted, for rows after an id; as a table, so that workers share the reading."""
    return sql.SQL(
        "CREATE TEMP TABLE import_cells ON COMMIT DROP AS SELECT geo_cell_x(geom_3857) AS cx, geo_cell_y(geom_3857) AS cy,"
        " division_id, count(*)::integer AS object_count FROM {} WHERE id > {} GROUP BY 1, 2, 3"
    ).format(sql.Identifier(table), sql.Placeholder())


def set_default(table: str, column: str, value: object) -> sql.Composable:
    return sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}").format(sql.Identifier(table), sql.Identifier(column), sql.Literal(value))


def restore_default(table: str, column: str, former: str | None) -> sql.Composable:
    expression = sql.SQL("DROP DEFAULT") if former is None else sql.SQL("SET DEFAULT ") + sql.SQL(former)
    return sql.SQL("ALTER TABLE {} ALTER {} {}").format(sql.Identifier(table), sql.Identifier(column), expression)


def copy_rows(table: str, columns: list[str]) -> sql.Composable:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), names(["id", *columns]))


def holds_rows(table: str) -> sql.Composable:
    return sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))


def drop_constraint(table: str, name: str) -> sql.Composable:
    return sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))


def add_constraint(table: str, name: str, definition: str) -> sql.Composable:
    return sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(sql.Identifier(table), sql.Identifier(name), sql.SQL(definition))


def drop_index(name: str) -> sql.Composable:
    return sql.SQL("DROP INDEX {}").format(sql.SQL(name))


def analyse() -> sql.Composable:
    """A temporary table has no statistics of its own accord."""
    return sql.SQL("ANALYZE {}").format(STAGE)


def row_count(table: str) -> sql.Composable:
    return sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))


def _list(number: int) -> sql.Composable:
    return sql.Identifier(f"import_held_{number}")


def keep_list(number: int) -> sql.Composable:
    return sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {} (id bigint PRIMARY KEY) ON COMMIT DROP").format(_list(number))


def _place(is_point: bool) -> sql.Composable:
    return sql.SQL("d.geom") if is_point else sql.SQL("ST_PointOnSurface(d.geom)")


def note_held(number: int, reference) -> sql.Composable:
    """Rows that refer to an outline of the batch, or whose place may lie in one."""
    return sql.SQL(
        "INSERT INTO {noted} SELECT d.id FROM {table} d JOIN {holder} h ON d.{column} = h.id WHERE h.batch_id = %(batch)s"
        " UNION SELECT d.id FROM {table} d JOIN {holder} h ON d.geom_3857 && h.geom_3857 WHERE h.batch_id = %(batch)s"
        " ON CONFLICT DO NOTHING"
    ).format(
        noted=_list(number), table=sql.Identifier(reference.table), holder=sql.Identifier(reference.holder),
        column=sql.Identifier(reference.column),
    )  # fmt: skip


def chosen() -> sql.Composable:
    return sql.SQL("SELECT unnest(%(ids)s::bigint[])")


def noted(number: int) -> sql.Composable:
    return sql.SQL("SELECT id FROM {}").format(_list(number))


def restored() -> sql.Composable:
    return sql.SQL("SELECT object_id FROM geo_batchchange WHERE batch_id = %(batch)s")


def release(reference) -> sql.Composable:
    """Only rows of holders that the batch made, which are those without a before-image."""
    return sql.SQL(
        "UPDATE {table} d SET {column} = NULL FROM {holder} h WHERE d.{column} = h.id AND h.batch_id = %(batch)s"
        " AND NOT EXISTS (SELECT FROM geo_batchchange c WHERE c.batch_id = %(batch)s AND c.object_id = h.id)"
    ).format(table=sql.Identifier(reference.table), holder=sql.Identifier(reference.holder), column=sql.Identifier(reference.column))


def settle(reference, rows: sql.Composable) -> sql.Composable:
    """The smallest holder that covers the place, for the given rows; writes only what differs."""
    return sql.SQL(
        "UPDATE {table} t SET {column} = found.holder FROM ("
        "  SELECT d.id, (SELECT min(h.id) FROM {holder} h WHERE h.geom_3857 && d.geom_3857 AND ST_Covers(h.geom, {place})) AS holder"
        "  FROM {table} d WHERE d.id IN ({rows})"
        ") AS found WHERE t.id = found.id AND t.{column} IS DISTINCT FROM found.holder"
    ).format(
        table=sql.Identifier(reference.table), holder=sql.Identifier(reference.holder), column=sql.Identifier(reference.column),
        place=_place(reference.is_point), rows=rows,
    )  # fmt: skip


def vanished(table: str) -> sql.Composable:
    """Objects of the territory that these batches brought or changed last and the file at hand does not name."""
    return sql.SQL(
        "SELECT t.id FROM {table} t WHERE t.batch_id = ANY(%(batches)s) AND starts_with(t.division_id, %(prefix)s)"
        " AND NOT EXISTS (SELECT FROM {stage} s WHERE s.source_key = t.source_key)"
        " AND NOT EXISTS (SELECT FROM {spoilt} s WHERE s.source_key = t.source_key) ORDER BY t.id"
    ).format(table=sql.Identifier(table), stage=STAGE, spoilt=SPOILT)
