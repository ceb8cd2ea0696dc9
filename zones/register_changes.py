"""What changes on an issue beside its moves: deadline, unit, category, shared units, comments, photos, links, watchers, rechecks.

Each is one transaction that holds the issue, leaves a note, and tells whom it concerns.
"""
from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import Division, User
from zones import evidence, notices
from zones.campaigns import CampaignRefused
from zones.issue_photos import keeping
from zones.models import Issue, IssueCategory, IssueFile, IssueLink, IssueNote, IssuePhoto, IssueWatch, JointUnit, Notice
from zones.periods import day_of
from zones.register import looked, not_on_the_spot, readers, refuse_past, refuse_unit, second_person
from zones.register_places import Position
from zones.register_rights import handlers, in_charge, partners, verifiers
from zones.register_rules import RANKS, level_of, rules_at
from zones.register_words import TEXT_AT_MOST, WHY_AT_MOST, RegisterRefused, guarded

Kind = IssueNote.Kind
JOINT_UNITS_AT_MOST, FILES_AT_MOST = 6, 10


def _held(issue: Issue, may: bool, *, over: bool = False) -> Issue:
    """The row as it is now, locked; refuses whoever may not, and an issue that is over."""
    if not may:
        raise PermissionDenied
    now_there = Issue.objects.everywhere("fetched through rights before").select_for_update(of=("self",)).get(pk=issue.pk)
    if now_there.state in Issue.OVER and not over:
        raise RegisterRefused(_("已经办结的问题不能再改，请刷新页面。"))
    return now_there


def _changed(issue: Issue, now: datetime, **fields) -> None:
    for name, value in {**fields, "updated_at": now}.items():
        setattr(issue, name, value)
    issue.save(update_fields=[*fields, "updated_at"])


def _note(issue: Issue, kind: str, text: str, by: User | None, now: datetime) -> None:
    IssueNote.objects.create(issue=issue, kind=kind, text=text[:TEXT_AT_MOST], at=now, by=by)


def set_deadline(issue: Issue, due_on: date, *, why: str, by: User, now: datetime) -> None:
    """Another last day, with the reason; never one in the past."""
    why = guarded(why, WHY_AT_MOST, _("理由"), needed=True)
    refuse_past(due_on, now)
    with transaction.atomic():
        held = _held(issue, in_charge(by, issue))
        if held.due_on != due_on:
            _note(held, Kind.DEADLINE, f"{held.due_on} → {due_on}：{why}", by, now)
            _changed(held, now, due_on=due_on)
            notices.tell(held, Notice.Kind.DEADLINE, notices.of_its_units(held), by=by, now=now)
    issue.refresh_from_db()


def set_unit(issue: Issue, unit: Division, *, why: str, by: User, now: datetime) -> None:
    """Hand the issue over to another unit while it is being worked on. The level that it has reached does not sink."""
    why = guarded(why, WHY_AT_MOST, _("理由"), needed=True)
    with transaction.atomic():
        held = _held(issue, in_charge(by, issue))
        refuse_unit(held, unit, by)
        if held.unit_id != unit.pk:
            _note(held, Kind.UNIT, f"{held.unit.name} → {unit.name}：{why}", by, now)
            level = max(held.level, level_of(unit.pk), key=lambda each: RANKS[each])
            _changed(held, now, unit_id=unit.pk, level=level, reader_codes=readers(held, unit.pk))
            notices.tell(held, Notice.Kind.ASSIGNED, notices.of_its_units(held), by=by, now=now)
    issue.refresh_from_db()


def set_category(issue: Issue, category: IssueCategory, *, by: User, now: datetime) -> None:
    """What a patrol logged in a hurry is named rightly. Deadline and unit stay: they are the assigner's to set."""
    with transaction.atomic():
        held = _held(issue, in_charge(by, issue))
        if held.category_id != category.pk:
            _note(held, Kind.CATEGORY, f"{held.category.name} → {category.name}", by, now)
            _changed(held, now, category=category)
    issue.refresh_from_db()


def share(issue: Issue, unit: Division, *, by: User, now: datetime) -> None:
    """Another unit works on it too: an edge street, a compound on a border. The unit may be a neighbour in the same county."""
    with transaction.atomic():
        held = _held(issue, in_charge(by, issue))
        if unit.pk[:6] != held.division_id[:6] or len(unit.pk) < 9:
            raise RegisterRefused(_("协办单位应是本县的乡镇或村（社区）。"))
        joint = set(held.joint_units.values_list("unit_id", flat=True))
        if unit.pk in (*joint, held.unit_id):
            raise RegisterRefused(_("“%(unit)s”已经是责任单位或协办单位。") % {"unit": unit.name})
        if len(joint) >= JOINT_UNITS_AT_MOST:
            raise RegisterRefused(_("协办单位最多%(count)d个。") % {"count": JOINT_UNITS_AT_MOST})
        JointUnit.objects.create(issue=held, unit=unit, added_at=now, added_by=by)
        _note(held, Kind.SHARED, unit.name, by, now)
        _changed(held, now, reader_codes=readers(held, held.unit_id))
        notices.tell(held, Notice.Kind.ASSIGNED, notices.of_its_units(held), by=by, now=now)
    issue.refresh_from_db()


