"""The hand-written statements of rating. Values are bound; the only names put in are the two columns of a title's unit."""
from psycopg import sql

# Months of the window for which the register says something of each town: an incident anywhere in it, or a zero report.
COVERAGE = """
SELECT town, count(*) FILTER (WHERE month >= %(window_starts_on)s)::int, count(*) FILTER (WHERE month >= %(starts_on)s)::int
FROM (
  SELECT left(division_id, 9) AS town, date_trunc('month', occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS month
  FROM geo_incident
  WHERE occurred_at >= %(window_starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY 1, 2
  UNION
  SELECT left(division_id, 9), month FROM zones_zeroreport
  WHERE month >= %(window_starts_on)s AND month < %(ends_on)s
) AS covered
GROUP BY town
"""

# One statement counts, grades and writes what changed; it returns the rows whose colour changed, as they were before.
# Rows that stay as they are get no lock and no new version: they are left out before the upsert.
GRADE = """
WITH counted AS MATERIALIZED (
  SELECT compound_id,
         count(*) FILTER (WHERE category = 'theft')::int AS theft_count,
         count(*) FILTER (WHERE category = 'drugs')::int AS drugs_count,
         count(*) FILTER (WHERE category = 'crime')::int AS crime_count,
         count(*) FILTER (WHERE category = 'fire')::int AS fire_count
  FROM geo_incident
  WHERE compound_id IS NOT NULL AND occurred_at >= %(window_starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY compound_id
), covered AS (
  SELECT * FROM unnest(%(towns)s::text[], %(covered_months)s::int[]) AS covered (town, month_count)
), fact AS (
  SELECT c.id AS compound_id, c.household_count,
         coalesce(n.theft_count, 0) AS theft_count, coalesce(n.drugs_count, 0) AS drugs_count,
         coalesce(n.crime_count, 0) AS crime_count, coalesce(n.fire_count, 0) AS fire_count,
         coalesce(v.month_count, 0) AS covered_month_count,
         c.fire_checked_on, c.open_fire_hazard_count,
         -- 100 households times 12 months, against the households times the months counted: exact, without a division
         c.household_count::numeric * %(window_months)s AS per, 1200 AS each
  FROM geo_compound c
  LEFT JOIN counted n ON n.compound_id = c.id
  LEFT JOIN covered v ON v.town = left(c.division_id, 9)
), graded AS (
  SELECT fact.*, CASE
    WHEN household_count IS NULL OR household_count < %(minimum_households)s
      OR covered_month_count < %(minimum_covered_months)s
      OR fire_checked_on IS NULL OR fire_checked_on < %(fire_checked_since)s OR fire_checked_on > %(computed_on)s
      THEN 'not_graded'
    WHEN theft_count * each >= %(theft_red)s * per OR drugs_count * each >= %(drugs_red)s * per
      OR crime_count * each >= %(crime_red)s * per OR fire_count * each >= %(fire_red)s * per
      OR open_fire_hazard_count >= %(hazards_red)s
      THEN 'red'
    WHEN theft_count * each >= %(theft_yellow)s * per OR drugs_count * each >= %(drugs_yellow)s * per
      OR crime_count * each >= %(crime_yellow)s * per OR fire_count * each >= %(fire_yellow)s * per
      OR open_fire_hazard_count >= %(hazards_yellow)s
      THEN 'yellow'
    ELSE 'green' END AS colour
  FROM fact
), changed AS (
  SELECT g.* FROM graded g LEFT JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = g.compound_id
  WHERE o.id IS NULL
     OR (o.colour, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.covered_month_count,
         o.household_count, o.fire_checked_on, o.open_fire_hazard_count) IS DISTINCT FROM
        (g.colour, g.theft_count, g.drugs_count, g.crime_count, g.fire_count, g.covered_month_count,
         g.household_count, g.fire_checked_on, g.open_fire_hazard_count)
), written AS (
  INSERT INTO zones_grade (round_id, compound_id, colour, theft_count, drugs_count, crime_count, fire_count,
                           covered_month_count, household_count, fire_checked_on, open_fire_hazard_count)
  SELECT %(round)s, compound_id, colour, theft_count, drugs_count, crime_count, fire_count,
         covered_month_count, household_count, fire_checked_on, open_fire_hazard_count
  FROM changed
  ON CONFLICT (round_id, compound_id) DO UPDATE SET
    colour = excluded.colour, theft_count = excluded.theft_count, drugs_count = excluded.drugs_count,
    crime_count = excluded.crime_count, fire_count = excluded.fire_count,
    covered_month_count = excluded.covered_month_count, household_count = excluded.household_count,
    fire_checked_on = excluded.fire_checked_on, open_fire_hazard_count = excluded.open_fire_hazard_count
  RETURNING compound_id, colour
)
SELECT o.compound_id, o.colour, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.household_count,
       o.covered_month_count, o.fire_checked_on, o.open_fire_hazard_count
FROM written w JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = w.compound_id
WHERE o.colour <> w.colour
"""

