"""The hand-written statements of rating. Every value is bound."""

# With more memory the planner hashes a million incidents; with little it reads the covering index in order, which took 0.2 s
# instead of 0.5 s. Only for the transaction that asks.
READ_IN_ORDER = "SET LOCAL work_mem = '4MB'"

# One statement counts, grades and writes what changed; it returns the rows whose colour changed, as they were before.
# Months of the window are bits 1 to 60 of a number. A town's register covers a month when it holds an incident anywhere in
# the town, or a zero report. The incidents of compounds are read anyway; those outside are read only for towns still lacking a
# month. Rows that stay as they are get no lock and no new version: they are left out before the upsert.
GRADE = """
WITH counted AS MATERIALIZED (
  SELECT compound_id,
         count(*) FILTER (WHERE category = 'theft')::int AS theft_count,
         count(*) FILTER (WHERE category = 'drugs')::int AS drugs_count,
         count(*) FILTER (WHERE category = 'crime')::int AS crime_count,
         count(*) FILTER (WHERE category = 'fire')::int AS fire_count,
         count(*) FILTER (WHERE occurred_at >= %(starts_at)s)::int AS period_count,
         bit_or(1::bigint << width_bucket(occurred_at, %(month_starts)s::timestamptz[])) AS months
  FROM geo_incident
  WHERE compound_id IS NOT NULL AND occurred_at >= %(window_starts_at)s AND occurred_at < %(ends_at)s
  GROUP BY compound_id
), placed AS MATERIALIZED (
  SELECT c.id AS compound_id, left(c.division_id, 9) AS town, c.household_count, c.fire_checked_on, c.open_fire_hazard_count,
         n.theft_count, n.drugs_count, n.crime_count, n.fire_count, n.period_count, n.months
  FROM geo_compound c LEFT JOIN counted n ON n.compound_id = c.id
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
), fact AS (
  SELECT p.compound_id, household_count, fire_checked_on, open_fire_hazard_count,
         coalesce(theft_count, 0) AS theft_count, coalesce(drugs_count, 0) AS drugs_count,
         coalesce(crime_count, 0) AS crime_count, coalesce(fire_count, 0) AS fire_count,
         coalesce(v.month_count, 0) AS covered_month_count,
         coalesce(period_count, 0) AS period_incident_count,
         coalesce(v.period_month_count, 0) AS period_covered_month_count,
         -- Incidents times 100 households times 12 months against line times households times months, the lines in
         -- ten-thousandths: whole numbers, so that a rate on the line is on the line.
         12000000::bigint AS each, household_count::bigint * %(window_months)s AS per
  FROM placed p LEFT JOIN covered v USING (town)
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
    ELSE 'green' END AS colour, CASE
    WHEN period_incident_count > 0 THEN 'not_held'
    WHEN period_covered_month_count >= %(period_months)s THEN 'held'
    ELSE 'not_enough' END AS four_free
  FROM fact
), titled AS (
  SELECT graded.*, CASE WHEN graded.four_free = 'held' THEN 1 + coalesce(b.streak_count, 0) ELSE 0 END AS streak_count
  FROM graded LEFT JOIN zones_grade b ON b.round_id = %(round_before)s AND b.compound_id = graded.compound_id
), changed AS (
  SELECT t.* FROM titled t LEFT JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = t.compound_id
  WHERE o.id IS NULL
     OR (o.colour, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.covered_month_count,
         o.household_count, o.fire_checked_on, o.open_fire_hazard_count,
         o.four_free, o.streak_count, o.period_incident_count, o.period_covered_month_count) IS DISTINCT FROM
        (t.colour, t.theft_count, t.drugs_count, t.crime_count, t.fire_count, t.covered_month_count,
         t.household_count, t.fire_checked_on, t.open_fire_hazard_count,
         t.four_free, t.streak_count, t.period_incident_count, t.period_covered_month_count)
), written AS (
  INSERT INTO zones_grade (round_id, compound_id, colour, theft_count, drugs_count, crime_count, fire_count, covered_month_count,
                           household_count, fire_checked_on, open_fire_hazard_count,
                           four_free, streak_count, period_incident_count, period_covered_month_count)
  SELECT %(round)s, compound_id, colour, theft_count, drugs_count, crime_count, fire_count, covered_month_count,
         household_count, fire_checked_on, open_fire_hazard_count,
         four_free, streak_count, period_incident_count, period_covered_month_count
  FROM changed
  ON CONFLICT (round_id, compound_id) DO UPDATE SET
    colour = excluded.colour, theft_count = excluded.theft_count, drugs_count = excluded.drugs_count,
    crime_count = excluded.crime_count, fire_count = excluded.fire_count, covered_month_count = excluded.covered_month_count,
    household_count = excluded.household_count, fire_checked_on = excluded.fire_checked_on,
    open_fire_hazard_count = excluded.open_fire_hazard_count, four_free = excluded.four_free, streak_count = excluded.streak_count,
    period_incident_count = excluded.period_incident_count, period_covered_month_count = excluded.period_covered_month_count
  RETURNING compound_id, colour
)
SELECT o.compound_id, o.colour, o.theft_count, o.drugs_count, o.crime_count, o.fire_count, o.household_count,
       o.covered_month_count, o.fire_checked_on, o.open_fire_hazard_count
FROM written w JOIN zones_grade o ON o.round_id = %(round)s AND o.compound_id = w.compound_id
WHERE o.colour <> w.colour
"""

# The same for courtyards, over the period alone.
TITLES = """
WITH counted AS MATERIALIZED (
  SELECT courtyard_id,
         count(*) FILTER (WHERE category = 'theft')::int AS theft_count,
         count(*) FILTER (WHERE category = 'drugs')::int AS drugs_count,
         count(*) FILTER (WHERE category = 'crime')::int AS crime_count,
         count(*) FILTER (WHERE category = 'fire')::int AS fire_count
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
         CASE WHEN n.courtyard_id IS NOT NULL THEN 'not_held'
              WHEN coalesce(v.month_count, 0) >= %(period_months)s THEN 'held' ELSE 'not_enough' END AS four_free
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
