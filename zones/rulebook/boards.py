"""Which standards there are, a version as one document of plain values, and a document as a new version."""
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.utils.translation import gettext as _

from geo.models.audit import AuditStandard
from geo.models.standards import PostsStandard, SurveillanceStandard
from patrol.models.proposals import ProposalStandard
from patrol.models.standards import PatrolStandard
from zones.cadences import BadCadence, checked
from zones.models import (
    AssessmentStandard,
    DutyStandard,
    EffectStandard,
    PlanCriteria,
    RegisterStandard,
    RoundStandard,
    SitingStandard,
    SupervisionStandard,
    WorkCalendar,
    ZoneCriteria,
)
from zones.working_days import spans
from zones.year_plans.criteria import parse
from zones.year_plans.indicators import MEASURES

# What a version says of itself; the rest is its document.
HEAD = {"id", "version", "title", "valid_from", "in_force_from", "is_own_assumption", "created_at"}


def nothing(document: dict) -> None:
    pass


def categories(document: dict) -> None:
    """Each under a group, with a deadline and a unit; what patrols, inspections and the public report by itself finds its category."""
    rows = {each["code"]: each for each in document["categories"]}
    for each in rows.values():
        said = {"name": each["name"]}
        if each["parent"] and (each["parent"] not in rows or rows[each["parent"]]["parent"]):
            raise ValidationError(_("“%(name)s”的上级类别不在了，请另选，或一并删去。") % said)
        if bool(each["parent"]) != bool(each["working_days"] and each["unit_level"]):
            raise ValidationError(_("“%(name)s”：有上级的类别要有期限和责任单位层级，没有上级的是大类，两项都不填。") % said)
    public = SupervisionStandard.objects.order_by("-valid_from", "-pk").first()
    needed = {**document["figures"]["log_categories"], **(public.figures["issue_categories"] if public else {})}
    if any(code not in rows or not rows[code]["parent"] for code in needed.values()):
        raise ValidationError(_("巡逻、排查和群众反映自动挂号要用的类别不能删去。"))


def cadences(document: dict) -> None:
    for rule in document["rules"]:
        try:
            checked(rule["rrule"])
        except BadCadence as bad:
            raise ValidationError(_("“%(name)s”的周期规则“%(rule)s”不能使用。") % {"name": rule["name"], "rule": bad}) from bad


def calendar(document: dict) -> None:
    for day in document["off"] + document["worked"]:
        try:
            found = spans([day])
        except ValueError as bad:
            raise ValidationError(_("“%(day)s”不是日期，应写成2027-01-01或2027-01-01/2027-01-03。") % {"day": day}) from bad
        if any(each.year not in (document["year"], document["year"] - 1) for each in found):
            raise ValidationError(_("“%(day)s”不在%(year)s年。") % {"day": day, "year": document["year"]})


def plan_criteria(document: dict) -> None:
    try:
        parse(document["document"], MEASURES)
    except ValueError as bad:
        raise ValidationError(_("每项指标的参照下限应小于上限，分值不能为负，齐全比例在0至1之间。")) from bad