def comment(issue: Issue, text: str, *, by: User, now: datetime) -> None:
    text = guarded(text, TEXT_AT_MOST, _("留言"), needed=True)
    with transaction.atomic():
        held = _held(issue, partners(by, issue), over=True)
        _note(held, Kind.COMMENT, text, by, now)
        _changed(held, now)
        notices.tell(held, Notice.Kind.COMMENTED, notices.of_its_units(held), by=by, now=now)


def add_photos(issue: Issue, stage: str, photos: Sequence[UploadedFile], *, by: User, now: datetime) -> int:
    """Pictures of the problem by whoever works on it, or of the mended place by its unit; how many."""
    if stage not in (IssuePhoto.Stage.BEFORE, IssuePhoto.Stage.AFTER):
        raise RegisterRefused(_("没有这个阶段。"))
    if not photos:
        raise RegisterRefused(_("请选择照片。"))
    may = partners(by, issue) if stage == IssuePhoto.Stage.BEFORE else handlers(by, issue)
    with keeping(photos) as keeper, transaction.atomic():
        held = _held(issue, may)
        if stage == IssuePhoto.Stage.AFTER and held.state != Issue.State.RECTIFYING:
            raise RegisterRefused(_("整改中才能上传整改后的照片。"))
        count = keeper.keep(held, stage, by=by, now=now)
        _changed(held, now)
    return count


def attach(issue: Issue, uploads: Sequence[UploadedFile], *, by: User, now: datetime) -> int:
    """Papers (JPG, PNG, PDF) by whoever works on it; how many. All of them or none."""
    if not uploads:
        raise RegisterRefused(_("请选择文件。"))
    try:
        cleaned, kept = [evidence.clean(each) for each in uploads], []
    except CampaignRefused as refused:
        raise RegisterRefused(str(refused)) from refused
    try:
        with transaction.atomic():
            held = _held(issue, partners(by, issue))
            if held.files.count() + len(cleaned) > FILES_AT_MOST:
                raise RegisterRefused(_("每个问题最多%(count)d个附件。") % {"count": FILES_AT_MOST})
            for each in cleaned:
                made = IssueFile(issue=held, added_by=by, added_at=now)
                evidence.fill(made, each)
                kept.append(made)
                made.save()
                _note(held, Kind.ATTACHED, each.name, by, now)
            _changed(held, now)
    except BaseException:
        for each in kept:
            each.file.delete(save=False)
        raise
    return len(kept)


def link(issue: Issue, other: Issue, kind: str, *, by: User, now: datetime) -> None:
    """Two issues belong together. Both were fetched through the person's rights."""
    if issue.pk == other.pk:
        raise RegisterRefused(_("不能与自己关联。"))
    first, second = sorted((issue, other), key=lambda each: each.pk)
    with transaction.atomic():
        if not (partners(by, issue) and partners(by, other)):
            raise PermissionDenied
        found, is_new = IssueLink.objects.get_or_create(
            first=first, second=second, defaults={"kind": IssueLink.Kind(kind), "added_at": now, "added_by": by}
        )
        if is_new:
            for one, another in ((issue, other), (other, issue)):
                _note(one, Kind.RELATED, another.number, by, now)


def watch(issue: Issue, *, by: User, on: bool = True) -> None:
    """Be told of the issue, or no longer."""
    if on:
        IssueWatch.objects.get_or_create(issue=issue, user=by)
    else:
        IssueWatch.objects.filter(issue=issue, user=by).delete()


def recheck(
    issue: Issue, *, position: Position | None = None, photos: Sequence[UploadedFile] = (), by: User, now: datetime
) -> None:
    """Some weeks after closing the place is still in order: said by an officer who looked. A relapse is `register.reopen`."""
    with keeping(photos) as keeper, transaction.atomic():
        held = _held(issue, verifiers(by, issue), over=True)
        if held.state != Issue.State.CLOSED or held.recheck_on is None:
            raise RegisterRefused(_("这个问题现在不需要回查，请刷新页面。"))
        if reason := second_person(held, by):
            raise RegisterRefused(reason)
        count = keeper.keep(held, IssuePhoto.Stage.CHECK, by=by, now=now)
        made = looked(held, holds=True, position=position, photo_count=count, by=by, now=now, is_recheck=True)
        if reason := not_on_the_spot(made, rules_at(now)):
            raise RegisterRefused(reason)
        _note(held, Kind.RECHECKED, "", by, now)
        _changed(held, now, recheck_on=None)
    issue.refresh_from_db()


def recheck_is_due(issue: Issue, now: datetime) -> bool:
    return issue.recheck_on is not None and issue.recheck_on <= day_of(now)
