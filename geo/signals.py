from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate

from geo import sessions
from geo.kinds import load_defaults

post_migrate.connect(load_defaults, dispatch_uid="geo.kinds.load_defaults")
user_logged_in.connect(sessions.begin, dispatch_uid="geo.sessions.begin")
