"""The statements of the second wall. Policies are made by migrations; names come from models, values are bound."""
from functools import lru_cache

from psycopg import sql

from geo.lookups import AFTER_EVERY_DIGIT

# Before every statement, in the same message and so in the same transaction.
_TOLD = "SET LOCAL siwu.scope = {}; "
AS_CONNECTED = "SET LOCAL siwu.scope TO DEFAULT"
# What ends or begins a part of a transaction can hold nothing else; in a failed one nothing else would be heard.
BARE = ("SAVEPOINT", "RELEASE", "ROLLBACK")

# '' where all is shown, NULL (so no row) where nothing was told: a setting that was told before is '' afterwards, not NULL.
TERRITORY = """
CREATE FUNCTION siwu_territory() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE current_setting('siwu.scope', true) WHEN 'all' THEN '' WHEN '' THEN NULL ELSE current_setting('siwu.scope', true) END
$$
"""
SCOPE = "(SELECT siwu_territory())"
_AFTER = f"(SELECT siwu_territory() || '{AFTER_EVERY_DIGIT}')"
_ALL = "(SELECT siwu_territory() = '')"


@lru_cache(maxsize=1000)
def told(scope: str) -> str:
    return sql.SQL(_TOLD).format(sql.Literal(scope)).as_string()


def by_division(column: str = "division_id") -> str:
    """Rows of the territory and of everything below it, as `division__code__within` says it: a third of the cost of starts_with.

    The scope is asked once a statement and not once a row. `::int <> 0` says to the planner that nearly every row passes: how many
    do, it knows from the first wall's own condition, and it would multiply the two.
    """
    return f"({column} ~>=~ {SCOPE} AND {column} ~<~ {_AFTER})::int <> 0"


def of_division(place: str, key: str, *, of: str) -> str:
    """Rows about a place that has no policy itself: the place's division decides."""
    where = f"place.id = {of}.{key} AND starts_with(place.division_id, {SCOPE})"
    return f"{_ALL} OR EXISTS (SELECT FROM {place} place WHERE {where})"


def by_parent(parent: str, key: str, *, of: str, parent_key: str = "id") -> str:
    """Rows of what may be seen itself: the parent's own policy decides."""
    return f"{_ALL} OR EXISTS (SELECT FROM {parent} parent WHERE parent.{parent_key} = {of}.{key})"


def wall(table: str, rule: str) -> str:
    """The owner is not held by it (no FORCE): it migrates and backs up, and no web process uses it."""
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY territory ON {table} USING ({rule}) WITH CHECK ({rule});
    """


def no_wall(table: str) -> str:
    return f"""
    DROP POLICY territory ON {table};
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """


# How many tables have policies, and which functions keep their indexes unused.
BEHIND_WALLS = """
SELECT (SELECT count(*) FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace),
  (SELECT string_agg(proname, ', ' ORDER BY proname) FROM pg_proc WHERE NOT proleakproof AND oid IN
    ('geometry_overlaps(geometry, geometry)'::regprocedure, 'textlike(text, text)'::regprocedure,
     'arraycontains(anyarray, anyarray)'::regprocedure))
"""

# Policies of the release before, by starts_with, said as by_division says it.
SAID_ANEW = r"""
DO $$
DECLARE
  found record;
  told text;
BEGIN
  FOR found IN SELECT tablename, qual FROM pg_policies WHERE schemaname = 'public' AND policyname = 'territory' LOOP
    told := substring(
      found.qual from '^\(\(starts_with\(\((\w+)\)::text, \( SELECT siwu_territory\(\) AS siwu_territory\)\)\)::integer <> 0\)$');
    IF told IS NOT NULL THEN
      EXECUTE format($rule$
        ALTER POLICY territory ON %1$I USING (<rule>) WITH CHECK (<rule>)
      $rule$, found.tablename, told);
    END IF;
  END LOOP;
END $$
""".replace("<rule>", by_division("%2$I"))
