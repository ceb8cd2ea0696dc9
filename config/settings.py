"""Every setting, typed, read from the environment or from the file that script/setup wrote (SIWU_ENV_FILE)."""
import base64
import hashlib
import importlib.util
import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
ENV_FILE = Path(os.environ.get("SIWU_ENV_FILE", BASE_DIR / ".run/server/env"))
if ENV_FILE.exists() and "DATABASE_URL" not in os.environ:
    env.read_env(str(ENV_FILE), recurse=False)


def _folder_of(package: str) -> Path:
    return Path(importlib.util.find_spec(package).origin).parent


def _wheel_library(package: str, pattern: str) -> str | None:
    """GDAL >= 3.9 and GEOS from the wheels: Debian's GDAL 3.6 lets a reference system's text fetch a URL."""
    spec = importlib.util.find_spec(package)
    found = sorted((Path(spec.origin).parent.parent / f"{package}.libs").glob(pattern)) if spec else []
    return str(found[0]) if found else None


GDAL_LIBRARY_PATH = _wheel_library("pyogrio", "libgdal-*.so*")
GEOS_LIBRARY_PATH = _wheel_library("shapely", "libgeos_c-*.so*")

DEBUG = env.bool("SIWU_DEBUG", False)
SECRET_KEY = env.str("SIWU_SECRET_KEY", "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "没有找到设置：请先运行 script/setup server，或设置 SIWU_SECRET_KEY 与 DATABASE_URL。"
        f" No settings found (looked in {ENV_FILE}): run script/setup server, or set SIWU_SECRET_KEY and DATABASE_URL."
    )
ALLOWED_HOSTS = env.list("SIWU_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
HTTPS = env.bool("SIWU_HTTPS", False)
# Only where every request comes through the county's own proxy: its two headers are believed then.
BEHIND_PROXY = env.bool("SIWU_BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "csp",
    "pgtrigger",
    "pghistory",
    "gisserver",
    "axes",
    "geo",
    "patrol",
    "zones",
]

MIDDLEWARE = [
    "geo.admission.AdmissionMiddleware",
    *(["geo.proxy.ProxyMiddleware"] if BEHIND_PROXY else []),
    "geo.logs.RequestLogMiddleware",
    "geo.metrics.MetricsMiddleware",
    "zones.public_cache.PublicCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "geo.shell.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "geo.access.WallMiddleware",
    "geo.access.SignedInMiddleware",
    "geo.access.StaffGateMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", _folder_of("gisserver") / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "geo.shell.shell",
                "zones.bell.bell",
            ]
        },
    }
]

# Three roles on one database: the owner migrates, the application writes, the public role reads what is published.
# A request never waits long for a database that is away, and the pool asks again for every request instead of at ever longer intervals.
POOL = {
    "min_size": env.int("SIWU_POOL_MIN", 2), "max_size": env.int("SIWU_POOL_MAX", 8), "timeout": env.int("SIWU_POOL_TIMEOUT", 3),
    "reconnect_timeout": 2,
}  # fmt: skip


