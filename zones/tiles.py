"""The public's vector tiles: one statement a tile, through the public role, of one publication. No numbers of ours, only public ids.

From zoom 12 on compounds are outlines and marks; where few are in the tile also before. Crowds are counted by cell: how many there
are, and of which grade, so that a county of 100,000 compounds is one small tile.
"""
from django.db import connections

from geo.tiles import TileAddress
from zones.published import PUBLIC

MAX_ZOOM = 16
OUTLINE_ZOOM = 13
CROWD_AT_MOST = 400
CELLS = 16

TILE = """
WITH box AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS env, ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AS wide),
found AS MATERIALIZED (
  SELECT g.public_id::text AS public_id, g.name, g.shape_3857,
    ST_Transform(g.point, 3857) AS mark,
    CASE WHEN s.state = 'pending' THEN 'pending' ELSE g.colour END AS colour
  FROM zones_publishedgrade g
  LEFT JOIN LATERAL (
    SELECT w.state FROM zones_standing w JOIN zones_publication p ON p.id = w.publication_id
    WHERE w.public_id = g.public_id AND p.period = %(period)s AND p.number <= %(number)s ORDER BY p.number DESC LIMIT 1) s ON true
  WHERE g.publication_id = %(publication)s AND g.shape_3857 && (SELECT wide FROM box)
),
crowd AS (SELECT count(*) > %(most)s AND %(z)s < %(outline_zoom)s AS is_crowd FROM found)
SELECT
  coalesce((SELECT ST_AsMVT(t, 'outlines', 4096, 'geom') FROM (
    SELECT public_id, colour, ST_AsMVTGeom(shape_3857, (SELECT env FROM box), 4096, 64) AS geom
    FROM found WHERE %(z)s >= %(outline_zoom)s AND ST_Dimension(shape_3857) = 2) t WHERE geom IS NOT NULL), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, 'compounds', 4096, 'geom') FROM (
    SELECT public_id, name, colour, ST_AsMVTGeom(mark, (SELECT env FROM box), 4096, 128) AS geom
    FROM found WHERE NOT (SELECT is_crowd FROM crowd)) t WHERE geom IS NOT NULL), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, 'crowds', 4096, 'geom') FROM (
    SELECT n, red, yellow, green, not_graded, pending, ST_AsMVTGeom(middle, (SELECT env FROM box), 4096, 128) AS geom FROM (
      SELECT count(*)::int AS n, count(*) FILTER (WHERE colour = 'red')::int AS red,
        count(*) FILTER (WHERE colour = 'yellow')::int AS yellow, count(*) FILTER (WHERE colour = 'green')::int AS green,
        count(*) FILTER (WHERE colour = 'not_graded')::int AS not_graded,
        count(*) FILTER (WHERE colour = 'pending')::int AS pending,
        ST_Centroid(ST_Collect(mark)) AS middle
      FROM found, box WHERE (SELECT is_crowd FROM crowd) AND mark && env
      GROUP BY floor((ST_X(mark) - ST_XMin(env)) / (ST_XMax(env) - ST_XMin(env)) * %(cells)s),
               floor((ST_Y(mark) - ST_YMin(env)) / (ST_YMax(env) - ST_YMin(env)) * %(cells)s)) c
  ) t WHERE geom IS NOT NULL), ''::bytea)
"""


def draw(publication, address: TileAddress) -> bytes:
    values = {
        "publication": publication.pk, "period": publication.period, "number": publication.number, "most": CROWD_AT_MOST,
        "cells": CELLS, "outline_zoom": OUTLINE_ZOOM, **vars(address),
    }  # fmt: skip
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(TILE, values)
        return bytes(cursor.fetchone()[0])
