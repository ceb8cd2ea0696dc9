"""Layer + z/x/y + territory → vector tile (Mapbox Vector Tile 2.1), each in one statement.

Up to zoom 8 a crowded tile holds counts by grid cell, which the database keeps by trigger: no feature is dropped and the
counts add up. From zoom 9, and at 7 and 8 where they are few, it holds the features themselves. The layer's version comes
from the same snapshot as the tile, so that a tile is never stored under a version that it does not show.
"""
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.contrib.gis.db.models import PointField
from django.db import connection
from django.db.models import GeneratedField
from psycopg import sql

from geo.layers import Layer
from geo.sql import GRID_CELLS_PER_TILE, GRID_ZOOM

MAX_ZOOM = 18
# Up to here an area is a mark at a point inside it, from here its outline is drawn too.
OUTLINE_ZOOM = 11
# A county seen whole has few enough places to show each of them; a province has not.
SPARSE_ZOOM, SPARSE_AT_MOST = 7, 2500
NAME_ZOOM = 14
SECTOR_ZOOM = 15


@dataclass(frozen=True)
class TileAddress:
    """A tile of the web-Mercator scheme (XYZ, y down)."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z


@dataclass(frozen=True)
class Tile:
    version: int
    body: bytes


# Whose rows: those of the territory, or those that name the unit among their readers. The second has no index that could
# draw the planner away from the one of the place.
TERRITORY = sql.SQL("starts_with(division_id, %(scope)s)")
READERS = "(%(scope)s = '' OR %(scope)s = ANY({readers}))"

VERSION = sql.SQL("(SELECT coalesce(sum(version), 0)::bigint FROM geo_layerversion WHERE layer = ANY(%(versions)s))")

ONLY_VERSION = "SELECT {version}"

CELLS = """
SELECT {version}, coalesce(ST_AsMVT(t, %(cells)s, 4096, 'geom'), ''::bytea) FROM (
  SELECT n, ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(
      -20037508.342789244 + (gx + 0.5) * %(size)s, 20037508.342789244 - (gy + 0.5) * %(size)s), 3857),
    ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
  FROM (
{counted}    GROUP BY 1, 2) g
) t"""

GRID = CELLS.replace("{counted}", """    SELECT cx >> %(shift)s AS gx, cy >> %(shift)s AS gy, sum(object_count)::integer AS n
    FROM geo_gridcell WHERE layer = %(layer)s AND starts_with(division_id, %(scope)s)
      AND cx BETWEEN %(left)s AND %(right)s AND cy BETWEEN %(top)s AND %(bottom)s
""")

CROWD = """
SELECT coalesce(sum(object_count), 0)::integer FROM geo_gridcell
WHERE layer = %(layer)s AND starts_with(division_id, %(scope)s)
  AND cx BETWEEN %(left)s AND %(right)s AND cy BETWEEN %(top)s AND %(bottom)s"""

# The same for what no kept count covers (a time filter, a layer that is not counted): counted when asked.
LIVE_GRID = CELLS.replace("{counted}", """    SELECT geo_cell_x({place}) >> %(shift)s AS gx,
      geo_cell_y({place}) >> %(shift)s AS gy, count(*)::integer AS n
    FROM {table} WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AND {mine} {filter}
