"""The hand-written statements of a study. Every value is bound."""

# Incidents inside each outline by month. width_bucket gives 1 for the first month; what lies outside the months is left out.
INSIDE = """
SELECT z.id, width_bucket(i.occurred_at, %(months)s::timestamptz[]) AS month, count(*)
FROM zones_rectificationzone z JOIN geo_incident i ON ST_Covers(z.geom_3857, i.geom_3857)
WHERE z.id = ANY(%(zones)s) AND i.category = ANY(%(categories)s) AND i.occurred_at >= %(from)s AND i.occurred_at < %(until)s
GROUP BY z.id, month
"""

# The same in the ring around each; what is itself a demonstration zone belongs to no ring.
AROUND = """
WITH centre AS MATERIALIZED (
  SELECT ST_Union(geom_3857) AS geom FROM zones_rectificationzone WHERE id = ANY(%(zones)s)
), ring AS MATERIALIZED (
  SELECT z.id, ST_Difference(ST_Transform(ST_Buffer(z.geom::geography, %(metres)s)::geometry, 3857), centre.geom) AS geom
  FROM zones_rectificationzone z, centre WHERE z.id = ANY(%(zones)s)
)
SELECT r.id, width_bucket(i.occurred_at, %(months)s::timestamptz[]) AS month, count(*)
FROM ring r JOIN geo_incident i ON ST_Intersects(r.geom, i.geom_3857)
WHERE i.category = ANY(%(categories)s) AND i.occurred_at >= %(from)s AND i.occurred_at < %(until)s
GROUP BY r.id, month
"""

# Zones that lie within so many metres of one of the others.
NEAR = """
SELECT DISTINCT a.id FROM zones_rectificationzone a JOIN zones_rectificationzone b
  ON a.geom_3857 && ST_Expand(b.geom_3857, %(expanded)s) AND ST_DWithin(a.geom::geography, b.geom::geography, %(metres)s)
WHERE a.id = ANY(%(others)s) AND b.id = ANY(%(zones)s)
"""

# Months in which a town's register is known to be alive: it holds an incident of any kind, or a zero report.
COVERED = """
SELECT left(division_id, 9) AS town, width_bucket(occurred_at, %(months)s::timestamptz[]) AS month
FROM geo_incident
WHERE division_id LIKE %(county)s AND occurred_at >= %(from)s AND occurred_at < %(until)s
UNION
SELECT left(division_id, 9), width_bucket(month, %(days)s::date[]) FROM zones_zeroreport
WHERE division_id LIKE %(county)s AND month >= %(days_from)s AND month < %(days_until)s
"""

AREAS = "SELECT id, ST_Area(geom::geography) FROM zones_rectificationzone WHERE id = ANY(%(zones)s)"
