from config import garbage

garbage.look_seldom()

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
