"""Roles, databases and extensions; prints the connection lines for the profile's env file.

    database.py private SOCKETS PORT [SUPERUSER]    as the cluster's superuser (siwu_admin), through the local socket
    database.py external                            through DATABASE_URL, as far as that role may; else the exact SQL for the administrator

Known passwords come in by SIWU_APP_DATABASE_URL, SIWU_PUBLIC_DATABASE_URL (and DATABASE_URL). Table rights belong to the migrations.
"""
import os
import secrets
import sys
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
# A table behind the second wall (row-level security) is searched by index only with functions that are declared to tell nothing of
# rows they refuse. These are not declared so, though none tells a value: without them a tile of 1 ms takes 20 to 80.
LEAKPROOF = (
    "public.geometry_overlaps(geometry, geometry)", "pg_catalog.textlike(text, text)", "pg_catalog.arraycontains(anyarray, anyarray)",
)  # fmt: skip
OLDEST_SERVER, OLDEST_POSTGIS = 15, (3, 3)
OWNER, APP, PUBLIC = "siwu_owner", "siwu_app", "siwu_public"
# Two parallel workers for a tile of 15 ms made tiles 2.4 times slower; a generic plan misjudges the tile's box.
SESSION = {"max_parallel_workers_per_gather": "0", "plan_cache_mode": "force_custom_plan"}
SESSION_OF = {APP: SESSION, PUBLIC: {**SESSION, "default_transaction_read_only": "on", "statement_timeout": "15s"}}


class Refused(Exception):
    """Something only the operator can mend: Chinese, English, then lines to copy."""


def password_in(variable: str) -> str | None:
    return unquote(urlsplit(os.environ.get(variable, "")).password or "") or None


def libpq(url: str) -> str:
    return "postgresql://" + url.split("://", 1)[-1]


def holds(connection, question: str, *values) -> bool:
    row = connection.execute(question, values).fetchone()
    return bool(row and row[0])


def role_exists(connection, role: str) -> bool:
    return holds(connection, "SELECT true FROM pg_roles WHERE rolname = %s", role)


def make_role(connection, role: str, password: str, *, attributes: str) -> None:
    verb = "ALTER" if role_exists(connection, role) else "CREATE"
    statement = f"{verb} ROLE {{}} LOGIN {attributes} PASSWORD {{}}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)))


def configure_role(connection, role: str) -> None:
    for name, value in SESSION_OF[role].items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))


def private(sockets: str, port: str, superuser: str = "siwu_admin") -> dict[str, str]:
    def connect(database: str):
        return psycopg.connect(host=sockets, port=port, user=superuser, dbname=database, autocommit=True)

    passwords = {}
    with connect("postgres") as admin:
        for role, variable, attributes in (
            (OWNER, "DATABASE_URL", "NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS"),
            (APP, "SIWU_APP_DATABASE_URL", "NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"),
            (PUBLIC, "SIWU_PUBLIC_DATABASE_URL", "NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"),
        ):
            passwords[role] = password_in(variable) or secrets.token_hex(24)
            make_role(admin, role, passwords[role], attributes=attributes)
        configure_role(admin, APP)
        configure_role(admin, PUBLIC)
        present = {name for (name,) in admin.execute("SELECT datname FROM pg_database")}
        for database in ("siwu_template", "siwu"):
            if database not in present:
                admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER)))
        admin.execute("ALTER DATABASE siwu_template IS_TEMPLATE true")
        admin.execute("REVOKE ALL ON DATABASE siwu FROM PUBLIC")
        admin.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE siwu TO {}").format(sql.Identifier(APP)))
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE siwu TO {}").format(sql.Identifier(PUBLIC)))
    for database in ("siwu_template", "siwu"):
        with connect(database) as admin:
            for extension in EXTENSIONS:
                admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            for function in LEAKPROOF:
                admin.execute(f"ALTER FUNCTION {function} LEAKPROOF")
    with connect("siwu") as admin:  # the archive gets a moment's last WAL at once
        admin.execute(sql.SQL("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {}").format(sql.Identifier(OWNER)))
    host = quote(sockets, safe="")
    return {
        variable: f"postgis://{role}:{passwords[role]}@{host}:{port}/siwu"
        for variable, role in (("DATABASE_URL", OWNER), ("SIWU_APP_DATABASE_URL", APP), ("SIWU_PUBLIC_DATABASE_URL", PUBLIC))
    } | {"SIWU_TEMPLATE_DATABASE": "siwu_template"}


def open_url(url: str, variable: str):
    try:
        return psycopg.connect(libpq(url), autocommit=True, connect_timeout=10)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        reason = str(error).strip()
        if "password authentication failed" in reason or "no password supplied" in reason:
            raise Refused(f"{variable} 的用户名或密码不对。", f"wrong user or password in {variable}: {reason}") from None
        raise Refused(f"{variable} 指向的数据库连接不上。", f"cannot connect by {variable}: {reason}") from None


