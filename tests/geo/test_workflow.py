"""The engine of states, on a model of its own name: rights, reasons, checks, and two people at the same moment."""
import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, models, transaction
from django.utils import timezone

from geo import workflow
from geo.models import Decision
from tests import cast


class Paper(models.Model):
    state = models.CharField(max_length=10, default="draft")
    signed_by = models.IntegerField(null=True)
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+")

    class Meta:
        app_label = "geo_test_workflow"
        managed = False

    def __str__(self) -> str:
        return self.state


def county_only(user, _paper) -> bool:
    return user.role == user.Role.COUNTY_OFFICER


def not_yet(paper, _by) -> str:
    return "没有附件" if paper.signed_by is None else ""


workflow.register(
    Paper,
    workflow.Move("draft", "signed", "签发", may=county_only),
    workflow.Move("signed", "withdrawn", "撤回", may=county_only, needs_reason=True),
    workflow.Move("signed", "archived", "归档", may=county_only, check=not_yet),
)


@pytest.fixture
def paper(db):
    cast.territory()
    with connection.cursor() as cursor:
        columns = "id bigserial, state text, signed_by int, division_id text"
        cursor.execute(f"CREATE TEMP TABLE geo_test_workflow_paper ({columns}) ON COMMIT DROP")
    return Paper.objects.create(division_id=cast.COUNTY)


def test_county_officer_moves_and_a_decision_says_so(paper):
    by, now = cast.county_officer(), timezone.now()
    decision = workflow.move(paper, "signed", by=by, now=now, signed_by=by.pk)
    assert (paper.state, paper.signed_by) == ("signed", by.pk)
    assert [(d.from_state, d.to_state, d.decided_by, d.decided_at) for d in workflow.history(paper)] == [("draft", "signed", by, now)]
    assert decision.division_id == cast.COUNTY


def test_town_officer_without_the_right_is_refused(paper):
    with pytest.raises(PermissionDenied):
        workflow.move(paper, "signed", by=cast.west_officer(), now=timezone.now())
    assert workflow.open_moves(paper, by=cast.east_officer()) == []
    assert not Decision.objects.exists()


def test_a_move_that_needs_a_reason_is_not_made_without(paper):
    by = cast.county_officer()
    workflow.move(paper, "signed", by=by, now=timezone.now())
    with pytest.raises(workflow.MoveRefused, match="理由"):
        workflow.move(paper, "withdrawn", by=by, now=timezone.now(), why="  ")
    with pytest.raises(workflow.MoveRefused, match="没有附件"):
        workflow.move(paper, "archived", by=by, now=timezone.now())
    assert [move.to for move in workflow.open_moves(paper, by=by)] == ["withdrawn", "archived"]


def test_the_slower_of_two_people_is_told(paper):
    by, same = cast.county_officer(), Paper.objects.get(pk=paper.pk)
    workflow.move(paper, "signed", by=by, now=timezone.now())
    with pytest.raises(workflow.MoveRefused, match="刷新"):
        workflow.move(same, "signed", by=by, now=timezone.now())
    assert Decision.objects.count() == 1


def test_nobody_changes_a_decision(paper):
    workflow.move(paper, "signed", by=cast.county_officer(), now=timezone.now())
    for change in (lambda: Decision.objects.update(why="anders"), lambda: Decision.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            change()
