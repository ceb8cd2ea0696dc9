"""The few hand-written statements that belong to no single question. Values are always bound; names come from models."""

# The owner migrates; the application reads and writes rows, and may not change the schema or empty a table.
# {app} is the name of the application's role. Tables made later by the owner get the same rights by default.
GRANT_APPLICATION = (
    "GRANT USAGE ON SCHEMA public TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
)

# The audit has one writer; a second one goes home.
AUDIT_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('geo.audit'))"
AUDIT_STILL = "SELECT pg_advisory_xact_lock(hashtext('geo.audit'))"

# What the audit runs over is written once: the application's role may add rows to it and read them. axes fills in when somebody left.
ADD_ONLY = "REVOKE UPDATE, DELETE, TRUNCATE ON {tables} FROM {app}"
MAY_FILL_IN = "GRANT UPDATE ({column}) ON {table} TO {app}"

# An edit by a person: its former row is kept, and it waits neither long for an import nor beside another edit of one kind.
BEGIN_EDIT = """
SELECT set_config('siwu.history', 'on', true), set_config('lock_timeout', '5s', true),
  pg_advisory_xact_lock(hashtext('geo.editing'), hashtext(%s))
"""

FORGET_CONTEXT = "SELECT set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"

# A cell is a 32nd of a zoom-8 web-Mercator tile; coarser zooms shift its numbers right.
GRID_ZOOM = 8
GRID_CELLS_PER_TILE = 32

# A point inside an area is looked for by geometry; a point is its own, and a million of them need no search.
CELL_FUNCTIONS = """
CREATE OR REPLACE FUNCTION geo_cell_x(geom geometry) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT floor((ST_X(CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END) + 20037508.342789244)
    / 40075016.685578488 * 8192)::integer $$;
CREATE OR REPLACE FUNCTION geo_cell_y(geom geometry) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT floor((20037508.342789244 - ST_Y(CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END))
    / 40075016.685578488 * 8192)::integer $$;
"""

LAYER_FUNCTIONS = """
CREATE FUNCTION geo_layer_version_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO geo_layerversion AS v (layer, version, changed_at) VALUES (TG_ARGV[0], 1, now())
  ON CONFLICT (layer) DO UPDATE SET version = v.version + 1, changed_at = now();
  RETURN NULL;
END $$;

CREATE FUNCTION geo_layer_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO geo_gridcell AS g (layer, cx, cy, division_id, object_count)
  SELECT TG_ARGV[0], geo_cell_x(geom_3857), geo_cell_y(geom_3857), division_id, count(*)
  FROM new_rows GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
  ON CONFLICT (layer, cx, cy, division_id) DO UPDATE SET object_count = g.object_count + excluded.object_count;
  RETURN NULL;
END $$;

CREATE FUNCTION geo_layer_count_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO geo_gridcell AS g (layer, cx, cy, division_id, object_count)
  SELECT TG_ARGV[0], geo_cell_x(geom_3857), geo_cell_y(geom_3857), division_id, -count(*)
  FROM old_rows GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
  ON CONFLICT (layer, cx, cy, division_id) DO UPDATE SET object_count = g.object_count + excluded.object_count;
  DELETE FROM geo_gridcell WHERE layer = TG_ARGV[0] AND object_count = 0;
  RETURN NULL;
END $$;
"""


def version_trigger(table: str, layer: str) -> str:
    """Statements that make every change of `table` raise the version of `layer`. For migrations."""
    return f"""
    CREATE TRIGGER layer_version AFTER INSERT OR UPDATE OR DELETE ON {table}
      FOR EACH STATEMENT EXECUTE FUNCTION geo_layer_version_up('{layer}');
    """


def layer_triggers(table: str, layer: str) -> str:
    """Statements that keep version and grid counts of `layer` true whatever writes to `table`. For migrations."""
    return version_trigger(table, layer) + f"""
    CREATE TRIGGER layer_count_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_layer_count_new('{layer}');
    CREATE TRIGGER layer_count_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_layer_count_old('{layer}');
    CREATE TRIGGER layer_count_update_old AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_layer_count_old('{layer}');
    CREATE TRIGGER layer_count_update_new AFTER UPDATE ON {table} REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION geo_layer_count_new('{layer}');
    """


DIVISION_PIECES = """
CREATE FUNCTION geo_division_pieces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM geo_divisionpiece WHERE outline_id = NEW.id;
  INSERT INTO geo_divisionpiece (outline_id, geom) SELECT NEW.id, ST_Subdivide(NEW.geom, 128);
  RETURN NULL;
END $$;
CREATE TRIGGER division_pieces AFTER INSERT OR UPDATE OF geom ON geo_divisionoutline
  FOR EACH ROW EXECUTE FUNCTION geo_division_pieces();
"""

# Who works on a job holds this lock; it ends with the connection, and so with the process.
JOB_HELD = "SELECT pg_try_advisory_lock(hashtext('geo.jobs'), %s::int)"
JOB_FREE = "SELECT pg_try_advisory_xact_lock(hashtext('geo.jobs'), %s::int)"
JOB_PROGRESS = "UPDATE geo_job SET done_share = %s, message = %s WHERE id = %s AND state = 'running'"

# The ground that a camera sees (EPSG:4326): a sector around the bearing on the ellipsoid, or a disc for a full circle.
# NULL where bearing, angle or range is not known. Every 6 degrees of the arc carry a vertex: the chord falls 0.14 % short.
VIEW_SECTOR = """
CREATE FUNCTION geo_view_sector(place geometry, bearing_deg float8, angle_deg float8, range_m float8) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN angle_deg >= 360 THEN ST_Buffer(place::geography, range_m, 15)::geometry
    ELSE ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[place] || arc || ARRAY[place])), 4326) END
  FROM (
    SELECT array_agg(ST_Project(place::geography, range_m,
      radians(bearing_deg - angle_deg / 2 + angle_deg * step / steps))::geometry ORDER BY step) AS arc
    FROM (SELECT greatest(2, ceil(angle_deg / 6)::integer) AS steps) n, generate_series(0, n.steps) step
  ) t $$;
"""

# What a backup holds: the tables of the schema that no extension brought.
OUR_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname
"""
COUNT_ROWS = "SELECT count(*) FROM {}"
DATABASE_CALLED = "SELECT datname FROM pg_database WHERE datname = %s"

# Of the role that is connected, and what its server does with WAL.
IS_MIGHTY = "SELECT rolsuper, current_setting('archive_mode'), current_setting('wal_level') FROM pg_roles WHERE rolname = current_user"
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8"
