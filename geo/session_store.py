"""Sessions in Redis, as Django keeps them, but a Redis that is away signs nobody out: Django's own takes its silence for "no session"."""
from django.contrib.sessions.backends import cache


class SessionStore(cache.SessionStore):
    def load(self) -> dict:
        """Raises what Redis raises, which is told as 503 (geo.away), and the browser keeps its cookie."""
        known = self._cache.get(self.cache_key)
        if known is None:
            self._session_key = None
        return known or {}
