"""The hand-written statements of rating. Every value is bound."""

from geo.walls.sql import within

# With more memory the planner hashes a million incidents; with little it reads the covering index in order, which took 0.2 s
# instead of 0.5 s. Only for the transaction that asks.
READ_IN_ORDER = "SET LOCAL work_mem = '4MB'"

# The demo's rows come by a table of the transaction's own: one behind the second wall takes no COPY.
STAGE_ROWS = "CREATE TEMP TABLE demo_rows ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
COPY_ROWS = "COPY demo_rows ({columns}) FROM STDIN"
TAKE_ROWS = "INSERT INTO {table} ({columns}) SELECT {columns} FROM demo_rows"
DROP_ROWS = "DROP TABLE demo_rows"

# What a grade keeps beside its colour: the columns are named once, and every list of them is written out from here.
_FACTS = (
    "theft_count", "drugs_count", "crime_count", "fire_count", "covered_month_count", "household_count", "fire_checked_on",
    "open_fire_hazard_count", "theft_serious_count", "drugs_serious_count", "crime_serious_count", "fire_serious_count",
    "theft_minor_count", "drugs_minor_count", "crime_minor_count", "fire_minor_count", "theft_resident_minor_count",
    "drugs_resident_minor_count", "crime_resident_minor_count", "fire_resident_minor_count", "resident_count", "has_access_control",
    "has_lighting", "fire_lanes_clear", "protection_count", "camera_point_count", "working_camera_count", "issue_count",
    "closed_issue_count",
)  # fmt: skip
_KEPT = ("colour", *_FACTS, "four_free", "streak_count", "period_incident_count", "period_covered_month_count")
_CATEGORIES = ("theft", "drugs", "crime", "fire")
_COUNTED = tuple(name for name in _FACTS if name.endswith("_count") and name.startswith((*_CATEGORIES, "resident")))
# The facts by which a grade is explained, as rounds.py reads them back.
EXPLAINED = ("colour", *_FACTS)


def _columns(pattern: str, names: tuple[str, ...] = _KEPT) -> str:
    return ", ".join(pattern.format(name) for name in names)


