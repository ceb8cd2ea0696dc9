"""The hand-written statements of proposals. Values are always bound."""

# Incidents of each beat by hour of the week in the county's time; Monday 0:00 is 0.
BY_HOUR = """
SELECT b.id, ((extract(isodow FROM i.occurred_at AT TIME ZONE %(zone)s) - 1) * 24
              + extract(hour FROM i.occurred_at AT TIME ZONE %(zone)s))::int AS hour, count(*)
FROM patrol_beat b JOIN geo_incident i ON ST_Covers(b.geom_3857, i.geom_3857)
WHERE b.id = ANY(%(beats)s) AND i.occurred_at >= %(from)s AND i.occurred_at < %(until)s
GROUP BY b.id, hour
"""

# Where in each beat they are: cells of so many of the plane's metres, the fullest first, named after the compound or street nearby.
SPOTS = """
WITH cell AS (
  SELECT b.id AS beat, count(*) AS n, ST_Centroid(ST_Collect(i.geom_3857)) AS at,
         min(i.id) AS first
  FROM patrol_beat b JOIN geo_incident i ON ST_Covers(b.geom_3857, i.geom_3857)
  WHERE b.id = ANY(%(beats)s) AND i.occurred_at >= %(from)s AND i.occurred_at < %(until)s
  GROUP BY b.id, floor(ST_X(i.geom_3857) / %(cell)s), floor(ST_Y(i.geom_3857) / %(cell)s)
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY beat ORDER BY n DESC, first) AS rank FROM cell
)
SELECT beat, n, ST_X(ST_Transform(at, 4326)), ST_Y(ST_Transform(at, 4326)),
       coalesce(
         (SELECT c.name FROM geo_compound c WHERE c.geom_3857 && ST_Expand(at, %(cell)s) ORDER BY c.geom_3857 <-> at, c.id LIMIT 1),
         (SELECT f.name FROM geo_basemapfeature f WHERE f.geom_3857 && ST_Expand(at, %(cell)s) AND f.name <> ''
            AND f.kind IN ('street', 'main_road') ORDER BY f.geom_3857 <-> at, f.id LIMIT 1), '')
FROM ranked WHERE rank <= %(most)s ORDER BY beat, rank
"""
