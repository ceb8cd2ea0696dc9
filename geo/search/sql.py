"""The statements of the search. Values are always bound; names of columns come from the pairs below, through `of`."""
from functools import lru_cache

from psycopg import sql

# The trigger's part: few rows are marked one by one, many as one range, so that a large import pays for one scan and one row.
MARKING = """
CREATE FUNCTION geo_search_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM (SELECT FROM touched_rows LIMIT 501) AS few) <= 500 THEN
    INSERT INTO geo_searchmark (layer, low, high) SELECT TG_ARGV[0], id, id FROM touched_rows;
  ELSE
    INSERT INTO geo_searchmark (layer, low, high) SELECT TG_ARGV[0], min(id), max(id) FROM touched_rows;
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION geo_search_mark_division() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO geo_searchmark (layer, low, high)
  SELECT DISTINCT '', code::bigint, code::bigint FROM (VALUES (OLD.code), (NEW.code)) AS touched (code) WHERE code IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER search_mark AFTER INSERT OR UPDATE OR DELETE ON geo_division
  FOR EACH ROW EXECUTE FUNCTION geo_search_mark_division();
INSERT INTO geo_searchmark (layer, low, high) SELECT '', code::bigint, code::bigint FROM geo_division;
"""


def search_triggers(table: str, layer: str) -> str:
    """Statements that mark what changes in `table`, whatever writes to it. For migrations."""
    return f"""
    CREATE TRIGGER search_mark_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS touched_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_search_mark('{layer}');
    CREATE TRIGGER search_mark_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS touched_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_search_mark('{layer}');
    CREATE TRIGGER search_mark_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS touched_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_search_mark('{layer}');
    INSERT INTO geo_searchmark (layer, low, high) SELECT '{layer}', min(id), max(id) FROM {table} HAVING count(*) > 0;
    """  # noqa: S608 (both names are written in migrations)


# Filling. One filler at a time; a mark goes in the transaction that writes what it stands for.
ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('geo.search'))"
TAKE_MARKS = """
DELETE FROM geo_searchmark WHERE id IN (SELECT id FROM geo_searchmark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING layer, low, high
"""
PUT_BACK = "INSERT INTO geo_searchmark (layer, low, high) VALUES (%s, %s, %s)"
WAITING = "SELECT count(*), coalesce(sum(high - low + 1), 0) FROM (SELECT low, high FROM geo_searchmark LIMIT 1001) AS few"
FORGET_RANGE = "DELETE FROM geo_searchentry WHERE layer = %s AND object_id BETWEEN %s AND %s"
FORGET = "DELETE FROM geo_searchentry WHERE layer = %s AND object_id = ANY(%s)"
COPY_ENTRIES = (
    "COPY geo_searchentry (layer, object_id, division_id, length, folded, pinyin_length, pinyin, initials, key, grams) FROM STDIN"
)

# Searching. Every statement gives (layer, object_id, length of what was compared, text that was compared).
MINE = sql.SQL("starts_with(division_id, %(scope)s) AND layer = ANY(%(layers)s)")

# The shortest first and alphabetical within a length, straight from the index: the outer series is read in its order and
# LIMIT ends it, so that a common beginning costs no more than a rare one. The caller sorts once more and does not rely on it.
BEGINS = """
SELECT e.layer, e.object_id, e.length, e.text FROM
  generate_series(%(shortest)s, (SELECT max({measure}) FROM geo_searchentry)) AS series (length), LATERAL (
  SELECT layer, object_id, series.length, {column} AS text FROM geo_searchentry
  WHERE {measure} = series.length AND {column} >= %(text)s AND {column} < %(end)s AND {mine}
  ORDER BY {column} LIMIT %(limit)s) AS e LIMIT %(limit)s
"""
HAS_KEY = """
SELECT layer, object_id, length(key), key FROM geo_searchentry
WHERE key >= %(text)s AND key < %(end)s AND {mine} ORDER BY key LIMIT %(limit)s
"""
# For a small territory and a beginning that very many codes share: the territory's rows are fewer than those of the range.
COMMON_KEY = "SELECT count(*) FROM (SELECT FROM geo_searchentry WHERE key >= %(text)s AND key < %(end)s LIMIT %(many)s) AS few"
HAS_KEY_HERE = """
WITH here AS MATERIALIZED (
  SELECT layer, object_id, key FROM geo_searchentry
  WHERE grams @> %(ground)s::int[] AND key >= %(text)s AND key < %(end)s AND {mine})
SELECT layer, object_id, length(key), key FROM here ORDER BY key LIMIT %(limit)s
"""
# The fence keeps the planner from walking the whole table in the hope of an early end; the inner LIMIT ends the reading of rows.
INSIDE = """
WITH found AS MATERIALIZED (
  SELECT layer, object_id, length, folded FROM geo_searchentry
  WHERE grams @> %(grams)s::int[] AND folded LIKE %(pattern)s AND {mine})
SELECT * FROM (SELECT layer, object_id, length, folded FROM found LIMIT %(enough)s) AS read ORDER BY length, folded LIMIT %(limit)s
"""
# A word that stands in very many names: some of them, the same ones each time.
SOME_INSIDE = """
SELECT layer, object_id, length, folded FROM geo_searchentry TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
WHERE folded LIKE %(pattern)s AND {mine} LIMIT %(limit)s
"""
# Each probe looks through so many neighbours at most.
SLIPS = """
SELECT e.layer, e.object_id, p.length, e.text FROM unnest(%(lengths)s::int[], %(lows)s::text[], %(highs)s::text[], %(patterns)s::text[])
  AS p (length, low, high, pattern), LATERAL (
  SELECT layer, object_id, text FROM (
    SELECT layer, object_id, division_id, {column} AS text FROM geo_searchentry
    WHERE {measure} = p.length AND {ordered} >= p.low COLLATE "C" AND {ordered} < p.high COLLATE "C" LIMIT %(neighbours)s) AS near
  WHERE text LIKE p.pattern AND {mine} LIMIT %(limit)s) AS e
"""

# The column that is compared, and the one that holds its length.
NAME, INITIALS, PINYIN = ("folded", "length"), ("initials", "length"), ("pinyin", "pinyin_length")


@lru_cache(maxsize=64)
def of(statement: str, compared: tuple[str, str] = NAME, *, backward: bool = False) -> str:
    """The statement with its column and the reader's limits put in; values are still to be bound."""
    column, measure = map(sql.Identifier, compared)
    ordered = sql.SQL("reverse({})").format(column) if backward else column
    return sql.SQL(statement).format(column=column, measure=measure, ordered=ordered, mine=MINE).as_string(None)


# How often the most common pairs occur, as the database's own statistics have it, and how many rows there are.
COMMON_GRAMS = """
SELECT e, f FROM pg_stats, unnest(most_common_elems::text::int[], most_common_elem_freqs) AS common (e, f)
WHERE schemaname = current_schema AND tablename = 'geo_searchentry' AND attname = 'grams' AND e IS NOT NULL
"""
ROW_COUNT = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'geo_searchentry'::regclass"
