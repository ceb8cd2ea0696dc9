"""Promise 18: the database itself shows a request its own territory only. The first wall is taken down here, and nothing comes through."""
import gzip
import re

import pytest
from django.db import connection, connections, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from mapbox_vector_tile import decode
from psycopg import sql

from geo import tiles, walls
from geo.layers import registry
from geo.lists import jobs as list_jobs
from geo.lists.listing import Listing
from geo.models import Division, Job, SurveillancePoint, User
from geo.querysets import TerritorialQuerySet
from geo.search import filling
from patrol.models import Beat, Fix, Patrol, PatrolStandard, Shift, Team, Track
from tests import cast
from tests.patrol import squad
from tests.zones import registering as r
from zones.models import Issue, RectificationZone
from zones.register_changes import share
from zones.register_rules import chain

CANARY, OWN = "金丝雀", "本镇"
EAST_SPOT, WEST_SPOT = (105.68, 37.48), (105.62, 37.48)
TABLES_BEHIND = 30


def place_in(code: str, spot: tuple[float, float], word: str, by) -> None:
    """One of everything that matters, with the word in its name."""
    village = f"{code}001"
    cast.camera(f"{word}监控", *spot, village)
    RectificationZone.objects.create(
        name=f"{word}区域", source_key=f"{word}-zone", kind="urban_village", division_id=village, geom=cast.square(*spot)
    )
    squad.beat(f"{word}巡区", *spot, code=village)
    r.issue(by, spot=spot, text=f"{word}问题")
    member = squad.member(f"member{code}", code)
    team = squad.team(code, member)
    Team.objects.everywhere("test").filter(pk=team.pk).update(name=f"{word}队")
    shift = squad.shift(team, member)
    device, _token = squad.phone(member)
    patrol = Patrol.objects.create(
        key=f"0198b5b0-0000-7000-8000-{code.zfill(12)}", user=member, device=device, shift=shift, division_id=code, started_at=squad.BEGAN,
        last_contact_at=squad.BEGAN,
    )  # fmt: skip
    Fix.objects.create(device_id=device.pk, at=squad.BEGAN, lon=spot[0], lat=spot[1])
    Track.objects.create(
        patrol=patrol, length_m=1, recorded_s=1, unknown_s=0, fix_count=1, computed_at=squad.NOW, standard=PatrolStandard.objects.first()
    )


@pytest.fixture
def county(people):
    place_in(cast.WEST, WEST_SPOT, OWN, people["west"])
    place_in(cast.EAST, EAST_SPOT, CANARY, people["east"])
    filling.settle()
    return people


@pytest.fixture
def no_first_wall(monkeypatch):
    """Whoever asks gets everything, as far as Django is concerned."""

    def everything(self, *_whose):
        return self._with_scope()

    def classes(kind):
        return {kind, *(each for child in kind.__subclasses__() for each in classes(child))}

    for kind in classes(TerritorialQuerySet):
        for name in ("visible_to", "in_division", "counted_for"):
            if name in vars(kind):
                monkeypatch.setattr(kind, name, everything)
    drawn = tiles.draw
    monkeypatch.setattr(tiles, "draw", lambda layer, address, scope, **named: drawn(layer, address, "", **named))