""")

LIVE_CROWD = """
SELECT count(*)::integer FROM (SELECT FROM {table}
  WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AND {mine} LIMIT %(most)s + 1) t"""

POINTS = """
SELECT {version}, coalesce(ST_AsMVT(t, %(layer)s, 4096, 'geom', 'id'), ''::bytea) FROM (
  SELECT id, {columns}, ST_AsMVTGeom({place}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
  FROM {table} WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AND {mine} {filter}
) t"""

# Points and what each of them looks at. Who stands within 1,500 units of the tile (1.2 km at 37 N) may look into it.
# OFFSET 0: what a camera sees is drawn once, and only for those of the territory.
POINTS_WITH_SECTORS = """
SELECT {version},
  coalesce((SELECT ST_AsMVT(s, %(sectors)s, 4096, 'geom', 'id') FROM (
    SELECT id, {columns}, ST_AsMVTGeom(ST_Transform(geo_view_sector(geom, {bearing}, {angle}, {range}), 3857),
      ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM {table} WHERE geom_3857 && ST_Expand(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 1500) AND {mine} {filter} OFFSET 0
  ) s WHERE geom IS NOT NULL), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, %(layer)s, 4096, 'geom', 'id') FROM (
    SELECT id, {columns}, ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
    FROM {table} WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AND {mine} {filter}
  ) t), ''::bytea)"""

AREA_MARKS = """
SELECT {version}, coalesce(ST_AsMVT(t, %(marks)s, 4096, 'geom', 'id'), ''::bytea) FROM (
  SELECT id, {columns}, ST_AsMVTGeom(ST_PointOnSurface(geom_3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
  FROM {table} WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AND {mine} {filter}
) t"""

AREAS = """
WITH found AS MATERIALIZED (
  SELECT id, {columns}, geom_3857 FROM {table}
  WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AND {mine} {filter})
SELECT {version},
  coalesce((SELECT ST_AsMVT(t, %(layer)s, 4096, 'geom', 'id') FROM (
    SELECT id, {names}, ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom FROM found) t), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, %(marks)s, 4096, 'geom', 'id') FROM (
    SELECT id, {names}, ST_AsMVTGeom(ST_PointOnSurface(geom_3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
    FROM found) t), ''::bytea)"""

# Outlines of the reader's own territory and of what it lies in; roads and water without territory.
BASE = """
SELECT {version},
  coalesce((SELECT ST_AsMVT(t, 'divisions', 4096, 'geom') FROM (
    SELECT o.division_id AS code, d.name, d.level, o.is_schematic,
      ST_AsMVTGeom(ST_SimplifyPreserveTopology(o.geom_3857, %(tolerance)s), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM geo_divisionoutline o JOIN geo_division d ON d.code = o.division_id
    WHERE o.geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.016)
      AND o.valid_from <= %(on)s AND (o.valid_to IS NULL OR o.valid_to > %(on)s) AND d.level <= %(level)s
      AND (starts_with(o.division_id, %(scope)s) OR starts_with(%(scope)s, o.division_id))) t), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, 'division_names', 4096, 'geom') FROM (
    SELECT d.name, d.level, ST_AsMVTGeom(ST_Transform(coalesce(d.seat, ST_PointOnSurface(o.geom)), 3857),
      ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 256) AS geom
    FROM geo_divisionoutline o JOIN geo_division d ON d.code = o.division_id
    WHERE o.geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.0625)
      AND o.valid_from <= %(on)s AND (o.valid_to IS NULL OR o.valid_to > %(on)s) AND d.level <= %(level)s
      AND starts_with(o.division_id, %(scope)s)) t WHERE geom IS NOT NULL), ''::bytea)
  || coalesce((SELECT ST_AsMVT(t, 'basemap', 4096, 'geom') FROM (
    SELECT kind, name, ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM geo_basemapfeature
    WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.016) AND kind = ANY(%(kinds)s)) t), ''::bytea)"""

BASE_KINDS = ((0, ("water", "river", "motorway")), (8, ("railway", "main_road")), (12, ("street",)))
BASE_LEVELS = ((0, "3_county"), (8, "4_town"), (12, "5_village"))


def layer_version(layers: tuple[str, ...]) -> int:
    """The version of a tile that depends on these layers; it changes whenever one of them does."""
    return _row(_text(ONLY_VERSION), {"versions": list(layers)})[0]


def draw(layer: Layer, address: TileAddress, scope: str, *, since: datetime | None = None) -> Tile:
    """The tile of a layer for a reader whose territory has the code `scope`; `since` filters by the layer's time field."""
    values = {
        **vars(address), "layer": layer.name, "scope": scope, "versions": list(layer.versions),
        "marks": f"{layer.name}_marks", "cells": f"{layer.name}_cells", "sectors": f"{layer.name}_sectors", "since": since,
        "most": SPARSE_AT_MOST,
    }  # fmt: skip
    if address.z <= GRID_ZOOM:
        values |= _grid_window(address)
    if address.z < SPARSE_ZOOM or address.z <= GRID_ZOOM and _crowd(layer, values) > SPARSE_AT_MOST:
        if since is None and layer.counted:
            return Tile(*_row(_text(GRID), {**values, "layer": layer.versions[0]}))
        return Tile(*_row(_text(LIVE_GRID, layer, since=since is not None), values))
    statement = _points(layer, address) if layer.shape == "point" else AREA_MARKS if address.z < OUTLINE_ZOOM else AREAS
    return Tile(*_row(_text(statement, layer, named=address.z >= NAME_ZOOM, since=since is not None), values))


