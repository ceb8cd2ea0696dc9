from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from geo.models import Incident
from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import PERIOD, cover
from zones.models import Publication


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rate", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_counts_names_what_changed_and_says_how_to_publish(rated, west):
    Incident.objects.everywhere("test").filter(compound=west).delete()
    said = run("--period", PERIOD)
    assert "绿 2" in said
    assert "与上次计算相比等级改变：1 个" in said
    assert "西苑小区：红 → 绿" in said
    assert "盗窃：12个月0起，每百户0.0起，低于黄线1.0。" in said
    assert "--publish --by" in said


def test_the_command_publishes_and_then_tells_the_difference(rated, officer, west):
    with pytest.raises(CommandError, match="不能这样办理"):
        run("--period", PERIOD, "--publish", "--by", "county")
    r.brought("objection")
    assert "已公布：2026Q3 第1次" in run("--period", PERIOD, "--publish", "--by", "county")
    Incident.objects.everywhere("test").filter(compound=west).delete()
    with pytest.raises(CommandError, match="已冻结"):
        run("--period", PERIOD)
    r.reopen()
    said = run("--period", PERIOD)
    assert "与现行公布不同：1 个" in said
    assert "西苑小区：红 → 绿" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--period", "2026Q7"], "写法"),
        (["--period", "2090Q1"], "还没有开始"),
        (["--period", PERIOD, "--publish"], "--by"),
        (["--period", PERIOD, "--publish", "--by", "nobody"], "没有账号"),
        (["--period", PERIOD, "--publish", "--by", "west"], "县级民警"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(county, arguments, words):
    cast.west_officer()
    with pytest.raises(CommandError, match=words):
        run(*arguments)
    assert not Publication.objects.exists()


def test_a_broken_criteria_file_is_refused_with_its_path(tmp_path, db):
    file = tmp_path / "criteria.json"
    file.write_text('{"version": "2"}', encoding="utf-8")
    with pytest.raises(CommandError, match="评定标准"):
        call_command("load_criteria", str(file))
    file.write_text("{", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("load_criteria", str(file))


def test_a_register_without_incidents_makes_nobody_green(county):
    cast.west_compound(fire_checked_on="2026-05-03", open_fire_hazard_count=0)
    assert "不评定 1" in run("--period", PERIOD)
    cover(cast.WEST)
    assert "绿 1" in run("--period", PERIOD)
