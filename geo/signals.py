from django.db.models.signals import post_migrate

from geo.kinds import load_defaults

post_migrate.connect(load_defaults, dispatch_uid="geo.kinds.load_defaults")
