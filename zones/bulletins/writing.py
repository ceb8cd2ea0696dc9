"""What people do with bulletins: draft, change a text, take the figures anew, check, sign, publish with a number, correct."""
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.invented import holds_invented
from geo.models import Decision, Division, User
from geo.workflow import Move
from zones import duties, duty_rows
from zones.bulletins import figures, words
from zones.bulletins.freezing import freeze
from zones.bulletins.overlaps import betrayed
from zones.models import Bulletin, DutyKind
from zones.periods import Period, add_months, day_of, parse_period
from zones.public_rows import release
from zones.register_words import RegisterRefused, guarded

S = Bulletin.State
TEXT_AT_MOST, LINE_AT_MOST, REASON_AT_MOST, WHY_AT_MOST = 3000, 120, 300, 500
HEAD = {"title": (LINE_AT_MOST, gettext_lazy("标题")), "issuer": (60, gettext_lazy("发文机关")), "addressees": (200, gettext_lazy("主送"))}


class BulletinRefused(RegisterRefused):
    """Why something is not done, in words for the person."""


def writers(user: User, bulletin: Bulletin) -> bool:
    """Officers of the unit or above it."""
    return user.writes_business_data and bulletin.division_id.startswith(user.division_id)


# What must hold before a move


def _by_another(bulletin: Bulletin, by: User) -> str:
    if by.pk in (bulletin.drafted_by_id, bulletin.edited_by_id):
        return _("起草或修改的人不能核稿，请由另一人核稿。")
    return ""


def _not_the_checker(bulletin: Bulletin, by: User) -> str:
    return _("核稿的人不能签发，请由另一人签发。") if by.pk == bulletin.checked_by_id else ""


workflow.register(
    Bulletin,
    Move(S.DRAFT, S.CHECKED, gettext_lazy("核稿通过"), may=writers, check=_by_another),
    Move(S.CHECKED, S.SIGNED, gettext_lazy("签发"), may=writers, check=_not_the_checker),
    Move(S.SIGNED, S.PUBLISHED, gettext_lazy("编号印发"), may=writers),
    Move(S.CHECKED, S.DRAFT, gettext_lazy("退回修改"), may=writers, needs_reason=True),
    Move(S.SIGNED, S.DRAFT, gettext_lazy("撤回签发，退回修改"), may=writers, needs_reason=True),
    Move(S.DRAFT, S.WITHDRAWN, gettext_lazy("作废草稿"), may=writers, needs_reason=True),
)
CORRECTION = "correction"
CLEARED = {name: None for verb in ("checked", "signed") for name in (f"{verb}_at", f"{verb}_by")}


def checked_period(name: str, *, now: datetime) -> Period:
    """A month, quarter or year that is over. Raises BulletinRefused."""
    try:
        period = parse_period(name.strip())
    except ValueError as wrong:
        raise BulletinRefused(_("期间“%(name)s”写法不对：月写作 2026-10，季度写作 2026Q3，年写作 2026。") % {"name": name[:20]}) from wrong
    if period.kind not in Bulletin.Kind.values:
        raise BulletinRefused(_("通报按月、季度或年编写。"))
    if period.ends_on > day_of(now):
        raise BulletinRefused(_("%(period)s还没有结束，不能编写通报。") % {"period": words.name_of(period)})
    return period


def refuse_unit(unit: Division, by: User) -> None:
    """Counties and towns have bulletins; an officer drafts for the own unit and those below it."""
    if not by.writes_business_data or not unit.pk.startswith(by.division_id):
        raise PermissionDenied
    if len(unit.pk) not in (6, 9):
        raise BulletinRefused(_("通报由县或乡镇编写。"))


def draft(unit: Division, period: str, *, by: User | None, now: datetime, is_protected: bool = False) -> Bulletin:
    """A new bulletin with frozen figures and drafted words; `by` is nobody where the system drafts. Beside the demo's rows it says so."""
    if by is not None:
        refuse_unit(unit, by)
    of = checked_period(period, now=now)
    if _originals(unit, of).live().exists():
        raise BulletinRefused(_twice(unit, of))
    try:
        with transaction.atomic():
            content = _content(unit, of, now=now, is_protected=is_protected)
            return Bulletin.objects.create(**content, drafted_at=now, drafted_by=by, is_invented=holds_invented())
    except IntegrityError as faster:
        raise BulletinRefused(_twice(unit, of)) from faster


