"""Which rows lie in a territory, found by following keys: the models themselves say it, no list of ours."""
from django.apps import apps
from django.db import models

from geo.models import User
from zones.models import Issue

PROVINCE, COUNTY = "64", "640521"
TOWN_A, TOWN_B = f"{COUNTY}100", f"{COUNTY}102"
VILLAGE_A = f"{TOWN_A}001"
# What the public reads is everybody's: published rows are copies of their own, and stay as they are.
PUBLISHED = ("Published", "Publication", "Standing")
# What says best where a row lies, where it has several keys: a grade lies where its compound does, not with the county's round.
NEAREST = {"division": 0, **dict.fromkeys(("compound", "courtyard", "zone", "point"), 1)}


def business_models() -> list[type[models.Model]]:
    found = [model for app in ("geo", "patrol", "zones") for model in apps.get_app_config(app).get_models() if model._meta.managed]
    fields = {model: {each.name for each in model._meta.fields} for model in found}
    # What the search keeps follows from the names; it has no key of its own.
    return [
        model for model in found
        if not model.__name__.startswith(PUBLISHED) and "pgh_id" not in fields[model] and model._meta.pk.column
    ]  # fmt: skip


def way_to_division(model: type[models.Model], *, through_accounts: bool = False) -> str | None:
    """The shortest chain of keys from a row to the division it lies in; through the account that made it only where there is no other."""
    ways, seen = [("", model)], {model}
    for _step in range(5):
        further = []
        for way, here in ways:
            for key in sorted(here._meta.concrete_fields, key=lambda each: NEAREST.get(each.name, 2)):
                if not isinstance(key, models.ForeignKey):
                    continue
                target = key.remote_field.model
                if target._meta.label == "geo.Division" and key.name != "parent":
                    return f"{way}{key.name}"
                if target not in seen and (through_accounts or target is not User):
                    seen.add(target)
                    further.append((f"{way}{key.name}__", target))
        ways = further
    return None if through_accounts else way_to_division(model, through_accounts=True)


def shared_with_a(model: type[models.Model]) -> models.QuerySet:
    """Rows of issues that B shares with A on purpose (joint units): A reads those rightly."""
    readers = {"reader_codes__overlap": [TOWN_A, VILLAGE_A]}
    if model is not Issue:
        keys = [each.name for each in model._meta.concrete_fields if each.is_relation and each.remote_field.model is Issue]
        if not keys:
            return model._base_manager.using("owner").none()
        readers = {f"{keys[0]}__reader_codes__overlap": [TOWN_A, VILLAGE_A]}
    return model._base_manager.using("owner").filter(**readers).values("pk")
