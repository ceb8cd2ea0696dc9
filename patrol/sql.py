"""The hand-written statements of patrol: raw fixes in and out, their partitions. Values are always bound."""

from functools import lru_cache

from psycopg import sql

# One time of one device is one fix. No other index: every question names devices and a time.
FIX_TABLE = """
CREATE TABLE patrol_fix (
  device_id integer NOT NULL,
  at timestamptz NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  accuracy_m real,
  speed_ms real,
  heading_deg real,
  altitude_m real,
  flags smallint NOT NULL DEFAULT 0,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE patrol_fix_other PARTITION OF patrol_fix DEFAULT;
"""

# A month's partition. What had come before it was there lies in the default one and moves over.
MONTHS = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'patrol_fix'::regclass"
MAKE_MONTH = (
    "CREATE TABLE {month} (LIKE patrol_fix INCLUDING ALL)",
    "WITH moved AS (DELETE FROM patrol_fix_other WHERE at >= {start} AND at < {end} RETURNING *) INSERT INTO {month} SELECT * FROM moved",
    "ALTER TABLE patrol_fix ATTACH PARTITION {month} FOR VALUES FROM ({start}) TO ({end})",
)
# Its rows are read by the whole table's view alone.
CLOSE_MONTH = "REVOKE ALL ON {month} FROM {app}"
DROP_MONTH = "DROP TABLE {month}"
# Times outside every month (a wrong clock) go by when they came in.
FORGET_OTHER = "DELETE FROM patrol_fix_other WHERE received_at < %s"
FORGET_BEFORE = "DELETE FROM patrol_fix WHERE at < %s AND received_at < %s"

# A batch of one device: who else writes for it waits, so that what is known now is all there is to collide with.
# A function, because its plan over all the months is made once a session, and its second statement sees what the one that was
# waited for has committed.
KNOWN_TIMES_FUNCTION = """
CREATE FUNCTION patrol_known_times(device integer, first timestamptz, last timestamptz) RETURNS SETOF bigint
VOLATILE LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('patrol.fixes'), device);
  RETURN QUERY SELECT (extract(epoch FROM at) * 1000)::bigint FROM patrol_fix WHERE device_id = device AND at BETWEEN first AND last;
END $$;
"""
LOCKED_KNOWN_TIMES = "SELECT patrol_known_times(%(device)s::integer, %(first)s, %(last)s)"


@lru_cache(maxsize=64)
def copy_fixes(columns: tuple[str, ...]) -> str:
    return sql.SQL("COPY patrol_fix ({}) FROM STDIN (FORMAT BINARY)").format(sql.SQL(", ").join(map(sql.Identifier, columns))).as_string()


# One row a device: its fixes by time, each as 30 bytes without NULL, so that numpy reads them as they come. A row for each fix costs the
# client more than the server. Within one device the index gives them in order: nothing is sorted.
READ_FIXES = """
COPY (SELECT device, fixes FROM unnest({devices}::integer[]) AS device, LATERAL (
  SELECT string_agg(timestamptz_send(at) || float8send(lon) || float8send(lat)
    || float4send(coalesce(accuracy_m, 'NaN')) || int2send(flags), ''::bytea) AS fixes
  FROM (SELECT at, lon, lat, accuracy_m, flags FROM patrol_fix_seen
    WHERE device_id = device AND at >= {start} AND at < {end} ORDER BY at) f) t
  WHERE fixes IS NOT NULL) TO STDOUT (FORMAT binary)
"""


def month_statement(text: str, **names: str) -> sql.Composed:
    """A statement about one partition: `month` is its name, `start` and `end` its bounds (dates), `app` a role."""
    parts = {key: sql.Identifier(value) if key in ("month", "app") else sql.Literal(value) for key, value in names.items()}
    return sql.SQL(text).format(**parts)


# Deliveries of one submission wait for each other; the number is its UUID's, shortened.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(%s)"
RECKON_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('patrol.reckoning'))"

# For the rest of the transaction: "off" lets a statement look through a whole table only where nothing else is possible.
BY_INDEX = "SELECT set_config('enable_seqscan', %s, true)"

# A table behind the second wall takes no COPY: rows come by a table of the transaction's own.
_PRESENCE = "layer, place_pk, division_id, hour, present_s, unknown_s, visit_count, drive_by_count, visit_s"
STAGE_PRESENCE = f"CREATE TEMP TABLE presence_stage ON COMMIT DROP AS SELECT {_PRESENCE} FROM patrol_presencehour WITH NO DATA"  # noqa: S608
COPY_PRESENCE = f"COPY presence_stage ({_PRESENCE}) FROM STDIN"
INSERT_PRESENCE = f"INSERT INTO patrol_presencehour ({_PRESENCE}) SELECT {_PRESENCE} FROM presence_stage"  # noqa: S608
DROP_STAGE = "DROP TABLE presence_stage"

# Pieces of a track that were receipted and are not counted.
SUBMISSIONS_WITHOUT_CHUNK = """
SELECT s.receipt_no FROM patrol_submission s
  LEFT JOIN patrol_patrol p ON p.key = (s.body #>> '{patrol,id}')::uuid
  LEFT JOIN patrol_trackchunk c ON c.patrol_id = p.id AND c.number = (s.body #>> '{patrol,chunk_no}')::int
WHERE s.kind = 'patrol' AND s.body #> '{patrol,chunk_no}' IS NOT NULL AND c.id IS NULL
"""

# The second wall (geo.walls): rules of rows without a division of their own.
DEVICE_OF_TERRITORY = """(SELECT siwu_territory() = '') OR EXISTS (
  SELECT FROM patrol_device d JOIN geo_user u ON u.id = d.user_id
  WHERE d.id = device_id AND starts_with(u.division_id, (SELECT siwu_territory())))"""
SUBMISSION_OF_ENTRY = "EXISTS (SELECT FROM patrol_logentry e WHERE e.submission_id = receipt_no)"
PHOTO_OF_SUBMISSION = "EXISTS (SELECT FROM patrol_submission s WHERE s.submission_id = patrol_photo.submission_id)"

# Fixes come by COPY, which a table with policies does not take. So the application may only add to the table, and reads it by a view:
# the fixes of whoever has a patrol in the territory.
FIXES_SEEN = """
CREATE VIEW patrol_fix_seen WITH (security_barrier = true) AS
SELECT * FROM patrol_fix f WHERE (SELECT siwu_territory() = '') OR EXISTS (
  SELECT FROM patrol_device d JOIN patrol_patrol p ON p.user_id = d.user_id
  WHERE d.id = f.device_id AND starts_with(p.division_id, (SELECT siwu_territory())));
ALTER FUNCTION patrol_known_times(integer, timestamptz, timestamptz) SECURITY DEFINER SET search_path = public;
"""
NO_FIXES_SEEN = """
ALTER FUNCTION patrol_known_times(integer, timestamptz, timestamptz) SECURITY INVOKER RESET search_path;
DROP VIEW patrol_fix_seen;
"""
ONLY_ADDED_TO = "REVOKE SELECT, UPDATE, DELETE ON {table} FROM {app}"
OPEN_AGAIN = "GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {app}"