def ensure_extensions(connection) -> list[str]:
    """Returns the statements that only an administrator may run."""
    present = dict(connection.execute("SELECT extname, extversion FROM pg_extension").fetchall())
    available = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions")}
    absent = [name for name in EXTENSIONS if name not in present]
    impossible = [name for name in absent if name not in available]
    if impossible:
        raise Refused(
            f"数据库服务器上没有扩展 {', '.join(impossible)}，请在服务器上安装（Debian：postgresql-15-postgis-3）。",
            f"the database server lacks the extension {', '.join(impossible)}; install it there (Debian: postgresql-15-postgis-3).",
        )
    todo = []
    for name in absent:
        try:
            connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            todo.append(f"CREATE EXTENSION {name};")
    found = present.get("postgis")
    if found and tuple(int(part) for part in found.split(".")[:2]) < OLDEST_POSTGIS:
        raise Refused(f"PostGIS {found} 太旧，需要 3.3 或更新。", f"PostGIS {found} is too old: 3.3 or newer is needed.")
    return todo


def ensure_role(connection, role: str, variable: str, owner_url: str) -> tuple[str, list[str]]:
    """The URL of a weaker role (given, or made here), and what an administrator must run first."""
    given = os.environ.get(variable)
    if given:
        with open_url(given, variable) as weak:
            strong = holds(weak, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if strong:
            raise Refused(
                f"{variable} 的角色权限过大（超级用户或绕过行级安全）。",
                f"the role in {variable} is a superuser or bypasses row security.",
            )
        return given, []
    password = secrets.token_hex(24)
    address = urlsplit(owner_url)
    url = address._replace(netloc=f"{role}:{password}@{address.netloc.rpartition('@')[2]}").geturl()
    may = holds(connection, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if role_exists(connection, role) or not may:
        verb = "ALTER" if role_exists(connection, role) else "CREATE"
        settings = [f"ALTER ROLE {role} SET {name} = '{value}';" for name, value in SESSION_OF[role].items()]
        return url, [
            f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD 'a password of your own';",
            *settings,
            f"-- then set {variable}={url.replace(password, '<that password>')}",
        ]
    make_role(connection, role, password, attributes="NOCREATEDB NOCREATEROLE")
    configure_role(connection, role)
    return url, []


def advise(connection) -> None:
    """Declared here where the role may, said where it may not: Siwu is right without it, only slower."""
    for function in LEAKPROOF:
        if holds(connection, "SELECT proleakproof FROM pg_proc WHERE oid = %s::regprocedure", function):
            continue
        try:
            connection.execute(f"ALTER FUNCTION {function} LEAKPROOF")
        except psycopg.errors.InsufficientPrivilege:
            told = f"建议数据库管理员执行（见 docs/operations.md）advised to the administrator: ALTER FUNCTION {function} LEAKPROOF;"
            print(told, file=sys.stderr)


def external() -> dict[str, str]:
    owner_url = os.environ["DATABASE_URL"]
    with open_url(owner_url, "DATABASE_URL") as connection:
        version = connection.info.server_version // 10000
        if version < OLDEST_SERVER:
            raise Refused(
                f"PostgreSQL {version} 太旧，需要 {OLDEST_SERVER} 或更新。",
                f"PostgreSQL {version} is too old: {OLDEST_SERVER} or newer is needed.",
            )
        todo = ensure_extensions(connection)
        advise(connection)
        urls = {"DATABASE_URL": owner_url}
        database = connection.info.dbname
        for role, variable in ((APP, "SIWU_APP_DATABASE_URL"), (PUBLIC, "SIWU_PUBLIC_DATABASE_URL")):
            urls[variable], statements = ensure_role(connection, role, variable, owner_url)
            todo += statements
            user = urlsplit(urls[variable]).username
            if role_exists(connection, user):
                if not holds(connection, "SELECT has_database_privilege(%s, %s, 'CONNECT')", user, database):
                    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(user)))
                if holds(connection, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", user):
                    todo.append("REVOKE CREATE ON SCHEMA public FROM PUBLIC;")
        if todo:
            raise Refused(
                f"DATABASE_URL 的角色权限不够，请数据库管理员在数据库 {database} 中执行：",
                f"the role in DATABASE_URL may not do this; the administrator must run in the database {database}:",
                *dict.fromkeys(todo),
            )
        template = holds(connection, "SELECT datistemplate FROM pg_database WHERE datname = 'siwu_template'")
    return urls | {"SIWU_TEMPLATE_DATABASE": "siwu_template" if template else ""}


def main(arguments: list[str]) -> int:
    try:
        lines = private(*arguments[1:]) if arguments[0] == "private" else external()
    except Refused as refused:
        chinese, english, *rest = refused.args
        print(f"错误：{chinese}", f"Error: {english}", *rest, sep="\n", file=sys.stderr)
        return 1
    for name, value in lines.items():
        print(f"{name}='{value}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
