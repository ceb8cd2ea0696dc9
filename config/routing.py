"""Only the owner's connection migrates; reading and writing stay on the application's own role."""


class RoleRouter:
    def db_for_read(self, model, **hints):
        instance = hints.get("instance")
        return instance._state.db if instance is not None and instance._state.db else None

    def allow_relation(self, first, second, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == "owner"
