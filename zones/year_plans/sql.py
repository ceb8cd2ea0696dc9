"""Counts inside zones' outlines, for many zones at once. Every value is bound."""

INCIDENTS = """
SELECT z.id, count(*) FILTER (WHERE i.occurred_at >= %(year_from)s)::int,
       count(*) FILTER (WHERE i.occurred_at >= %(recent_from)s)::int,
       count(*) FILTER (WHERE i.occurred_at >= %(before_from)s AND i.occurred_at < %(before_until)s)::int
FROM zones_rectificationzone z JOIN geo_incident i ON ST_Intersects(z.geom_3857, i.geom_3857)
WHERE z.id = ANY(%(zones)s) AND i.occurred_at >= %(before_from)s AND i.occurred_at < %(until)s
GROUP BY z.id
"""

# How far a county's incidents reach, back and forth.
REACH = """
SELECT min(occurred_at), max(occurred_at) FROM geo_incident WHERE division_id LIKE %(county)s AND occurred_at <= %(now)s
"""

# The box by itself: behind a policy the index is asked by nothing but `&&` (docs/operations.md).
ISSUES = """
SELECT z.id, count(*) FILTER (WHERE i.state <> ALL(%(over)s))::int,
       count(*) FILTER (WHERE i.relapse_count > 0 AND i.state <> 'withdrawn')::int
FROM zones_rectificationzone z JOIN zones_issue i ON i.geom_3857 && z.geom_3857 AND ST_Intersects(z.geom_3857, i.geom_3857)
WHERE z.id = ANY(%(zones)s)
GROUP BY z.id
"""

# A compound belongs to the zone that holds its middle. What nobody noted is neither there nor missing.
COMPOUNDS = """
SELECT z.id, sum(c.open_fire_hazard_count)::int,
       sum(p.there)::float / nullif(sum(p.known), 0)
FROM zones_rectificationzone z
JOIN geo_compound c ON c.geom_3857 && z.geom_3857 AND ST_Covers(z.geom_3857, ST_PointOnSurface(c.geom_3857))
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE has)::int AS there, count(has)::int AS known
  FROM unnest(ARRAY[c.has_fence, c.has_lighting, c.has_access_control, c.has_night_guard]) AS has
) p
WHERE z.id = ANY(%(zones)s)
GROUP BY z.id
"""