def _points(layer: Layer, address: TileAddress) -> str:
    return POINTS_WITH_SECTORS if layer.sector and address.z >= SECTOR_ZOOM else POINTS


def _crowd(layer: Layer, values: dict) -> int:
    return _row(CROWD if layer.counted else _text(LIVE_CROWD, layer), {**values, "layer": layer.versions[0]})[0]


def draw_base(address: TileAddress, scope: str, *, on: date) -> Tile:
    """Divisions in force on a day, roads and water."""
    metres_per_pixel = 40_075_016.685578488 / 512 / 2**address.z
    values = {
        **vars(address), "scope": scope, "on": on, "versions": list(BASE_VERSIONS), "tolerance": metres_per_pixel / 2,
        "kinds": [kind for zoom, kinds in BASE_KINDS if address.z >= zoom for kind in kinds],
        "level": max(level for zoom, level in BASE_LEVELS if address.z >= zoom),
    }  # fmt: skip
    return Tile(*_row(_text(BASE), values))


BASE_VERSIONS = ("divisions", "basemap")


@lru_cache(maxsize=256)
def _text(statement: str, layer: Layer | None = None, *, named: bool = False, since: bool = False) -> str:
    """The statement for a layer, names quoted, values still to be bound."""
    parts = {"version": VERSION}
    if layer:
        wanted = ((layer.class_field, "k"), (layer.label_field if named else "", "name"))
        columns = [sql.SQL("{} AS {}").format(sql.Identifier(field), sql.Identifier(alias)) for field, alias in wanted if field]
        names = [sql.Identifier(alias) for field, alias in wanted if field]
        timed = sql.SQL("AND {} >= %(since)s").format(sql.Identifier(layer.time_field)) if since and layer.time_field else sql.SQL("")
        parts |= {
            "columns": sql.SQL(", ").join(columns or [sql.SQL("'' AS k")]),
            "names": sql.SQL(", ").join(names or [sql.Identifier("k")]),
            "table": sql.Identifier(layer.model._meta.db_table),
            "filter": timed,
            "place": _place(layer),
            "mine": sql.SQL(READERS).format(readers=sql.Identifier(layer.readers)) if layer.readers else TERRITORY,
            **dict(zip(("bearing", "angle", "range"), map(sql.Identifier, layer.sector), strict=False)),
        }
    return sql.SQL(statement).format(**parts).as_string(None)


def _place(layer: Layer) -> sql.SQL:
    """Where a layer of points has its mark: inside the outline where the stored twin is one."""
    is_point = isinstance(layer.model._meta.get_field("geom_3857"), PointField | GeneratedField)
    return sql.SQL("geom_3857" if is_point or layer.shape != "point" else "ST_PointOnSurface(geom_3857)")


def _grid_window(address: TileAddress) -> dict:
    shift = GRID_ZOOM - address.z
    across = GRID_CELLS_PER_TILE << shift
    return {
        "shift": shift,
        "size": 40_075_016.685578488 / (GRID_CELLS_PER_TILE * 2**address.z),
        "left": address.x * across,
        "right": (address.x + 1) * across - 1,
        "top": address.y * across,
        "bottom": (address.y + 1) * across - 1,
    }


def _row(statement: str, values: dict) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()