# One statement counts and grades. Months of the window are bits 1 to 60 of a number. A town's register covers a month when it holds
# an incident anywhere in the town, or a zero report. The incidents of compounds are read anyway; those outside are read only for
# towns still lacking a month. Weights come in hundredths and lines in ten-thousandths: whole numbers, so that a rate on the line is
# on the line. `firm` leaves out what may lead to yellow at most.
# A category's counts are summed as one number of 64 bits: all in the lowest 15, serious in the next 15, minor above; what every
# summand needs fits in 32, whose sums are the quick ones. As many single counts would cost as much as all the rest. More than 32,767
# incidents in one compound are an error, said aloud by incident_count, before any part can run over.
_GRADED = """
WITH packed AS MATERIALIZED (
  SELECT compound_id, {packed},
         sum(CASE category WHEN 'theft' THEN 1 WHEN 'drugs' THEN 32768 WHEN 'crime' THEN 1073741824 ELSE 0 END)
           FILTER (WHERE severity = 'minor' AND reported_by = 'resident') AS spared,
         count(*) FILTER (WHERE severity = 'minor' AND reported_by = 'resident' AND category = 'fire')::int AS fire_spared,
         count(*)::smallint AS incident_count,
         count(*) FILTER (WHERE reported_by = 'resident')::int AS resident_count,
         count(*) FILTER (WHERE occurred_at >= %(starts_at)s)::int AS period_count,
         count(*) FILTER (WHERE %(spares)s AND occurred_at >= %(starts_at)s AND category || ':' || severity = ANY(%(spared)s))::int
           AS spared_count,
         bit_or(1::bigint << width_bucket(occurred_at, %(month_starts)s::timestamptz[])) AS months
  FROM geo_incident
  WHERE compound_id IS NOT NULL AND occurred_at >= %(window_starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY compound_id
), counted AS (
  SELECT compound_id, {unpacked},
         (spared & 32767)::int AS theft_resident_minor_count, ((spared >> 15) & 32767)::int AS drugs_resident_minor_count,
         (spared >> 30)::int AS crime_resident_minor_count, fire_spared AS fire_resident_minor_count,
         resident_count, period_count, spared_count, months
  FROM packed
), cameras AS (
  SELECT c.id AS compound_id, count(*)::int AS point_count, count(*) FILTER (WHERE s.working = 'working')::int AS working_count
  FROM geo_surveillancepoint s JOIN geo_compound c ON ST_Covers(c.geom_3857, s.geom_3857)
  WHERE %(asks_cameras)s AND s.working NOT IN ('removed', 'planned')
  GROUP BY c.id
), issues AS (
  SELECT place_pk AS compound_id, count(*)::int AS issue_count, count(*) FILTER (WHERE state = 'closed')::int AS closed_count
  FROM zones_issue
  WHERE %(asks_issues)s AND place_layer = 'compounds' AND place_pk IS NOT NULL AND state <> 'withdrawn'
    AND registered_at >= %(window_starts_at)s AND registered_at < %(ends_at)s
  GROUP BY place_pk
), placed AS MATERIALIZED (
  SELECT c.id AS compound_id, c.division_id, left(c.division_id, 9) AS town, c.household_count, c.fire_checked_on,
         c.open_fire_hazard_count, c.has_access_control, c.has_lighting, c.fire_lanes_clear,
         (c.has_night_guard::int + c.has_fence::int + c.has_lighting::int + c.has_access_control::int
          + (c.guard_count > 0)::int + (c.camera_count > 0)::int)::smallint AS protection_count,
         CASE WHEN %(asks_cameras)s THEN coalesce(k.point_count, 0) END AS camera_point_count,
         CASE WHEN %(asks_cameras)s THEN coalesce(k.working_count, 0) END AS working_camera_count,
         CASE WHEN %(asks_issues)s THEN coalesce(i.issue_count, 0) END AS issue_count,
         CASE WHEN %(asks_issues)s THEN coalesce(i.closed_count, 0) END AS closed_issue_count, n.*
  FROM geo_compound c
  LEFT JOIN (SELECT compound_id AS counted_id, {counts}, period_count, spared_count, months FROM counted) n ON n.counted_id = c.id
  LEFT JOIN cameras k ON k.compound_id = c.id
  LEFT JOIN issues i ON i.compound_id = c.id
), known AS MATERIALIZED (
  SELECT town, bit_or(months) AS months FROM placed GROUP BY town
), told AS (
  SELECT town, months FROM known
  UNION ALL
  SELECT left(division_id, 9), 1::bigint << width_bucket(occurred_at, %(month_starts)s::timestamptz[])
  FROM geo_incident
  WHERE compound_id IS NULL AND occurred_at >= %(window_starts_at)s AND occurred_at < %(ends_at)s
    AND left(division_id, 9) IN (SELECT town FROM known WHERE months IS DISTINCT FROM %(all_months)s)
  UNION ALL
  SELECT left(division_id, 9), 1::bigint << width_bucket(month, %(month_days)s::date[])
  FROM zones_zeroreport WHERE month >= %(window_starts_on)s AND month < %(ends_on)s
), covered AS (
  SELECT town, bit_count(bit_or(months)::bit(64))::int AS month_count,
         bit_count((bit_or(months) >> %(months_before)s)::bit(64))::int AS period_month_count
  FROM told GROUP BY town
), judged AS (
  -- Each measure that the criteria ask for: a value num / den against its lines. Nobody knows it where either is empty.
  SELECT m.compound_id, bool_or(r.needed AND m.num * m.den IS NULL) AS lacks,
         bool_or(r.sign * (m.num * 10000 - r.red * m.den) >= r.edge) AS is_red,
         bool_or(r.sign * (m.num * 10000 - r.yellow * m.den) >= r.edge) AS is_yellow
  FROM (
    SELECT p.compound_id, v.source, v.num::bigint AS num, v.den::bigint AS den FROM placed p CROSS JOIN LATERAL (VALUES
      ('access_control', p.has_access_control::int, 1), ('lighting', p.has_lighting::int, 1), ('fire_lanes', p.fire_lanes_clear::int, 1),
      ('protections', p.protection_count, 1), ('working_cameras', p.working_camera_count, nullif(p.camera_point_count, 0)),
      ('closed_issues', p.closed_issue_count, nullif(p.issue_count, 0)), ('open_issues', p.issue_count - p.closed_issue_count, 1)
    ) v (source, num, den) WHERE %(has_measures)s
  ) m
  JOIN unnest(%(sources)s::text[], %(signs)s::bigint[], %(edges)s::bigint[], %(yellows)s::bigint[], %(reds)s::bigint[], %(needed)s::bool[])
         AS r (source, sign, edge, yellow, red, needed) ON r.source = m.source
  GROUP BY m.compound_id
), fact AS (
  SELECT p.compound_id, p.division_id, household_count, fire_checked_on, open_fire_hazard_count, has_access_control, has_lighting,
         fire_lanes_clear, protection_count, camera_point_count, working_camera_count, issue_count, closed_issue_count,
         {counts_or_zero},
         coalesce(v.month_count, 0) AS covered_month_count,
         coalesce(period_count, 0) AS period_incident_count,
         coalesce(period_count - spared_count, 0) AS breaking_count,
         coalesce(v.period_month_count, 0) AS period_covered_month_count,
         j.lacks, j.is_red, j.is_yellow,
         -- Incidents in hundredths times 100 households times 12 months against line times households times months.
         12000000::bigint AS each, least(household_count, %(households_at_most)s)::bigint * %(window_months)s * 100 AS per
  FROM placed p LEFT JOIN covered v USING (town) LEFT JOIN judged j USING (compound_id)
), weighed AS (
  SELECT fact.*, {whole}
  FROM fact
), firm AS (
  SELECT weighed.*, {firm},
         theft_whole * %(theft_index)s + drugs_whole * %(drugs_index)s + crime_whole * %(crime_index)s + fire_whole * %(fire_index)s
           AS index_whole
  FROM weighed
), graded AS (
  SELECT f.*, CASE
    WHEN household_count IS NULL OR household_count < %(minimum_households)s
      OR covered_month_count < %(minimum_covered_months)s
      OR fire_checked_on IS NULL OR fire_checked_on < %(fire_checked_since)s OR fire_checked_on > %(computed_on)s OR lacks
      THEN 'not_graded'
    WHEN theft_firm * each >= %(theft_red)s * per OR drugs_firm * each >= %(drugs_red)s * per
      OR crime_firm * each >= %(crime_red)s * per OR fire_firm * each >= %(fire_red)s * per
      OR open_fire_hazard_count >= %(hazards_red)s OR is_red
      OR %(has_index)s
         AND (theft_firm * %(theft_index)s + drugs_firm * %(drugs_index)s + crime_firm * %(crime_index)s + fire_firm * %(fire_index)s)
             * each >= %(index_red)s::bigint * per * 100
      THEN 'red'
    WHEN theft_whole * each >= %(theft_yellow)s * per OR drugs_whole * each >= %(drugs_yellow)s * per
      OR crime_whole * each >= %(crime_yellow)s * per OR fire_whole * each >= %(fire_yellow)s * per
      OR open_fire_hazard_count >= %(hazards_yellow)s OR is_yellow
      OR %(has_index)s AND index_whole * each >= %(index_yellow)s::bigint * per * 100
      THEN 'yellow'
    ELSE 'green' END AS colour, CASE
    WHEN breaking_count > 0 THEN 'not_held'
    WHEN period_covered_month_count >= %(title_months)s THEN 'held'
    ELSE 'not_enough' END AS four_free
  FROM firm f
)
""".replace("{counts_or_zero}", _columns("coalesce({0}, 0) AS {0}", _COUNTED)).replace("{counts}", _columns("{}", _COUNTED))
_GRADED = _GRADED.replace(
    "{packed}",
    _columns(
        "sum(CASE WHEN severity = 'ordinary' THEN 1 WHEN severity = 'serious' THEN 32769 ELSE 1073741825 END)"
        " FILTER (WHERE category = '{0}') AS {0}", _CATEGORIES
    ),
).replace(
    "{unpacked}",
    _columns(
        "({0} & 32767)::int AS {0}_count, (({0} >> 15) & 32767)::int AS {0}_serious_count, ({0} >> 30)::int AS {0}_minor_count",
        _CATEGORIES,
    ),
).replace(
    "{whole}",
    _columns(
        "{0}_count::bigint * %({0}_ordinary)s + {0}_serious_count * %({0}_more)s::bigint + {0}_minor_count * %({0}_less)s::bigint"
        " AS {0}_whole", _CATEGORIES
    ),
).replace("{firm}", _columns("{0}_whole - {0}_resident_minor_count * %({0}_spared)s::bigint AS {0}_firm", _CATEGORIES))  # fmt: skip