@dataclass(frozen=True)
class Board:
    """`rows` names what belongs to a version line by line; to the list `grows` people add lines, and take them away."""

    key: str
    model: type[Model]
    rows: str = ""
    grows: str = ""
    check: Callable[[dict], None] = nothing

    @property
    def title(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def fields(self) -> list[Field]:
        return [each for each in self.model._meta.concrete_fields if each.name not in HEAD]

    @property
    def row_model(self) -> type[Model] | None:
        return self.model._meta.get_field(self.rows).related_model if self.rows else None

    @property
    def row_fields(self) -> list[Field]:
        return [each for each in self.row_model._meta.concrete_fields if each.name not in ("id", "standard")] if self.rows else []

    @property
    def by_year(self) -> bool:
        return self.model is WorkCalendar

    def versions(self) -> QuerySet:
        """The newest first."""
        return self.model.objects.order_by(*(("-year", "-pk") if self.by_year else (f"-{self.day_field}", "-pk")))

    @property
    def day_field(self) -> str:
        names = {each.name for each in self.model._meta.concrete_fields}
        return next((name for name in ("valid_from", "in_force_from") if name in names), "")

    def day_of(self, version: Model) -> date:
        return date(version.year, 1, 1) if self.by_year else getattr(version, self.day_field)

    def in_force(self, on: date) -> Model | None:
        return next((each for each in self.versions() if self.day_of(each) <= on), None)


BOARDS = {
    each.key: each
    for each in (
        Board("posts", PostsStandard), Board("surveillance", SurveillanceStandard), Board("patrol", PatrolStandard),
        Board("proposals", ProposalStandard),
        Board("register", RegisterStandard, rows="categories", grows="categories", check=categories),
        Board("work_calendar", WorkCalendar, check=calendar),
        Board("duties", DutyStandard, rows="rules", grows="rules", check=cadences),
        Board("zones", ZoneCriteria, grows="items"), Board("rounds", RoundStandard), Board("supervision", SupervisionStandard),
        Board("plans", PlanCriteria, check=plan_criteria), Board("siting", SitingStandard), Board("effects", EffectStandard),
        Board("assessments", AssessmentStandard, grows="items"), Board("audit", AuditStandard),
    )
}  # fmt: skip


def document(board: Board, version: Model) -> dict:
    """The version's values as JSON has them; a row's group is named by its code."""
    found = {field.name: _plain(field, version) for field in board.fields}
    if board.rows:
        found[board.rows] = [{field.name: _plain(field, row) for field in board.row_fields} for row in getattr(version, board.rows).all()]
    return found


def _plain(field: Field, row: Model):
    if isinstance(field, ForeignKey):
        other = getattr(row, field.name)
        return other and other.code
    value = getattr(row, field.name)
    return value.isoformat() if isinstance(value, date) else value


def built(board: Board, said: dict, *, version: str, title: str, valid_from: date) -> tuple[Model, list[Model]]:
    """The version and its rows, checked and not saved. Raises ValidationError with words for the person."""
    lines(board, said)
    board.check(said)
    head = {"version": version, "title": title, "is_own_assumption": False, board.day_field or "valid_from": valid_from}
    known = {each.name for each in board.model._meta.concrete_fields}
    plain = {field.name: field.to_python(said[field.name]) for field in board.fields}
    made = board.model(**{name: value for name, value in head.items() if name in known}, **plain)
    made.full_clean(validate_constraints=False)
    try:
        made.validate_constraints()
    except ValidationError as wrong:
        raise ValidationError(_("有的数值超出了允许的范围，或彼此不合，请检查。")) from wrong
    rows, by_code = [], {}
    for each in _groups_first(said[board.rows]) if board.rows else []:
        values = {field.name: each[field.name] for field in board.row_fields}
        if values.get("parent"):
            values["parent"] = by_code.get(values["parent"])
        row = board.row_model(**values)
        row.full_clean(exclude=["standard", "parent"], validate_constraints=False)
        by_code[each["code"]] = row
        rows.append(row)
    return made, rows


def _groups_first(rows: list[dict]) -> list[dict]:
    """The same order, but each group stands before what it holds."""
    ordered: dict[str, dict] = {}
    groups = {each["code"]: each for each in rows}
    for each in rows:
        for one in (groups.get(each.get("parent")), each):
            if one:
                ordered.setdefault(one["code"], one)
    return list(ordered.values())


def lines(board: Board, said: dict) -> None:
    """A list that people change has lines with names of their own: the summary of changes tells them apart by name."""
    names = [told(each) for each in said[board.grows]] if board.grows else [""]
    if not names:
        raise ValidationError(_("至少要有一行。"))
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValidationError(_("有两行都叫“%(name)s”，请改名。") % {"name": twice})


def code_of(row: dict) -> str:
    return row.get("code") or row.get("key") or row.get("measure", "")


def told(row: dict) -> str:
    """What a line is called."""
    return row.get("name") or row.get("text", "")


def with_copy(board: Board, said: dict, code: str) -> dict:
    """One line more, like the one with this code and beneath it, under a code and a name of its own. ValueError for no such line."""
    at = [code_of(each) for each in said[board.grows]].index(code)
    like = said[board.grows][at]
    keyed, named = next(key for key in ("code", "key") if key in like), next(key for key in ("name", "text") if key in like)
    names, number = {told(each) for each in said[board.grows]}, 1
    while (name := f"{told(like)}（新{number}）") in names:
        number += 1
    line = like | {keyed: f"own_{secrets.token_hex(4)}", named: name, **({f"{named}_en": ""} if f"{named}_en" in like else {})}
    if "is_own_assumption" in line:
        line["is_own_assumption"] = False
    return said | {board.grows: [*said[board.grows][: at + 1], line, *said[board.grows][at + 1 :]]}


def without(board: Board, said: dict, code: str) -> dict:
    """Without the line with this code. ValueError for no such line."""
    left = [each for each in said[board.grows] if code_of(each) != code]
    if len(left) == len(said[board.grows]):
        raise ValueError(code)
    return said | {board.grows: left}


def same(one: dict, other: dict) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
