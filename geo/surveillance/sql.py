"""Statements of the register: the newest check of each point, and what working points see. Values are always bound."""

# Newest first by day; a point that a file brought with a later day of its own keeps it.
FOLLOW_CHECKS = """
UPDATE geo_surveillancepoint p SET working = c.result, checked_on = c.checked_on, updated_at = %(now)s
FROM (
  SELECT DISTINCT ON (point_id) point_id, result, checked_on FROM geo_surveillancecheck
  WHERE point_id = ANY(%(points)s) ORDER BY point_id, checked_on DESC
) c
WHERE p.id = c.point_id AND (p.checked_on IS NULL OR p.checked_on <= c.checked_on)
  AND (p.working, p.checked_on) IS DISTINCT FROM (c.result, c.checked_on)"""

# How far any view reaches, in units of the map's projection: what stands farther off cannot see a place.
REACH = """
SELECT coalesce(max(range_m / cos(radians(ST_Y(geom)))), 0) FROM geo_surveillancepoint
WHERE starts_with(division_id, %(scope)s) AND working = 'working'"""

# A place counts as seen where a working point's view comes within so many metres of it.
POINTS_SEEN = """
SELECT left(p.division_id, %(length)s), p.id, p.name, EXISTS (
  SELECT 1 FROM geo_surveillancepoint s
  WHERE s.geom_3857 && ST_Expand(p.geom_3857, %(reach)s) AND s.working = 'working' AND starts_with(s.division_id, %(scope)s)
    AND ST_DWithin(geo_view_sector(s.geom, s.bearing_deg, s.view_angle_deg, s.range_m)::geography, p.geom::geography, %(near)s))
FROM geo_premises p WHERE p.kind = ANY(%(kinds)s) AND starts_with(p.division_id, %(scope)s)
ORDER BY p.division_id, p.id"""

COMPOUNDS_SEEN = """
SELECT left(c.division_id, %(length)s), c.id, c.name, EXISTS (
  SELECT 1 FROM geo_surveillancepoint s
  WHERE s.geom_3857 && ST_Expand(c.geom_3857, %(reach)s) AND s.working = 'working' AND starts_with(s.division_id, %(scope)s)
    AND ST_Intersects(geo_view_sector(s.geom, s.bearing_deg, s.view_angle_deg, s.range_m), c.geom))
FROM geo_compound c WHERE starts_with(c.division_id, %(scope)s)
ORDER BY c.division_id, c.id"""

# Metres of main road and motorway in each unit, and of these the metres within any working point's view.
ROADS_SEEN = """
WITH stretch AS MATERIALIZED (
  SELECT o.division_id AS unit, r.id, coalesce(nullif(r.name, ''), '—') AS name,
    ST_CollectionExtract(ST_Intersection(r.geom, o.geom), 2) AS geom
  FROM geo_basemapfeature r JOIN geo_divisionoutline o ON o.geom_3857 && r.geom_3857 AND ST_Intersects(o.geom, r.geom)
  WHERE r.kind = ANY(%(kinds)s) AND starts_with(o.division_id, %(scope)s) AND length(o.division_id) = %(length)s
    AND o.valid_from <= %(on)s AND (o.valid_to IS NULL OR o.valid_to > %(on)s)
), seen AS (
  SELECT unit, id, name, geom, (
    SELECT ST_Union(geo_view_sector(s.geom, s.bearing_deg, s.view_angle_deg, s.range_m)) FROM geo_surveillancepoint s
    WHERE s.geom_3857 && ST_Expand(ST_Transform(stretch.geom, 3857), %(reach)s) AND s.working = 'working'
      AND starts_with(s.division_id, %(scope)s) AND ST_DWithin(s.geom_3857, ST_Transform(stretch.geom, 3857), %(reach)s)) AS view
  FROM stretch WHERE NOT ST_IsEmpty(geom)
)
SELECT unit, id, name, ST_Length(geom::geography),
  coalesce(ST_Length(ST_CollectionExtract(ST_Intersection(geom, view), 2)::geography), 0)
FROM seen ORDER BY unit, id"""

# Pairs of working points whose views share so much of the smaller one.
OVERLAPS = """
WITH views AS MATERIALIZED (
  SELECT id, geom_3857, range_m / cos(radians(ST_Y(geom))) AS reach,
    geo_view_sector(geom, bearing_deg, view_angle_deg, range_m) AS view
  FROM geo_surveillancepoint
  WHERE working = 'working' AND starts_with(division_id, %(scope)s) AND bearing_deg IS NOT NULL AND view_angle_deg IS NOT NULL
    AND range_m IS NOT NULL
)
SELECT first, second, share FROM (
  SELECT a.id AS first, s.id AS second, ST_Area(ST_Intersection(a.view, b.view)) / least(ST_Area(a.view), ST_Area(b.view)) AS share
  FROM views a JOIN geo_surveillancepoint s ON s.geom_3857 && ST_Expand(a.geom_3857, a.reach + %(reach)s) AND s.id > a.id
    JOIN views b ON b.id = s.id AND ST_Intersects(a.view, b.view)
) pairs WHERE share >= %(share)s ORDER BY share DESC, first, second LIMIT %(most)s"""