_TITLES = """
WITH counted AS MATERIALIZED (
  SELECT {unit},
         count(*) FILTER (WHERE category = 'theft')::int AS theft_count,
         count(*) FILTER (WHERE category = 'drugs')::int AS drugs_count,
         count(*) FILTER (WHERE category = 'crime')::int AS crime_count,
         count(*) FILTER (WHERE category = 'fire')::int AS fire_count
  FROM geo_incident
  WHERE {unit} IS NOT NULL AND occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY {unit}
), covered AS (
  SELECT * FROM unnest(%(towns)s::text[], %(covered_months)s::int[]) AS covered (town, month_count)
), decided AS (
  SELECT u.id AS unit_id,
         coalesce(n.theft_count, 0) AS theft_count, coalesce(n.drugs_count, 0) AS drugs_count,
         coalesce(n.crime_count, 0) AS crime_count, coalesce(n.fire_count, 0) AS fire_count,
         coalesce(v.month_count, 0) AS covered_month_count,
         CASE WHEN n.{unit} IS NOT NULL THEN 'not_held'
              WHEN coalesce(v.month_count, 0) >= %(period_months)s THEN 'held' ELSE 'not_enough' END AS outcome
  FROM {table} u
  LEFT JOIN counted n ON n.{unit} = u.id
  LEFT JOIN covered v ON v.town = left(u.division_id, 9)
), counted_on AS (
  SELECT d.*, CASE WHEN d.outcome = 'held' THEN 1 + coalesce(before.streak_count, 0) ELSE 0 END AS streak_count
  FROM decided d LEFT JOIN zones_fourfreetitle before ON before.round_id = %(round_before)s AND before.{unit} = d.unit_id
), changed AS (
  SELECT t.* FROM counted_on t LEFT JOIN zones_fourfreetitle o ON o.round_id = %(round)s AND o.{unit} = t.unit_id
  WHERE o.id IS NULL
     OR (o.outcome, o.streak_count, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.covered_month_count)
        IS DISTINCT FROM
        (t.outcome, t.streak_count, t.theft_count, t.drugs_count, t.crime_count, t.fire_count, t.covered_month_count)
)
INSERT INTO zones_fourfreetitle (round_id, {unit}, outcome, streak_count,
                                 theft_count, drugs_count, crime_count, fire_count, covered_month_count)
SELECT %(round)s, unit_id, outcome, streak_count, theft_count, drugs_count, crime_count, fire_count, covered_month_count
FROM changed
ON CONFLICT (round_id, {unit}) DO UPDATE SET
  outcome = excluded.outcome, streak_count = excluded.streak_count,
  theft_count = excluded.theft_count, drugs_count = excluded.drugs_count,
  crime_count = excluded.crime_count, fire_count = excluded.fire_count, covered_month_count = excluded.covered_month_count
"""

# After an earlier period was computed again: the streaks of the period that follows it.
_STREAKS = """
UPDATE zones_fourfreetitle t SET streak_count = 1 + coalesce(before.streak_count, 0)
FROM zones_fourfreetitle held
LEFT JOIN zones_fourfreetitle before ON before.round_id = %(round_before)s AND before.{unit} = held.{unit}
WHERE t.id = held.id AND held.round_id = %(round)s AND held.{unit} IS NOT NULL AND held.outcome = 'held'
  AND held.streak_count <> 1 + coalesce(before.streak_count, 0)
"""


def _for_both_units(statement: str) -> tuple[sql.Composed, ...]:
    return tuple(
        sql.SQL(statement).format(unit=sql.Identifier(f"{unit}_id"), table=sql.Identifier(f"geo_{unit}"))
        for unit in ("compound", "courtyard")
    )


TITLES = _for_both_units(_TITLES)
STREAKS = _for_both_units(_STREAKS)
