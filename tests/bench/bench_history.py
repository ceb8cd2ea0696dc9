"""What the history of edits costs: an import's statements with the triggers in place against the same without them.

    python -m tests.bench.bench_history [--rows N] [--rounds N]

Premises are written as an import writes them (history switched off for the transaction) into a database of its own, then all
of them are changed; each round is taken back. The same with every history trigger disabled is the peer. The third figure is
an update that keeps each former row, as a bulk edit by a person does.
"""
import argparse
import statistics
import time

import psycopg

from tests.bench.scratch import machine, manage, plain, scratch_database

HISTORY = ("pgtrigger_insert_insert", "pgtrigger_update_update", "pgtrigger_delete_delete")
DIVISION = "INSERT INTO geo_division (code, level, name, pinyin, valid_from, source) VALUES ('64', '1_province', 't', '', '1949-10-01', '')"
BATCH = """
INSERT INTO geo_batch (layer, file_name, sha256, datum, state, counts)
VALUES ('premises', 't', '', 'wgs84', 'applied', '{}') RETURNING id"""
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'geo_premises'::regclass AND NOT tgisinternal"
INSERT = """
INSERT INTO geo_premises (name, source_key, division_id, batch_id, geom, kind, operator_unit)
SELECT 'p' || n, 'k' || n, '64', %s, ST_SetSRID(ST_MakePoint(105 + n %% 1000 * 0.001, 37 + n / 1000 * 0.001), 4326), 'school', ''
FROM generate_series(1, %s) n"""
UPDATE = "UPDATE geo_premises SET name = name || 'x', updated_at = now()"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with scratch_database("siwu_bench_history") as values:
        manage(values, "migrate", "--database", "owner", "-v0")
        print(f"{asked.rows:,} premises, medians of {asked.rounds} · {machine()}")
        with psycopg.connect(plain(values["DATABASE_URL"])) as connection:
            connection.execute(DIVISION)
            [batch] = connection.execute(BATCH).fetchone()
            connection.commit()
            found = {kind: [] for kind in ("off", "none", "kept")}
            for _ in range(asked.rounds):
                for kind, times in found.items():
                    times.append(written(connection, batch, asked.rows, kind))
        off, none, kept = (tuple(map(statistics.median, zip(*found[kind], strict=True))) for kind in ("off", "none", "kept"))
        print(f"insert as an import:   {off[0]:.2f} s, without triggers {none[0]:.2f} s, ratio {off[0] / none[0]:.2f}")
        print(f"update as an import:   {off[1]:.2f} s, without triggers {none[1]:.2f} s, ratio {off[1] / none[1]:.2f}")
        print(f"update keeping rows:   {kept[1]:.2f} s, {kept[1] / asked.rows * 1e6:.0f} µs a row, ratio {kept[1] / none[1]:.2f}")


def written(connection: psycopg.Connection, batch: int, rows: int, kind: str) -> tuple[float, float]:
    """Seconds of the insert and of the update."""
    if kind == "none":
        for (name,) in connection.execute(TRIGGERS).fetchall():
            if name.startswith(HISTORY):
                statement = psycopg.sql.SQL("ALTER TABLE geo_premises DISABLE TRIGGER {}")
                connection.execute(statement.format(psycopg.sql.Identifier(name)))
    connection.execute("SELECT set_config('siwu.history', %s, true)", ["on" if kind == "kept" else "off"])
    began = time.perf_counter()
    connection.execute(INSERT, [batch, rows])
    middle = time.perf_counter()
    connection.execute(UPDATE)
    ended = time.perf_counter()
    connection.rollback()
    return middle - began, ended - middle


if __name__ == "__main__":
    main()