# Only what changed is written; rows that stay as they are get no lock and no new version: they are left out before the upsert.
# Gives back the rows whose colour changed, as they were before.
GRADE = _GRADED + f""", titled AS (
  SELECT graded.*, CASE WHEN graded.four_free = 'held' THEN 1 + coalesce(b.streak_count, 0) ELSE 0 END AS streak_count
  FROM graded LEFT JOIN zones_grade b ON b.round_id = %(round_before)s AND b.compound_id = graded.compound_id
), changed AS (
  SELECT t.* FROM titled t LEFT JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = t.compound_id
  WHERE o.id IS NULL OR ({_columns("o.{}")}) IS DISTINCT FROM ({_columns("t.{}")})
), written AS (
  INSERT INTO zones_grade (round_id, compound_id, {_columns("{}")})
  SELECT %(round)s, compound_id, {_columns("{}")}
  FROM changed
  ON CONFLICT (round_id, compound_id) DO UPDATE SET {_columns("{0} = excluded.{0}")}
  RETURNING compound_id, colour
)
SELECT o.compound_id, {_columns("o.{}", EXPLAINED)}
FROM written w JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = w.compound_id
WHERE o.colour <> w.colour
"""  # noqa: S608 (the columns named above)

# What the criteria would give, written nowhere.
WOULD_GRADE = _GRADED + f"SELECT compound_id, {_columns('{}', EXPLAINED)}, four_free FROM graded WHERE division_id LIKE %(within)s"  # noqa: S608

