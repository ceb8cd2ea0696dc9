"""A database that the processes of one run have in common."""
import contextlib
import os
import threading

import psycopg
import pytest

from tests.bench.scratch import drop, environment, in_common, plain


@pytest.fixture
def owner():
    return plain(environment()["DATABASE_URL"])


@pytest.fixture
def name(owner):
    found = f"common_{os.getpid()}"
    yield found
    for each in (found, f"{found}_begun"):
        drop(owner, each)


@pytest.fixture
def made(owner):
    """What was made, and how: an empty database."""
    names = []

    def make(database: str) -> None:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        names.append(database)

    make.names = names
    return make


def exists(owner: str, name: str) -> bool:
    with psycopg.connect(owner) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def test_it_is_made_once_and_stays_until_the_last_has_left(owner, name, made):
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(in_common(owner, name, made, lambda: True))
    second.enter_context(in_common(owner, name, made, lambda: True))
    first.close()
    assert exists(owner, name)
    second.close()
    assert not exists(owner, name)
    assert made.names == [f"{name}_begun"]


def test_who_comes_while_it_is_being_made_waits_for_it(owner, name, made):
    begun, told_to_go_on, came = threading.Event(), threading.Event(), threading.Event()
    both = threading.Barrier(2, action=came.set, timeout=30)  # neither leaves before the other is inside

    def slowly(database: str) -> None:
        begun.set()
        assert told_to_go_on.wait(30)
        made(database)

    def enter(make) -> None:
        with in_common(owner, name, make, lambda: bool(made.names)):
            both.wait()

    first, second = (threading.Thread(target=enter, args=[make]) for make in (slowly, made))
    first.start()
    assert begun.wait(30)
    second.start()
    assert not came.wait(0.5)
    told_to_go_on.set()
    first.join(30)
    second.join(30)
    assert came.is_set()
    assert len(made.names) == 1
    assert not exists(owner, name)


def test_what_could_not_be_made_is_not_taken_for_made(owner, name, made):
    def in_vain(database: str) -> None:
        made(database)
        raise RuntimeError("in vain")

    with pytest.raises(RuntimeError, match="in vain"), in_common(owner, name, in_vain, lambda: True):
        pass
    assert not exists(owner, name)
    with in_common(owner, name, made, lambda: True):
        assert exists(owner, name)


def test_what_a_killed_run_has_left_incomplete_is_made_again(owner, name, made):
    made(name)
    with in_common(owner, name, made, lambda: False):
        assert made.names == [name, f"{name}_begun"]
