"""Is this installation sound? Each check says what it found and, where it is wrong, what to do."""
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.gis.gdal import gdal_version
from django.contrib.gis.geos import geos_version
from django.core.checks import Tags, run_checks
from django.db import DatabaseError, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from geo.invented import holds_invented
from geo.walls.sql import BEHIND_WALLS

OLDEST = {"postgres": 150_000, "postgis": (3, 3), "gdal": (3, 9)}
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
PUBLICLY_READABLE = """
SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'p')
  AND has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""
FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    name: str
    good: bool
    found: str
    advice: str = ""


def examine(*more: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """All findings, in the order in which they matter. A check that itself fails is a finding, not a crash."""
    checks = (_python, _libraries, _settings, _database, _extensions, _roles, _migrations, _durability, _redis, _disk)
    for check in (*checks, _walls, _browser_packages, _second_factor, *more):
        try:
            yield from check()
        except (DatabaseError, redis.RedisError, OSError) as error:
            yield Finding(check.__name__.strip("_"), False, str(error).strip().splitlines()[0], _("先处理上面的问题，再运行一次。"))


def _python() -> Iterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0], _("需要 Python 3.11 或更新版本。"))


def _libraries() -> Iterator[Finding]:
    gdal = gdal_version().decode()
    advice = _("旧版 GDAL 会按坐标系文本访问网络，请用 script/setup 安装的库。")
    yield Finding("GDAL", _numbers(gdal) >= OLDEST["gdal"], gdal, advice)
    yield Finding("GEOS", True, geos_version().decode().split("-")[0])


def _settings() -> Iterator[Finding]:
    yield Finding(_("调试模式"), not settings.DEBUG, str(settings.DEBUG), _("SIWU_DEBUG 只能在开发机上打开。"))
    length, hosts = len(settings.SECRET_KEY), settings.ALLOWED_HOSTS
    yield Finding(_("密钥"), length >= 40, _("{n}个字符").format(n=length), _("SIWU_SECRET_KEY 至少40个随机字符。"))
    yield Finding(_("允许的主机名"), "*" not in hosts, ", ".join(hosts), _("SIWU_ALLOWED_HOSTS 不能是 *。"))
    for problem in run_checks(tags=[Tags.models, Tags.urls, Tags.templates, Tags.database], databases=[]):
        yield Finding(problem.id or "check", problem.level < 40, str(problem.msg), str(problem.hint or ""))


def _database() -> Iterator[Finding]:
    for alias, purpose in (("default", _("应用角色")), ("public", _("公开角色")), ("owner", _("属主角色"))):
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT current_user, current_database(), current_setting('server_version_num')::integer")
                user, name, version = cursor.fetchone()
        except OperationalError as error:
            yield Finding(purpose, False, str(error).strip().splitlines()[-1], _advice(str(error)))
            continue
        found = f"{user}@{name}, PostgreSQL {version // 10000}.{version % 10000}"
        yield Finding(purpose, version >= OLDEST["postgres"], found, _("需要 PostgreSQL 15 或更新版本。"))


def _advice(error: str) -> str:
    if "password" in error:
        return _("口令不对：核对环境文件中的数据库地址。")
    if "does not exist" in error:
        return _("数据库或角色不存在：运行 script/setup server。")
    return _("数据库没有运行或地址不对：运行 script/server，或核对 DATABASE_URL。")


def _extensions() -> Iterator[Finding]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT extname, extversion FROM pg_extension WHERE extname = ANY(%s)", [list(EXTENSIONS)])
        present = dict(cursor.fetchall())
    for name in EXTENSIONS:
        version = present.get(name)
        good = bool(version) and (name != "postgis" or _numbers(version) >= OLDEST["postgis"])
        yield Finding(_("扩展 {name}").format(name=name), good, version or _("没有安装"), f"CREATE EXTENSION {name};")


def _roles() -> Iterator[Finding]:
    for alias in ("default", "public"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
            name, mighty = cursor.fetchone()
            cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
            owns = cursor.fetchone()[0]
        found = _("权限过大") if mighty else _("拥有{n}张表").format(n=owns)
        yield Finding(_("角色 {name}").format(name=name), not mighty and not owns, found, _("应用与公开角色不得是属主或超级用户。"))
    with connections["public"].cursor() as cursor:
        cursor.execute(PUBLICLY_READABLE)
        readable = cursor.fetchone()[0]
        cursor.execute("SELECT has_table_privilege('geo_surveillancepoint'::regclass, 'SELECT')")
        leaks = cursor.fetchone()[0]
    yield Finding(_("公开角色可读"), not leaks, _("{n}张表").format(n=readable), _("公开角色只能读已公布的表。"))


def _walls() -> Iterator[Finding]:
    with connections["default"].cursor() as cursor:
        cursor.execute(BEHIND_WALLS)
        tables, slow = cursor.fetchone()
    yield Finding(_("第二道墙（行级安全）"), tables > 0, _("{n}张表").format(n=tables), "./manage.py migrate --database owner")
    advice = _("请数据库管理员执行 docs/operations.md 中的 LEAKPROOF 语句，否则瓦片变慢。")
    yield Finding(_("行级安全下使用索引"), not slow, slow or _("已声明"), advice)


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connections["owner"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(_("数据库结构"), not waiting, _("{n}项待更新").format(n=len(waiting)), "./manage.py migrate --database owner")


def _durability() -> Iterator[Finding]:
    with connections["default"].cursor() as cursor:
        lasting = _("关闭后断电会丢失已确认的数据，请在 postgresql.conf 中打开。")
        advices = dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), lasting)
        advices["data_checksums"] = _("不打开就发现不了磁盘上的损坏：停库后运行 pg_checksums --enable。")
        for name, advice in advices.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            value = cursor.fetchone()[0]
            yield Finding(name, value == "on", value, advice)


def _redis() -> Iterator[Finding]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3)
    version = client.info("server")["redis_version"]
    policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "?")
    # Tiles and sessions have an end and may be dropped when memory is short; what waits in the queue has none and may not.
    keeps_queue = policy == "noeviction" or policy.startswith("volatile-")
    advice = _("maxmemory-policy 须为 noeviction 或 volatile-*，否则内存不足时会丢任务。")
    yield Finding("Redis", keeps_queue, f"{version}, {policy}", advice)


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.BASE_DIR).free
    yield Finding(_("剩余空间"), free >= FREE_BYTES, f"{free / 1024**3:.1f} GiB", _("至少留 2 GiB，否则写入会被拒绝。"))


def _browser_packages() -> Iterator[Finding]:
    wanted = [settings.BASE_DIR / "geo/static/vendor" / name for name in ("maplibre/maplibre-gl.mjs", "leaflet/leaflet.js")]
    missing = [path.name for path in wanted if not path.exists()]
    collected = Path(settings.STATIC_ROOT, "staticfiles.json").exists()
    yield Finding(_("浏览器组件"), not missing, ", ".join(missing) or _("齐全"), _("运行 script/setup server。"))
    yield Finding(_("静态文件"), collected, str(settings.STATIC_ROOT), "./manage.py collectstatic")


def _second_factor() -> Iterator[Finding]:
    """With the demo county a password may be enough, so that somebody can try the site; never with a county's own data."""
    wanted = settings.SECOND_FACTOR
    advice = _("不是演示：请设置 SIWU_SECOND_FACTOR=required，管理员和导出数据的人须用第二验证。")
    yield Finding(_("第二验证"), wanted != "offered" or holds_invented(), wanted, advice)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