def _database(variable: str, default: str | None = None) -> dict:
    found = env.dj_db_url(variable, default, engine="geo.walls")
    return {**found, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": POOL, "connect_timeout": 5}}


_owner = env.str("DATABASE_URL")
DATABASES = {
    "default": _database("SIWU_APP_DATABASE_URL", _owner),
    "public": _database("SIWU_PUBLIC_DATABASE_URL", _owner),
    "owner": {**_database("DATABASE_URL"), "OPTIONS": {}},
}
# What a restore's new database is made from: it holds the extensions, which only a superuser may make.
TEMPLATE_DATABASE = env.str("SIWU_TEMPLATE_DATABASE", "")
# A migration waits for a lock no longer than this, and tries again after so many seconds each: our own assumption.
MIGRATION_LOCK_TIMEOUT = env.str("SIWU_MIGRATION_LOCK_TIMEOUT", "3s")
MIGRATION_WAITS_S = env.list("SIWU_MIGRATION_WAITS_S", [1, 2, 4, 8, 15, 30], subcast=float)
# The archive of WAL, base backups and media (geo/recovery); none without it.
ARCHIVE = env.str("SIWU_ARCHIVE", "")
DATABASE_ROUTERS = ["config.routing.RoleRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "siwu"}}

AUTH_USER_MODEL = "geo.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["username"]}},
    {"NAME": "geo.passwords.OwnWordsValidator"},
]
# Wrong passwords: so many lock the name for so long, whether it is an account or not.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = env.int("SIWU_LOGIN_FAILURES", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("SIWU_LOGIN_LOCK_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "geo.accounts.name_tried"
AXES_LOCKOUT_CALLABLE = "geo.views.account.locked"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ACCESS_FAILURE_LOG_PER_USER_LIMIT = 2**31  # axes would delete the oldest: the audit keeps them for its own time
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "code", "answer"]
# A second factor: "offered" to everybody; "required" of administrators, and of whoever takes registers out; required of "all".
SECOND_FACTOR = env.str("SIWU_SECOND_FACTOR", "required", validate=validate.OneOf(["offered", "required", "all"]))
# How long a password or a second factor that was shown counts where a view asks for one again.
PROOF_SECONDS = env.int("SIWU_PROOF_MINUTES", 10) * 60
# The unit's own identity provider (OpenID Connect): address of its description (…/.well-known/openid-configuration); none without it.
IDENTITY_PROVIDER = env.str("SIWU_IDENTITY_PROVIDER", "")
IDENTITY_CLIENT = env.str("SIWU_IDENTITY_CLIENT", "")
IDENTITY_SECRET = env.str("SIWU_IDENTITY_SECRET", "")
# What in its answer is the account's name here.
IDENTITY_CLAIM = env.str("SIWU_IDENTITY_CLAIM", "preferred_username")
# A session ends after so long without a request, and after so long in any case.
SESSION_IDLE_SECONDS = env.int("SIWU_IDLE_SECONDS", 15 * 60)

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "map"
LOGOUT_REDIRECT_URL = "home"

SESSION_ENGINE = "geo.session_store"
SESSION_COOKIE_AGE = env.int("SIWU_SESSION_SECONDS", 12 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Files for import: the size of one upload, and the days after which what nobody went on with is removed.
FILE_UPLOAD_HANDLERS = ["geo.uploads.LimitedUploadHandler"]
IMPORT_UPLOAD_BYTES = env.int("SIWU_IMPORT_UPLOAD_MB", 1024) * 1024 * 1024
IMPORT_DRAFT_DAYS = env.int("SIWU_IMPORT_DRAFT_DAYS", 7)

# Seconds that a tile of a small scale is kept under its layer version; 0 keeps none.
TILE_CACHE_SECONDS = env.int("SIWU_TILE_CACHE_SECONDS", 24 * 3600)

# Two outlines of one layer may overlap, and an outline may reach beyond the territory, by a strip no wider than this (metres).
# Our own assumptions: hand-drawn edges differ by about so much, and outlines of divisions are often schematic.
OVERLAP_TOLERANCE_M = env.float("SIWU_OVERLAP_TOLERANCE_M", 1.0)
BOUNDARY_TOLERANCE_M = env.float("SIWU_BOUNDARY_TOLERANCE_M", 20.0)

# Features in one WFS answer; a client asks for the next page by itself. Answers are streamed, so memory does not grow with them.
WFS_FEATURES_AT_MOST = env.int("SIWU_WFS_FEATURES_AT_MOST", 10_000)
# Wrong access keys for one account from one address before it has to pause, and for how long.
ACCESS_KEY_FAILURES = env.int("SIWU_ACCESS_KEY_FAILURES", 20)
ACCESS_KEY_PAUSE_SECONDS = env.int("SIWU_ACCESS_KEY_PAUSE_SECONDS", 600)

# The operator's own tile server, if there is one: a fixed host, never taken from a request.
BASEMAP_TILES = env.str("SIWU_BASEMAP_TILES", "")
BASEMAP_ATTRIBUTION = env.str("SIWU_BASEMAP_ATTRIBUTION", "")
_basemap_origin = ["/".join(BASEMAP_TILES.split("/")[:3])] if BASEMAP_TILES.startswith("http") else []

# A public page carries its style in itself: on a slow line nothing waits for another journey. The policy names these very bytes.
PUBLIC_STYLES = ("geo/static/geo/site.css", "zones/static/zones/grades.css", "zones/static/zones/public.css")
PUBLIC_STYLE = "".join((BASE_DIR / path).read_text(encoding="utf-8") for path in PUBLIC_STYLES)
_public_style = "'sha256-" + base64.b64encode(hashlib.sha256(PUBLIC_STYLE.encode()).digest()).decode() + "'"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, _public_style],
        "img-src": [SELF, "data:", "blob:", *_basemap_origin],
        "connect-src": [SELF, *_basemap_origin],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = {"geolocation": "self", "camera": "self", "microphone": [], "payment": [], "usb": []}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("SIWU_STATIC_ROOT", BASE_DIR / ".run/server/static")