# The same for courtyards, over the period alone.
TITLES = """
WITH counted AS MATERIALIZED (
  SELECT courtyard_id,
         count(*) FILTER (WHERE category = 'theft')::int AS theft_count,
         count(*) FILTER (WHERE category = 'drugs')::int AS drugs_count,
         count(*) FILTER (WHERE category = 'crime')::int AS crime_count,
         count(*) FILTER (WHERE category = 'fire')::int AS fire_count,
         count(*) FILTER (WHERE NOT %(spares)s OR category || ':' || severity <> ALL(%(spared)s)) AS breaking_count
  FROM geo_incident
  WHERE courtyard_id IS NOT NULL AND occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY courtyard_id
), told AS (
  SELECT left(coalesce(c.division_id, i.division_id), 9) AS town, width_bucket(i.occurred_at, %(month_starts)s::timestamptz[]) AS month
  FROM geo_incident i LEFT JOIN geo_compound c ON c.id = i.compound_id
  WHERE i.occurred_at >= %(starts_at)s AND i.occurred_at < %(ends_at)s AND EXISTS (SELECT FROM geo_courtyard)
  UNION
  SELECT left(division_id, 9), width_bucket(month, %(month_days)s::date[])
  FROM zones_zeroreport WHERE month >= %(starts_on)s AND month < %(ends_on)s
), covered AS (
  SELECT town, count(*)::int AS month_count FROM told GROUP BY town
), decided AS (
  SELECT u.id AS courtyard_id,
         coalesce(n.theft_count, 0) AS theft_count, coalesce(n.drugs_count, 0) AS drugs_count,
         coalesce(n.crime_count, 0) AS crime_count, coalesce(n.fire_count, 0) AS fire_count,
         coalesce(v.month_count, 0) AS covered_month_count,
         CASE WHEN n.breaking_count > 0 THEN 'not_held'
              WHEN coalesce(v.month_count, 0) >= %(title_months)s THEN 'held' ELSE 'not_enough' END AS four_free
  FROM geo_courtyard u
  LEFT JOIN counted n ON n.courtyard_id = u.id
  LEFT JOIN covered v ON v.town = left(u.division_id, 9)
), titled AS (
  SELECT d.*, CASE WHEN d.four_free = 'held' THEN 1 + coalesce(b.streak_count, 0) ELSE 0 END AS streak_count
  FROM decided d LEFT JOIN zones_fourfreetitle b ON b.round_id = %(round_before)s AND b.courtyard_id = d.courtyard_id
), changed AS (
  SELECT t.* FROM titled t LEFT JOIN zones_fourfreetitle o ON o.round_id = %(round)s AND o.courtyard_id = t.courtyard_id
  WHERE o.id IS NULL
     OR (o.four_free, o.streak_count, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.covered_month_count)
        IS DISTINCT FROM
        (t.four_free, t.streak_count, t.theft_count, t.drugs_count, t.crime_count, t.fire_count, t.covered_month_count)
)
INSERT INTO zones_fourfreetitle (round_id, courtyard_id, four_free, streak_count,
                                 theft_count, drugs_count, crime_count, fire_count, covered_month_count)
SELECT %(round)s, courtyard_id, four_free, streak_count, theft_count, drugs_count, crime_count, fire_count, covered_month_count
FROM changed
ON CONFLICT (round_id, courtyard_id) DO UPDATE SET
  four_free = excluded.four_free, streak_count = excluded.streak_count,
  theft_count = excluded.theft_count, drugs_count = excluded.drugs_count,
  crime_count = excluded.crime_count, fire_count = excluded.fire_count, covered_month_count = excluded.covered_month_count
"""