def body_of(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


def tile_of(spot: tuple[float, float], z: int = 14) -> dict[str, int]:
    from math import asinh, pi, radians, tan

    return {"z": z, "x": int((spot[0] + 180) / 360 * 2**z), "y": int((1 - asinh(tan(radians(spot[1]))) / pi) / 2 * 2**z)}


LAYERS = ("surveillance", "zones", "beats")


def doors(spot: tuple[float, float]) -> list[str]:
    found = [reverse("layer_tile", args=[name, *tile_of(spot).values()]) for name in (*LAYERS, "issues") if name in registry]
    for name in LAYERS:
        found += [reverse("object_list", args=[name]), reverse("object_list_map", args=[name])]
        found += [reverse("object_export", args=[name, form]) for form in ("csv", "geojson")]
    found += [reverse("issues"), reverse("issue_file", args=["csv"]), reverse("issue_points"), reverse("issue_map")]
    found += [f"{reverse('search_page')}?q={CANARY}&layer=", f"{reverse('map_search')}?q={CANARY}"]
    return found


def details() -> list[str]:
    """Every object of the other town by its own address."""
    found = []
    for name in LAYERS:
        for pk in registry[name].model.objects.everywhere("test").filter(name__startswith=CANARY).values_list("pk", flat=True):
            found += [reverse("object_page", args=[name, pk]), reverse("map_details", args=[name, pk])]
    issue = Issue.objects.everywhere("test").get(text__startswith=CANARY)
    return [*found, reverse("issue", args=[issue.pk]), reverse("issue_sheet", args=[issue.pk])]


@pytest.fixture
def west(county, client):
    client.force_login(cast.with_purpose(county["west"]))
    return client


def crawl(client, paths: list[str]) -> dict[str, str]:
    return {path: body_of(client.get(path)) for path in paths}


def told(bodies: dict[str, str], word: str) -> list[str]:
    """Where something is named with this word; a page may repeat what it was asked for."""
    return [path for path, body in bodies.items() if re.search(f"{word}(监控|区域|巡区|问题|队)", body)]


def test_promise_18_without_the_first_wall_no_door_shows_another_town(west, no_first_wall):
    canaries = details()
    bodies = crawl(west, [*doors(EAST_SPOT), *doors(WEST_SPOT)])
    assert told(bodies, CANARY) == []
    assert [west.get(path).status_code for path in canaries] == [404] * len(canaries)
    # The own rows are there: what came through was looked at.
    assert len(told(bodies, OWN)) >= 8


def test_control_without_both_walls_the_crawl_finds_what_it_looks_for(west, no_first_wall, monkeypatch):
    monkeypatch.setattr(walls, "territory_of", lambda _user: walls.ALL)
    assert len(told(crawl(west, doors(EAST_SPOT)), CANARY)) >= 8
    assert {west.get(path).status_code for path in details()} == {200}


def walled_models() -> list:
    from django.apps import apps

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        names = {name for (name,) in cursor.fetchall()}
    return [model for model in apps.get_models() if model._meta.db_table in names]


def test_promise_18_a_session_that_was_told_nothing_sees_no_row(county):
    models = walled_models()
    assert len(models) >= TABLES_BEHIND
    filled = [model for model in (*models, Fix) if QuerySet(model).exists()]
    assert {SurveillancePoint, Issue, Patrol, Track, Shift, Team, Beat, RectificationZone, Fix} <= set(filled)
    with walls.raised(walls.Wall()):
        assert [model for model in filled if QuerySet(model).exists()] == []


def test_promise_18_a_territory_is_a_whole_code_and_never_a_pattern(county):
    for code in ("6405211001", "640521%", "64052110_", "%", "640521100' OR 'a' = 'a"):
        with walls.raised(walls.Wall(code)):
            assert not QuerySet(SurveillancePoint).exists() and not QuerySet(Issue).exists() and not QuerySet(Fix).exists()
    with walls.of(county["county"]):
        assert QuerySet(SurveillancePoint).count() == QuerySet(Fix).count() == 2


def test_promise_18_nothing_is_written_into_another_town(county):
    with walls.of(county["west"]), pytest.raises(Exception, match="row-level security"), transaction.atomic():
        cast.camera("越界", *EAST_SPOT, cast.EAST_SOUTH)
    with walls.of(county["west"]):
        assert not QuerySet(SurveillancePoint).filter(division_id=cast.EAST_SOUTH).update(name="越界")
        assert not QuerySet(Issue).filter(text__startswith=CANARY).update(text="越界")


def test_promise_18_the_application_is_not_the_owner_and_reads_fixes_by_their_view_alone(county):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        assert cursor.fetchone() == (0,)
        for table in ("patrol_fix", "patrol_fix_other"):
            with pytest.raises(Exception, match="permission denied"), transaction.atomic():
                cursor.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))


def test_promise_18_wide_work_opens_the_wall_while_it_asks_and_no_longer(county):
    with walls.of(county["west"]):
        assert SurveillancePoint.objects.everywhere("test").count() == 2
        assert len(SurveillancePoint.objects.everywhere("test").order_by("pk")) == 2
        assert QuerySet(SurveillancePoint).count() == 1
        with walls.opened("test"):
            assert QuerySet(SurveillancePoint).count() == 2
        assert QuerySet(SurveillancePoint).count() == 1
        # Portions of one answer, with other questions in between.
        rows = SurveillancePoint.objects.everywhere("test").iterator(1)
        assert next(rows) and QuerySet(SurveillancePoint).count() == 1 and next(rows) and next(rows, None) is None
        mine = QuerySet(SurveillancePoint).iterator(1)
        assert next(mine) and SurveillancePoint.objects.everywhere("test").count() == 2 and next(mine, None) is None
    assert QuerySet(SurveillancePoint).count() == 2