MEDIA_ROOT = env.path("SIWU_MEDIA_ROOT", BASE_DIR / ".run/server/media")
# Heads of the audit chain as signed files, outside the database: better on another machine's disk. The key signs them.
AUDIT_HEADS = env.path("SIWU_AUDIT_HEADS", MEDIA_ROOT.parent / "audit-heads")
AUDIT_KEY = env.str("SIWU_AUDIT_KEY", "")
# Where workers' matplotlib keeps its list of fonts: a service account may have no home.
os.environ.setdefault("MPLCONFIGDIR", str(MEDIA_ROOT.parent / "matplotlib"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}

# Open data: the operator's licence (its text and, if there is one, its address), and how often one network may ask in a minute:
# the interface for programs, and papers that are drawn when asked for. Our own assumptions.
OPEN_DATA_LICENCE = env.str("SIWU_OPEN_DATA_LICENCE", "")
OPEN_DATA_LICENCE_URL = env.str("SIWU_OPEN_DATA_LICENCE_URL", "")
OPEN_DATA_A_MINUTE = env.int("SIWU_OPEN_DATA_A_MINUTE", 1200)
PAPERS_A_MINUTE = env.int("SIWU_PAPERS_A_MINUTE", 30)
# Requests that one web process works on at a time, for phones, the public and staff apart, and how long one waits for its turn.
_PLACES = env.int("SIWU_PLACES", 8)
PLACES = {
    "phones": max(1, _PLACES * 3 // 8), "public": max(1, _PLACES // 4), "doors": max(1, _PLACES // 8), "staff": max(1, _PLACES * 3 // 8),
}  # fmt: skip
# A phone comes again by itself. Officers are few, and a map asks for a handful of tiles at once, which nobody asks for again.
PATIENCE_S = {"phones": 1.0, "public": 1.0, "doors": 5.0, "staff": 10.0, "tiles": 5.0}
# With less free than this on one of these disks, what would write is refused, so that reading and signing in go on. The database's
# folder belongs here where it is on this machine.
DISK_FLOOR_BYTES = env.int("SIWU_DISK_FLOOR_MB", 128) * 1024 * 1024
WATCHED_FOLDERS = env.list("SIWU_WATCHED_FOLDERS", [str(MEDIA_ROOT), os.environ.get("SIWU_RUN_DIR", str(MEDIA_ROOT))])

# Bytes of public pages that one web process keeps, each under the version of what is published.
PUBLIC_CACHE_BYTES = env.int("SIWU_PUBLIC_CACHE_MB", 64) * 1024 * 1024

# The daily mail of notices: none without a server. What it holds: how many wait, by kind.
EMAIL_HOST = env.str("SIWU_SMTP_HOST", "")
EMAIL_PORT = env.int("SIWU_SMTP_PORT", 25)
EMAIL_HOST_USER = env.str("SIWU_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.str("SIWU_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.bool("SIWU_SMTP_TLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("SIWU_MAIL_FROM", "siwu@localhost")

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_DEFAULT_QUEUE = env.str("SIWU_QUEUE", "celery")
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a queue that is down for long is no reason to end the worker
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "send waiting jobs": {"task": "geo.jobs.sweep", "schedule": 60.0},
    "delete exported files": {"task": "geo.lists.jobs.sweep", "schedule": 3600.0},
    "remove files of imports": {"task": "geo.importing.jobs.sweep", "schedule": 3600.0},
    "reckon patrols": {"task": "patrol.jobs.settle", "schedule": 20.0, "options": {"expires": 20.0}},
    "close forgotten patrols": {"task": "patrol.jobs.close_forgotten", "schedule": 900.0},
    "keep tracks for their time": {"task": "patrol.jobs.keep", "schedule": 86400.0},
    "register hazards of patrols": {"task": "zones.jobs.sweep_hazards", "schedule": 300.0, "options": {"expires": 300.0}},
    "keep inspections of phones": {"task": "zones.jobs.sweep_inspections", "schedule": 300.0, "options": {"expires": 300.0}},
    "escalate issues": {"task": "zones.jobs.keep_register", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "send daily mails": {"task": "zones.jobs.send_digests", "schedule": 1800.0, "options": {"expires": 1800.0}},
    "draft bulletins": {"task": "zones.bulletins.jobs.draft_bulletins", "schedule": 7200.0, "options": {"expires": 7200.0}},
    "write the audit": {"task": "geo.audit.jobs.write", "schedule": 60.0, "options": {"expires": 60.0}},
    "verify the audit": {"task": "geo.audit.jobs.verify", "schedule": 86400.0, "options": {"expires": 7200.0}},
    "keep the audit for its time": {"task": "geo.audit.jobs.keep", "schedule": 86400.0},
    "publish how often who looked": {"task": "zones.jobs.publish_access", "schedule": 21600.0, "options": {"expires": 21600.0}},
    "keep duties": {"task": "zones.jobs.keep_duties", "schedule": 3600.0, "options": {"expires": 3600.0}},
    # Not kept for a worker that is away: the next one does the same work.
    "settle the search": {"task": "geo.search.jobs.settle", "schedule": 4.0, "options": {"expires": 4.0}},
}

# JSON lines (geo/logs.py). Each request leaves one with SIWU_LOG_REQUESTS=1, else only failures and slow ones do.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_paths": {"()": "geo.logs.NoPaths"}},
    "formatters": {"line": {"()": "geo.logs.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_paths"]}},
    "root": {"handlers": ["console"], "level": env.str("SIWU_LOG_LEVEL", "INFO")},
    # It writes whole questions and their SQL, with places in them; what went wrong is told by geo.ogc.
    # WeasyPrint tells every step of every style sheet.
    "loggers": {
        "gisserver": {"level": "CRITICAL"}, "weasyprint": {"level": "WARNING"}, "weasyprint.progress": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        "axes": {"level": "ERROR"},  # who signed in stands in its tables, for the auditor
        "django": {"handlers": [], "level": "INFO"},  # Django's own handlers mail and print by their own words
        "celery": {"level": "WARNING"},
        "siwu.request": {"level": "INFO" if env.bool("SIWU_LOG_REQUESTS", False) else "WARNING"},
    },
}  # fmt: skip
# Whoever shows this in "Authorization: Bearer" reads /metrics; without it nobody does.
METRICS_TOKEN = env.str("SIWU_METRICS_TOKEN", "")
# Addresses are shared behind a gateway: the name alone locks, whatever the browser calls itself (tests/geo/test_accounts.py).
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
