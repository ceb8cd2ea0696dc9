"""How seldom a process looks for garbage. Python's default is every 700 new objects, which for a program of this size is a fifth of its
start and a pause in a request now and then. What was loaded at the start is none, and need not be taken apart at the end either:
a start and an end of the web take 2.9 instead of 4.0 s, a command 3.2 instead of 4.8 (2 cores, 2026-11-29).
"""
import atexit
import gc

OBJECTS_BETWEEN = 50_000


def look_seldom() -> None:
    gc.set_threshold(OBJECTS_BETWEEN, 10, 10)
    atexit.register(gc.freeze)


def keep_what_is_loaded() -> None:
    """For a process that has read in all its modules: they are never looked through again."""
    gc.freeze()