def test_promise_18_a_task_for_an_account_holds_its_territory(county, no_first_wall, monkeypatch):
    monkeypatch.setattr(list_jobs, "refusal_of", lambda *_: None)
    asked = Listing(registry["zones"], county["west"], QueryDict(""))
    job = list_jobs.submit(asked, "csv", "wgs84", by=county["west"])
    list_jobs.write_list(job=job.pk, **job.arguments)
    done = Job.objects.get(pk=job.pk)
    assert done.state == Job.State.DONE, done.message
    text = (list_jobs.folder() / done.result["file"]).read_text("utf-8-sig")
    assert f"{OWN}区域" in text and CANARY not in text
    assert QuerySet(RectificationZone).count() == 2  # the worker's own connection sees all again


def plan_of(statement: str, values: dict) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN (VERBOSE) " + statement, values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_promise_18_a_tile_behind_the_wall_is_drawn_by_the_index(county):
    layer, address = registry["surveillance"], tiles.TileAddress(**tile_of(WEST_SPOT))
    statement = tiles._text(tiles.POINTS, layer, named=True)
    # Nothing of the first wall: its own condition has an index, too, which a small table may prefer. Nor is any index worth a look
    # in a table of three rows.
    elsewhere = [
        SurveillancePoint(
            name=str(number), source_key=f"elsewhere-{number}", division_id=cast.EAST_NORTH, geom=cast.point(105.6 + number / 10_000, 37.6),
            working="working", legal_class="art7_1", owner_unit="示例单位",
        )
        for number in range(600)
    ]  # fmt: skip
    SurveillancePoint.objects.bulk_create(elsewhere)
    values = {**vars(address), "layer": layer.name, "scope": "", "versions": list(layer.versions)}
    with walls.of(county["west"]):
        plan = plan_of(statement, values)
    assert "siwu.scope" in plan  # the policy is part of it
    assert re.search(r"Index Cond: \(.*geom_3857 && ", plan)