def _twice(unit: Division, period: Period) -> str:
    return _("%(unit)s%(period)s的通报已经有了；已印发的用更正通报更正。") % {"unit": unit.name, "period": words.name_of(period)}


def _originals(unit: Division, period: Period):
    return Bulletin.objects.everywhere("one a unit and period").filter(division=unit, period=period.name, corrects=None)


def _content(unit: Division, period: Period, *, now: datetime, is_protected: bool, is_correction: bool = False) -> dict:
    with translation.override(settings.LANGUAGE_CODE):
        found = freeze(unit, period, now=now, is_protected=is_protected)
        return {
            "division": unit, "kind": period.kind, "period": period.name, "starts_on": period.starts_on, "ends_on": period.ends_on,
            "title": words.title(period, is_correction=is_correction), "issuer": words.issuer(unit.name, unit.pk),
            "addressees": words.addressees(unit.pk), "is_protected": is_protected, "figures": found, "figures_at": now,
            "texts": words.draft(found, period, unit.name),
        }  # fmt: skip


def edit(bulletin: Bulletin, typed: Mapping[str, str], *, by: User, now: datetime) -> bool:
    """Texts by `text-<key>`, and title, issuer, addressees. All or nothing; gives whether anything is different now."""
    clean = {name: guarded(typed[name], most, str(what), needed=True) for name, (most, what) in HEAD.items() if name in typed}
    with transaction.atomic():
        held = _held(bulletin, by)
        texts = [_edited(block, typed) for block in held.texts]
        changed = {name: value for name, value in (clean | {"texts": texts}).items() if getattr(held, name) != value}
        if changed:
            _save(held, **changed, edited_at=now, edited_by=by)
    bulletin.refresh_from_db()
    return bool(changed)


def _edited(block: Mapping, typed: Mapping[str, str]) -> dict:
    name = f"text-{block['key']}"
    text = guarded(typed.get(name, block["text"]), TEXT_AT_MOST, block["title"] or _("开头"), needed=True)
    return {**block, "text": text, "is_edited": block["is_edited"] or text != block["text"]}


def renew(bulletin: Bulletin, *, by: User, now: datetime, is_protected: bool | None = None) -> None:
    """Freeze the figures of this moment instead; what a person wrote stays, the other texts are drafted anew."""
    protects = bulletin.is_protected if is_protected is None else is_protected
    period = parse_period(bulletin.period)
    new = _content(bulletin.division, period, now=now, is_protected=protects)
    with transaction.atomic():
        held = _held(bulletin, by)
        # A text written beside exact numbers may hold them.
        kept = {} if protects and not held.is_protected else {each["key"]: each for each in held.texts if each["is_edited"]}
        head = [each for each in held.texts if each["key"] == CORRECTION]
        texts = [*head, *(kept.get(each["key"], each) for each in new["texts"])]
        _save(held, figures=new["figures"], figures_at=now, texts=texts, is_protected=protects, edited_at=now, edited_by=by)
    bulletin.refresh_from_db()


def _held(bulletin: Bulletin, by: User) -> Bulletin:
    """The draft as it is now, locked. Raises PermissionDenied, or BulletinRefused for what is no draft any more."""
    if not writers(by, bulletin):
        raise PermissionDenied
    held = Bulletin.objects.everywhere("fetched through rights before").select_for_update(of=("self",)).get(pk=bulletin.pk)
    if held.state != S.DRAFT:
        raise BulletinRefused(_("已核稿、签发或印发的通报不能再改，请刷新页面。"))
    return held


def _save(held: Bulletin, **fields) -> None:
    for name, value in fields.items():
        setattr(held, name, value)
    held.save(update_fields=list(fields))


