"""The least that can serve the tile: an ASGI handler that runs the same statement, without Django, rights or headers."""
import os

from psycopg_pool import AsyncConnectionPool

STATEMENT = """
SELECT coalesce(ST_AsMVT(t, 'surveillance', 4096, 'geom', 'id'), ''::bytea) FROM (
  SELECT id, working AS k {name}, ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 128) AS geom
  FROM geo_surveillancepoint
  WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.03125) AND starts_with(division_id, '64')) t"""
pool = AsyncConnectionPool(os.environ["BENCH_URL"], min_size=4, max_size=4, open=False)


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await pool.open()
    z, x, y = (int(part) for part in scope["path"].strip("/").split("/"))
    async with pool.connection() as connection:
        statement = STATEMENT.format(name=", name" if z >= 14 else "")
        row = await (await connection.execute(statement, {"z": z, "x": x, "y": y}, binary=True)).fetchone()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/vnd.mapbox-vector-tile")]})
    await send({"type": "http.response.body", "body": row[0]})