@pytest.fixture
def web(transactional_db):
    """The connection of a web process: out of a pool of one, and nothing told when it connects."""
    people = r.people()
    place_in(cast.WEST, WEST_SPOT, OWN, people["west"])
    place_in(cast.EAST, EAST_SPOT, CANARY, people["east"])
    cast.camera(f"{OWN}监控二", *WEST_SPOT, cast.WEST_NORTH)
    before = connections["default"]
    about = {**before.settings_dict, "OPTIONS": {"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}}
    wrapper = type(before)(about, "default")
    wrapper._connection_pools = {}
    connections["default"] = wrapper
    yield people
    wrapper.close()
    wrapper.close_pool()
    connections["default"] = before
    with before.cursor() as cursor:
        cursor.execute("DELETE FROM patrol_fix_seen")


def told_now() -> tuple[int, str | None]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('siwu.scope', true)")
        return cursor.fetchone()


def test_promise_18_a_connection_that_comes_back_carries_nothing_and_a_stream_has_its_reader(web, client, no_first_wall):
    pid, scope = told_now()
    assert not scope and not QuerySet(SurveillancePoint).exists()
    client.force_login(web["west"])
    client.raise_request_exception = True
    for path in (reverse("object_export", args=["zones", "csv"]), reverse("object_export", args=["beats", "geojson"])):
        response = client.get(path)
        assert response.streaming
        connections["default"].close()  # back into the pool, as when the view has returned
        body = body_of(response)
        assert OWN in body and CANARY not in body
    connections["default"].close()
    assert told_now() == (pid, "")
    assert not QuerySet(SurveillancePoint).exists() and not QuerySet(Issue).exists() and not QuerySet(Fix).exists()
    with walls.of(web["west"]):
        assert QuerySet(SurveillancePoint).count() == 2  # a statement alone is its own transaction
        with transaction.atomic():
            assert QuerySet(SurveillancePoint).count() == 2
        assert len(list(QuerySet(SurveillancePoint).iterator(1))) == 2
    assert told_now() == (pid, "")


# An issue on an edge street is read by a unit outside its territory, too.

ZOOMS = (5, 8, 14)


@pytest.fixture
def edge(county):
    """The other town's issue, shared with nobody at first; a village of the town that it will be shared with sees nothing of it."""
    return county | {"south": cast.user("south", User.Role.VILLAGE_CADRE, cast.WEST_SOUTH)}


def on_the_map(client, user, *zooms: int) -> dict:
    """Marks of issues at both spots by zoom, what the legend and the registers count, and what the list shows."""
    client.force_login(user)
    spots = {z: {tuple(tile_of(spot, z).values()) for spot in (EAST_SPOT, WEST_SPOT)} for z in zooms}
    bodies = {z: [decode(client.get(reverse("layer_tile", args=["issues", *tile])).content) for tile in spots[z]] for z in zooms}
    marks = {
        z: sum(each["properties"].get("n", 1) for body in bodies[z] for part in body.values() for each in part["features"]) for z in zooms
    }
    legend = sum(client.get(reverse("map_legend")).json()["issues"].values())
    register = re.search(r'/objects/issues/".*?>(\d+)<', client.get(reverse("registers")).content.decode(), re.S)
    points = len(client.get(reverse("issue_points")).json()["features"])
    return {"marks": marks, "legend": legend, "register": int(register[1]), "list": points}


def seen(count: int) -> dict:
    return {"marks": dict.fromkeys(ZOOMS, count), "legend": count, "register": count, "list": count}


@pytest.mark.parametrize("crowd", [0, 2500], ids=["counted", "drawn"])
def test_a_shared_issue_is_on_the_map_of_the_unit_that_shares_it_and_of_no_third(edge, client, monkeypatch, crowd):
    monkeypatch.setattr(tiles, "SPARSE_AT_MOST", crowd)
    theirs = Issue.objects.everywhere("test").get(text__startswith=CANARY)
    assert on_the_map(client, edge["west"], *ZOOMS) == seen(1)
    share(theirs, Division.objects.get(pk=cast.WEST), by=edge["east"], now=r.NOW)
    assert on_the_map(client, edge["west"], *ZOOMS) == seen(2)
    assert client.get(reverse("map_details", args=["issues", theirs.pk])).json()["title"] == theirs.number
    assert on_the_map(client, edge["county"], *ZOOMS) == seen(2)  # and not three
    assert on_the_map(client, edge["south"], *ZOOMS) == seen(1)  # a village of the town: its own alone
    assert client.get(reverse("map_details", args=["issues", theirs.pk])).status_code == 404
    share(theirs, Division.objects.get(pk=cast.WEST_SOUTH), by=edge["east"], now=r.NOW)
    assert on_the_map(client, edge["south"], *ZOOMS) == seen(2)
    assert on_the_map(client, edge["north"], *ZOOMS) == seen(0)


def test_promise_18_the_database_itself_shows_a_shared_issue_to_that_unit_and_to_no_third(edge, client, no_first_wall):
    theirs = Issue.objects.everywhere("test").get(text__startswith=CANARY)
    share(theirs, Division.objects.get(pk=cast.WEST_NORTH), by=edge["east"], now=r.NOW)
    for who, count in (("north", 1), ("west", 2), ("south", 1), ("east", 1)):
        assert on_the_map(client, edge[who], 14)["marks"] == {14: count}, who
    client.force_login(edge["south"])
    assert told(crawl(client, doors(EAST_SPOT)), f"{CANARY}问题") == []


def test_promise_18_the_tile_of_issues_is_drawn_by_the_index_of_their_place(county):
    """Not by the one of their readers: of a county's issues it would give all."""
    one = Issue.objects.everywhere("test").get(text__startswith=OWN)
    rows = [
        Issue(
            number=f"x{n}", number_unit_id=one.number_unit_id, number_year=2026, number_seq=1000 + n, category=one.category, text="x",
            division_id=cast.EAST_NORTH, geom=cast.point(105.6 + n / 10_000, 37.6), source_ref=f"x{n}", unit_id=cast.EAST,
            level="town", reader_codes=chain(cast.EAST_NORTH), due_on=one.due_on, registered_at=r.NOW, registered_by=one.registered_by,
        )
        for n in range(600)
    ]  # fmt: skip
    Issue.objects.bulk_create(rows)
    layer, address = registry["issues"], tiles.TileAddress(**tile_of(WEST_SPOT))
    for code in (cast.COUNTY, cast.WEST, cast.WEST_SOUTH):
        values = {**vars(address), "layer": layer.name, "scope": code, "versions": list(layer.versions)}
        with walls.raised(walls.Wall(code)):
            plan = plan_of(tiles._text(tiles.POINTS, layer, named=True), values)
        assert "siwu.scope" in plan and re.search(r"Index Cond: \(.*geom_3857 && ", plan), plan
        assert "issue_by_reader" not in plan