def move(bulletin: Bulletin, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """One step. Raises PermissionDenied, workflow.MoveRefused or BulletinRefused. Publishing gives the number, without gaps,
    and the public what it may read.
    """
    why = guarded(why, WHY_AT_MOST, _("理由"))
    facts = dict(CLEARED) if to == S.DRAFT else {}
    if to in (S.CHECKED, S.SIGNED):
        facts = {f"{to}_at": now, f"{to}_by": by}
    with transaction.atomic():
        if to == S.PUBLISHED and bulletin.is_protected:
            # Of a county and its towns one after the other: each is held against what the others have printed.
            Division.objects.select_for_update(no_key=True).get(pk=bulletin.division_id[:6])
        if to == S.PUBLISHED and bulletin.is_protected and betrayed(bulletin):
            raise BulletinRefused(_("与已印发的通报对照能推出小数，请退回起草、重新取数后再印发。"))
        if to == S.PUBLISHED:
            facts = {"published_at": now, "published_by": by, **_next_number(bulletin, now)}
        decision = workflow.move(bulletin, to, by=by, now=now, why=why, **facts)
        release(bulletin)
        if to == S.PUBLISHED and bulletin.corrects_id is None:
            span = {"starts_on": bulletin.starts_on, "ends_on": bulletin.ends_on}
            note = _("已印发%(number)s。") % {"number": bulletin.number}
            duties.finished_by(bulletin.division_id, DutyKind.BULLETIN, **span, note=note, by=by, now=now)
        return decision


def _next_number(bulletin: Bulletin, now: datetime) -> dict:
    """Numbers run by unit and year; the unit's row is held so that two people who publish at once get two of them."""
    unit = Division.objects.select_for_update(no_key=True).get(pk=bulletin.division_id)
    year = day_of(now).year
    rows = Bulletin.objects.everywhere("numbers run through the unit").filter(division=unit, number_year=year)
    seq = (rows.aggregate(last=Max("number_seq"))["last"] or 0) + 1
    return {"number": f"{unit.name}治安通报〔{year}〕{seq}号", "number_year": year, "number_seq": seq}


def correct(bulletin: Bulletin, *, reason: str, by: User, now: datetime) -> Bulletin:
    """A new bulletin that corrects a published one: figures of this moment, what a person wrote kept, the reason at its head."""
    if not writers(by, bulletin):
        raise PermissionDenied
    reason = guarded(reason, REASON_AT_MOST, _("更正原因"), needed=True)
    if bulletin.state != S.PUBLISHED:
        raise BulletinRefused(_("还没有印发的通报不用更正，直接修改即可。"))
    if Bulletin.objects.everywhere("a chain of corrections").live().filter(corrects=bulletin).exists():
        raise BulletinRefused(_("这份通报已有更正通报，请更正最新的一份。"))
    content = _content(
        bulletin.division, parse_period(bulletin.period), now=now, is_protected=bulletin.is_protected, is_correction=True
    )
    kept = {each["key"]: each for each in bulletin.texts if each["is_edited"] and each["key"] != CORRECTION}
    first = {"key": CORRECTION, "title": "", "text": f"本通报更正{bulletin.number}。更正原因：{reason}", "is_edited": False}
    texts = [first, *(kept.get(each["key"], each) for each in content["texts"])]
    content |= {"texts": texts, "issuer": bulletin.issuer, "addressees": bulletin.addressees, "is_invented": bulletin.is_invented}
    try:
        with transaction.atomic():
            return Bulletin.objects.create(**content, corrects=bulletin, correction_reason=reason, drafted_at=now, drafted_by=by)
    except IntegrityError as faster:
        raise BulletinRefused(_("这份通报已有更正通报，请更正最新的一份。")) from faster


def draft_due(*, now: datetime) -> int:
    """What the system drafts by itself: last month's bulletin of every county with accounts, and the quarter's and the year's that
    ended with it. How many; again none. A county without any duty or problem gets none, nor one whose draft was withdrawn.
    """
    made = 0
    for unit in Division.objects.at_level(Division.Level.COUNTY).filter(pk__in=duty_rows.counties()):
        for period in _ended(day_of(now)):
            if not _originals(unit, period).exists() and figures.has_data(unit.pk, figures.Span(period.starts_on, period.ends_on), now):
                with suppress(BulletinRefused):  # somebody was faster
                    draft(unit, period.name, by=None, now=now)
                    made += 1
    return made


def _ended(today: date) -> list[Period]:
    """The last whole month, and the quarter and year that ended with it."""
    first = add_months(today, -1)
    names = [f"{first:%Y-%m}"]
    if first.month % 3 == 0:
        names.append(f"{first.year}Q{first.month // 3}")
    if first.month == 12:
        names.append(f"{first.year}")
    return [parse_period(name) for name in names]