# After an earlier period was computed again: the streaks of the period that follows it.
STREAKS = (
    """
UPDATE zones_grade t SET streak_count = 1 + coalesce(b.streak_count, 0)
FROM zones_grade held LEFT JOIN zones_grade b ON b.round_id = %(round_before)s AND b.compound_id = held.compound_id
WHERE t.id = held.id AND held.round_id = %(round)s AND held.four_free = 'held' AND held.streak_count <> 1 + coalesce(b.streak_count, 0)
""",
    """
UPDATE zones_fourfreetitle t SET streak_count = 1 + coalesce(b.streak_count, 0)
FROM zones_fourfreetitle held LEFT JOIN zones_fourfreetitle b ON b.round_id = %(round_before)s AND b.courtyard_id = held.courtyard_id
WHERE t.id = held.id AND held.round_id = %(round)s AND held.four_free = 'held' AND held.streak_count <> 1 + coalesce(b.streak_count, 0)
""",
)

# Regular duties: the rules' days times the units of their level that are in force on the day. What is there stays as it is.
DUTIES = """
INSERT INTO zones_duty (rule_id, division_id, opens_on, occurs_on, due_on, lapses_on, is_invented)
SELECT w.rule_id, d.code, w.opens_on, w.occurs_on, w.due_on, w.lapses_on, %(is_invented)s
FROM unnest(%(rule)s::bigint[], %(level)s::text[], %(opens_on)s::date[], %(occurs_on)s::date[], %(due_on)s::date[], %(lapses_on)s::date[])
       AS w(rule_id, level, opens_on, occurs_on, due_on, lapses_on)
JOIN geo_division d ON d.level = w.level AND d.valid_from <= w.occurs_on AND (d.valid_to IS NULL OR d.valid_to > w.occurs_on)
WHERE left(d.code, 6) = ANY(%(counties)s)
ON CONFLICT (rule_id, division_id, occurs_on) DO NOTHING
"""

