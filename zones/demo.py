"""The demo county into the database: territory, base map, places, zones, incidents, staff accounts, ratings."""
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import shapely
from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from geo.accounts import one_time_password
from geo.demo.cameras import build_checks
from geo.demo.county import DemoCounty, build
from geo.demo.geography import COUNTY, OUTLINE_SOURCE, read_divisions
from geo.invented import INVENTED
from geo.layers import registry
from geo.models import BasemapFeature, Batch, Division, Incident, SurveillanceCheck, User
from geo.search.filling import settle
from geo.territory import apply_divisions, apply_outlines, plan_divisions, plan_outlines
from patrol import demo as demo_patrols
from patrol import demo_proposals, demo_tracks
from zones import (
    demo_assessments,
    demo_audit,
    demo_bulletins,
    demo_campaigns,
    demo_criteria,
    demo_decisions,
    demo_demonstrations,
    demo_duties,
    demo_effects,
    demo_inspections,
    demo_issues,
    demo_plans,
    demo_rounds,
    demo_rulebook,
    demo_site_studies,
    demo_supervision,
    demo_zones,
)
from zones.sql import COPY_ROWS, DROP_ROWS, STAGE_ROWS, TAKE_ROWS

# Parents before children.
ORDER = ("compounds", "courtyards", "stations", "premises", "surveillance", "facilities", "zones", "incidents")
UNITS = ("compound", "courtyard")
# The demo's newest period has been through its round by this day; a computer whose clock is behind shows the same demo.
SHOWN_AT = datetime(2026, 10, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
BY = "county"
ACCOUNTS = (
    (BY, User.Role.COUNTY_OFFICER, COUNTY),
    ("county_second", User.Role.COUNTY_OFFICER, COUNTY),
    ("county_third", User.Role.COUNTY_OFFICER, COUNTY),
    ("planner_county", User.Role.PLANNER, COUNTY),
    ("town_ningan", User.Role.TOWN_OFFICER, "640521100"),
    ("town_shikong", User.Role.TOWN_OFFICER, "640521102"),
    ("village_zhenxing", User.Role.VILLAGE_CADRE, "640521100001"),
    ("patrol_ningan", User.Role.PATROL_MEMBER, "640521100"),
    ("sysadmin", User.Role.SYSTEM_ADMIN, COUNTY),
    ("secadmin", User.Role.SECURITY_ADMIN, COUNTY),
    ("auditor", User.Role.AUDITOR, COUNTY),
)


class DemoRefused(RuntimeError):
    """The database holds something that the demo must not be mixed with."""


@dataclass(frozen=True)
class DemoAccount:
    username: str
    password: str
    role: str
    division: str


@dataclass(frozen=True)
class DemoLoaded:
    """`counts` by layer, `colours` by period, and the accounts with their passwords, which are kept nowhere else."""

    counts: dict[str, int]
    colours: dict[str, dict[str, int]]
    accounts: list[DemoAccount]


def load(*, now: datetime, tell: Callable[[str], None] = lambda step: None) -> DemoLoaded:
    """All or nothing. Raises DemoRefused on a database that is in use."""
    refuse_other_data()
    with transaction.atomic():
        tell(_("行政区划与底图"))
        county = build()
        _load_territory(county)
        tell(_("场所、监控点、警情"))
        counts = {name: len(county.layers[name]) for name in ORDER}
        keys: dict[str, dict[str, int]] = {}
        for name in ORDER:
            keys[name] = _load_layer(name, county.layers[name], keys)
        tell(_("账号"))
        accounts = make_accounts()
        _load_checks(county.layers["surveillance"], keys["surveillance"])
        tell(_("巡逻排班"))
        counts["shifts"] = demo_patrols.load(now=now)
        settle()
        tell(_("巡逻轨迹与在岗覆盖"))
        counts |= demo_tracks.load(now=now)
        counts["proposals"] = demo_proposals.load(now=now)
        tell(_("评定与公布"))
        colours = demo_rounds.load(now=max(now, SHOWN_AT))
        tell(_("平安创建"))
        counts["campaign_candidates"] = demo_campaigns.load()
        tell(_("问题挂号"))
        counts["issues"] = demo_issues.load(now=now)
        tell(_("重点整治与定期任务"))
        counts["zone_histories"] = demo_zones.load(now=now)
        counts["demonstrations"] = demo_demonstrations.load()
        counts["effect_studies"] = demo_effects.load(now=max(now, SHOWN_AT))
        counts["duties"] = demo_duties.load(now=now)
        tell(_("排查"))
        counts["inspections"] = demo_inspections.load(now=now)
        tell(_("选址研究"))
        counts["site_studies"] = demo_site_studies.load(now=now)
        tell(_("评定标准草案"))
        counts["criteria_drafts"] = demo_criteria.load(now=now)
        counts["rule_drafts"] = demo_rulebook.load(now=now)
        counts |= _load_public_and_planning(now, tell)
    counts["audit_entries"] = demo_audit.chain(now=now)
    return DemoLoaded(counts, colours, accounts)


def _load_public_and_planning(now: datetime, tell: Callable[[str], None]) -> dict[str, int]:
    counts = {}
    tell(_("群众监督"))
    counts["received"] = demo_supervision.load(now=max(now, SHOWN_AT))
    tell(_("示范区遴选"))
    counts["plan_runs"] = demo_plans.load(now=now)
    counts["decisions"] = demo_decisions.load(now=now)
    tell(_("项目评估"))
    counts["assessments"] = demo_assessments.load(now=now)
    tell(_("通报"))
    counts["bulletins"] = demo_bulletins.load(now=now)
    tell(_("查阅与审计"))
    counts["looks"] = demo_audit.load(now=now)
    return counts


def refuse_other_data() -> None:
    if Batch.objects.filter(file_name=INVENTED).exists():
        raise DemoRefused(_("演示数据已在库中。"))
    for name in ORDER:
        if registry[name].model.objects.everywhere("the demo never joins real places").exists():
            raise DemoRefused(_("库中已有图层“%(layer)s”的数据，演示数据不与其混放。") % {"layer": registry[name].title})
    foreign = Division.objects.exclude(code__in=[row["code"] for row in read_divisions()]).first()
    if foreign is not None:
        raise DemoRefused(_("库中已有其他行政区划（%(code)s %(name)s）。") % {"code": foreign.code, "name": foreign.name})
    if User.objects.filter(username__in=[name for name, _role, _code in ACCOUNTS]).exists():
        raise DemoRefused(_("库中已有演示所用的账号名。"))


def _load_territory(county: DemoCounty) -> None:
    apply_divisions(plan_divisions(read_divisions()))
    apply_outlines(plan_outlines(county.outlines, source=OUTLINE_SOURCE, is_schematic=True))
    _copy(BasemapFeature, county.basemap)


def _load_layer(name: str, rows: list[dict], keys: dict[str, dict[str, int]]) -> dict[str, int]:
    """Rows as one batch; gives back the key in the database by source key."""
    model = registry[name].model
    batch = Batch.objects.create(layer=name, file_name=INVENTED, sha256=digest(rows), datum="wgs84", counts=Batch.counts_of_new(len(rows)))
    _copy(model, [_with_keys(row, keys) | {"batch_id": batch.pk} for row in rows])
    if model is Incident:
        return {}
    return dict(model.objects.everywhere("keys of what was just written").values_list("source_key", "pk"))


def _load_checks(rows: list[dict], keys: dict[str, int]) -> None:
    places = {row["source_key"]: row["division_id"] for row in rows}
    by = User.objects.get_by_natural_key(BY)
    SurveillanceCheck.objects.bulk_create(
        [
            SurveillanceCheck(
                point_id=keys[check["point"]], division_id=places[check["point"]], checked_on=check["checked_on"],
                result=check["result"], note=check["note"], noted_by=by,
            )
            for check in build_checks(rows)
        ],
        batch_size=2000,
    )  # fmt: skip


def _with_keys(row: dict, keys: dict[str, dict[str, int]]) -> dict:
    found = {name: value for name, value in row.items() if name not in UNITS}
    return found | {f"{name}_id": keys[f"{name}s"].get(row[name]) for name in UNITS if name in row}


def _copy(model: type[models.Model], rows: list[dict]) -> None:
    columns = [name for name in rows[0] if name != "geom"]
    names = {"table": sql.Identifier(model._meta.db_table), "columns": sql.SQL(", ").join(map(sql.Identifier, [*columns, "geom"]))}
    shapes = shapely.to_wkb(shapely.set_srid([row["geom"] for row in rows], 4326), hex=True, include_srid=True)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(STAGE_ROWS).format(**names))
        with cursor.copy(sql.SQL(COPY_ROWS).format(**names)) as copy:
            for row, shape in zip(rows, shapes, strict=True):
                copy.write_row([*(row[name] for name in columns), shape])
        cursor.execute(sql.SQL(TAKE_ROWS).format(**names))
        cursor.execute(DROP_ROWS)


def digest(rows: list[dict]) -> str:
    """The same for the same rows: what one seed gives is known by it."""
    found = hashlib.sha256()
    for row in rows:
        found.update(repr([(name, value) for name, value in sorted(row.items()) if name != "geom"]).encode())
        found.update(shapely.to_wkb(row["geom"]))
    return found.hexdigest()


def make_accounts() -> list[DemoAccount]:
    """Ready to look around with: these accounts need not change their password first, unlike every other new one."""
    names = dict(Division.objects.filter(code__in=[code for _name, _role, code in ACCOUNTS]).values_list("code", "name"))
    made = []
    for username, role, code in ACCOUNTS:
        password = one_time_password()
        User.objects.create_user(username, password, role=role, division_id=code, must_change_password=False)
        made.append(DemoAccount(username, password, str(role.label), names[code]))
    return made
