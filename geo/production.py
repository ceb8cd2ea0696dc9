"""What real service asks beyond a sound installation (doctor --production): each finding with what to do, in Chinese and English."""
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import backups
from geo.doctor import Finding
from geo.invented import holds_invented
from geo.models import User
from geo.sql import CLOCK, IS_MIGHTY

CLOCKS_APART_S = 2.0
BACKUP_WITHIN, MOMENT_WITHIN = timedelta(days=1), timedelta(hours=2)
YEAR_S = 31_536_000


def secrets() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    good = len(key) >= 40 and len(set(key)) >= 12 and not key.startswith("django-insecure")
    found = _("{n}个字符，{kinds}种").format(n=len(key), kinds=len(set(key)))
    yield Finding(_("密钥的强度"), good, found, _("SIWU_SECRET_KEY 至少40个随机字符，例如 openssl rand -hex 32。"))
    path = settings.ENV_FILE
    if path.exists():
        mode = path.stat().st_mode & 0o777
        yield Finding(_("设置文件的权限"), not mode & 0o007, f"{mode:o}", _("其他用户不得读取：chmod o= {file}").format(file=path.name))


def browser_side() -> Iterator[Finding]:
    advice = _("设置 SIWU_HTTPS=1，并由代理终止 TLS（deploy/nginx.conf）。")
    yield Finding("HTTPS", settings.HTTPS, str(settings.HTTPS), advice)
    yield Finding("HSTS", settings.SECURE_HSTS_SECONDS >= YEAR_S, f"{settings.SECURE_HSTS_SECONDS} s", advice)
    cookies = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SESSION_COOKIE_HTTPONLY
    yield Finding(_("安全 Cookie"), cookies, str(cookies), advice)
    named = [host for host in settings.ALLOWED_HOSTS if host not in ("127.0.0.1", "localhost", "[::1]")]
    yield Finding(_("对外的主机名"), bool(named), ", ".join(named) or "-", _("在 SIWU_ALLOWED_HOSTS 中写上对外的域名。"))


def database() -> Iterator[Finding]:
    roles = {alias: settings.DATABASES[alias]["USER"] for alias in ("owner", "default", "public")}
    advice = _("网站用 siwu_app，公开页面用 siwu_public，只有迁移和备份用属主。")
    yield Finding(_("三个数据库角色"), len(set(roles.values())) == 3, ", ".join(roles.values()), advice)
    with connections["owner"].cursor() as cursor:
        cursor.execute(IS_MIGHTY)
        mighty, archiving, level = cursor.fetchone()
    yield Finding(_("属主不是超级用户"), not mighty, str(not mighty), "ALTER ROLE siwu_owner NOSUPERUSER;")
    yield Finding(_("WAL 归档"), archiving != "off", f"{archiving}, {level}",
                  _("打开 archive_mode，见 docs/operations.md；否则只能回到上一次备份。"))  # fmt: skip


def accounts() -> Iterator[Finding]:
    active = User.objects.filter(is_active=True)
    mighty = sum(1 for user in active if getattr(user, "is_superuser", False))
    yield Finding(_("超级用户"), not mighty, str(mighty), _("本系统没有超级用户，请停用。"))
    missing = [str(role.label) for role in sorted(User.ADMINISTRATORS) if not active.filter(role=role).exists()]
    yield Finding(_("三员"), not missing, "、".join(missing) or _("齐全"), "./manage.py create_administrators")
    weak = sum(1 for user in active if user.has_usable_password() and identify_hasher(user.password).algorithm != "argon2")
    yield Finding(_("口令的存法"), not weak, _("{n}个账号不是 argon2").format(n=weak), _("请这些账号修改口令。"))
    told = accounts_file().exists()
    invented = holds_invented()
    found = _("口令表还在") if told else _("虚构数据") if invented else "-"
    yield Finding(_("演示数据和演示口令"), not invented and not told, found,
                  _("正式运行用新的数据库（SIWU_DEMO=0 script/setup server），并删去 accounts.txt 和表中的账号。"))  # fmt: skip
    factor = getattr(settings, "SECOND_FACTOR", "-")
    yield Finding(_("第二因素"), factor in ("required", "all"), factor,
                  _("设置 SIWU_SECOND_FACTOR=required，管理员和导出人员须用第二因素登录。"))  # fmt: skip
    if provider := settings.IDENTITY_PROVIDER:
        advice = _("SIWU_IDENTITY_PROVIDER 须是 https 地址。")
        yield Finding(_("统一身份认证的地址"), provider.startswith("https://"), provider.partition(":")[0], advice)


def accounts_file() -> Path:
    """Where the demo wrote its accounts and their passwords, which need not be changed."""
    return Path(os.environ.get("SIWU_RUN_DIR") or settings.BASE_DIR / ".run/server", "accounts.txt")


def kept() -> Iterator[Finding]:
    now, told = timezone.now(), backups.last()
    wanted = [(_("最近的整体备份"), "base_at", BACKUP_WITHIN, "./manage.py backup --archive")]
    if settings.ARCHIVE:
        wanted.append((_("最近记下的时刻"), "moment_at", MOMENT_WITHIN, "./manage.py backup --moment"))
    for name, key, within, advice in wanted:
        at = told.get(key)
        found = f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else _("从来没有")
        yield Finding(name, bool(at) and now - at < within, found, advice)


def clocks() -> Iterator[Finding]:
    with connections["default"].cursor() as cursor:
        cursor.execute(CLOCK)
        apart = {"PostgreSQL": abs(cursor.fetchone()[0] - time.time())}
    seconds, micro = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3).time()
    apart["Redis"] = abs(seconds + micro / 1e6 - time.time())
    worst = max(apart.values())
    yield Finding(_("各服务的时钟"), worst < CLOCKS_APART_S, f"{worst:.2f} s", _("各机器用同一个时间源（chrony）。"))
    if told := _told_by_timedatectl():
        yield Finding(_("时间同步"), told == "yes", told, _("安装并启用 chrony 或 systemd-timesyncd。"))


def _told_by_timedatectl() -> str:
    """Empty where nobody can say."""
    if not shutil.which("timedatectl"):
        return ""
    try:
        done = subprocess.run(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True, timeout=5,
                              env={"PATH": os.environ.get("PATH", "/usr/bin")})  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


CHECKS = (secrets, browser_side, database, accounts, kept, clocks)