# Holidays that were announced since: the days of what is still ahead follow them.
DUTY_DAYS = """
UPDATE zones_duty t SET opens_on = w.opens_on, due_on = w.due_on, lapses_on = w.lapses_on
FROM unnest(%(rule)s::bigint[], %(opens_on)s::date[], %(occurs_on)s::date[], %(due_on)s::date[], %(lapses_on)s::date[])
       AS w(rule_id, opens_on, occurs_on, due_on, lapses_on)
WHERE t.rule_id = w.rule_id AND t.occurs_on = w.occurs_on AND t.state = 'due' AND t.due_on >= %(today)s AND w.due_on >= %(today)s
  AND (t.opens_on, t.due_on, t.lapses_on) IS DISTINCT FROM (w.opens_on, w.due_on, w.lapses_on)
"""

# What the public reads has this number until the next change of it.
PUBLIC_VERSION = "SELECT version, changed_at FROM zones_publicversion"

# The second wall (geo.walls): rules of rows without a division of their own. An issue is read by the units that it names, those of
# its territory among them: that much is seen at a glance, and lists read many rows.
ISSUE_READERS = "(<own> OR reader_codes @> (SELECT ARRAY[siwu_territory()]::varchar[]))::int <> 0".replace("<own>", within("division_id"))
RECEIVED_PHOTO = """(SELECT siwu_territory() = '') OR EXISTS (SELECT FROM zones_feedback f WHERE f.id = feedback_id)
  OR EXISTS (SELECT FROM zones_appeal a WHERE a.id = appeal_id)
  OR EXISTS (SELECT FROM zones_reinspectionrequest r WHERE r.id = reinspection_id)"""
SUBMISSION_OF_INSPECTION = """
CREATE POLICY inspection ON patrol_submission FOR SELECT
  USING (EXISTS (SELECT FROM zones_inspection i WHERE i.submission_id = patrol_submission.receipt_no))
"""

# Inspections in words, for files and the map. Views are read with the reader's own rights, so the second wall holds behind them.
_INSPECTED = """i.id, i.division_id, i.place_layer, i.place_pk, i.place_name, i.result, i.obstacle, i.score,
  jsonb_array_length(i.failed) AS failed_count, i.spot, i.distance_m, i.finished_at, i.note, i.is_invented,
  k.title || ' v' || k.version AS checklist_title, d.name AS unit_name"""
_IN_WORDS = """JOIN zones_checklist k ON k.id = i.checklist_id
JOIN geo_user u ON u.id = i.inspected_by_id LEFT JOIN geo_division d ON d.code = u.division_id"""
# Every one, with a point in the place where it was; without for a place that the register does not know.
INSPECTION_RECORDS = """
CREATE VIEW zones_inspectionrecord WITH (security_invoker = true) AS
SELECT {inspected}, coalesce(p.geom, ST_PointOnSurface(coalesce(c.geom, z.geom))) AS geom
FROM zones_inspection i {in_words}
LEFT JOIN geo_premises p ON i.place_layer = 'premises' AND p.id = i.place_pk
LEFT JOIN geo_compound c ON i.place_layer = 'compounds' AND c.id = i.place_pk
LEFT JOIN zones_rectificationzone z ON i.place_layer = 'zones' AND z.id = i.place_pk
""".replace("{inspected}", _INSPECTED).replace("{in_words}", _IN_WORDS)
# The newest of each place. Places first, so that a tile asks their own indexes, and of what it holds alone for the newest.
INSPECTED_PLACES = """
CREATE VIEW zones_inspectedplace WITH (security_invoker = true) AS
SELECT {inspected}, ST_PointOnSurface(place.geom) AS geom, place.geom_3857
FROM (
  SELECT 'premises' AS layer, id, geom::geometry AS geom, geom_3857::geometry AS geom_3857 FROM geo_premises
  UNION ALL SELECT 'compounds', id, geom, geom_3857 FROM geo_compound
  UNION ALL SELECT 'zones', id, geom, geom_3857 FROM zones_rectificationzone) place
JOIN LATERAL (
  SELECT * FROM zones_inspection n WHERE n.place_layer = place.layer AND n.place_pk = place.id
  ORDER BY n.finished_at DESC, n.id DESC LIMIT 1) i ON true
{in_words}
""".replace("{inspected}", _INSPECTED).replace("{in_words}", _IN_WORDS)
