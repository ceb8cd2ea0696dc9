"""Default deny: without an account, without a scope, in another town."""
import pytest
from django.contrib.auth import SESSION_KEY

from geo.models import Compound, Station
from geo.querysets import ScopeMissing
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_towns():
    cast.territory()
    return cast.west_compound(), cast.east_compound()


@pytest.mark.parametrize(
    "ask",
    [
        list, len, bool, lambda q: q.count(), lambda q: q.exists(), lambda q: q.first(), lambda q: q.update(name="x"),
        lambda q: q.delete(), lambda q: list(q.iterator()), lambda q: list(q.values("name")), lambda q: q.filter(pk=1).get(),
    ],
)  # fmt: skip
def test_a_query_without_a_scope_raises(two_towns, ask):
    with pytest.raises(ScopeMissing):
        ask(Compound.objects.all())


def test_a_union_is_scoped_only_if_each_part_is(two_towns):
    scoped = Compound.objects.in_division(cast.WEST)
    with pytest.raises(ScopeMissing):
        list(scoped.union(Compound.objects.all()))
    assert len(scoped.union(Compound.objects.in_division(cast.EAST))) == 2


def test_each_sees_the_own_territory(two_towns):
    west, east = two_towns
    assert set(Compound.objects.visible_to(cast.county_officer())) == {west, east}
    assert set(Compound.objects.visible_to(cast.west_officer())) == {west}
    assert set(Compound.objects.visible_to(cast.village_cadre())) == {west}
    assert not Compound.objects.visible_to(cast.auditor()).exists()


def test_a_code_is_no_pattern(two_towns):
    assert not Compound.objects.in_division("640521%01").exists()
    assert not Compound.objects.in_division("640521___").exists()


def test_other_town_answers_as_the_unknown(client, two_towns):
    west, east = two_towns
    client.force_login(cast.west_officer())
    own, foreign, unknown = (client.get(f"/map/compounds/{pk}.json") for pk in (west.pk, east.pk, 987654321))
    assert own.status_code == 200 and own.json()["title"] == "西苑小区"
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content) == (404, unknown.content)


def test_search_and_legend_keep_to_the_territory(client, two_towns):
    client.force_login(cast.west_officer())
    names = [hit["name"] for hit in client.get("/map/search.json?q=苑小区").json()["hits"]]
    assert names == ["西苑小区"]
    assert client.get("/map/legend.json").json()["compounds"] == {"gated": 1}


@pytest.mark.parametrize("text", ["", " ", "%", "\x00", "'; DROP TABLE geo_user; --", "a" * 5000])
def test_search_takes_any_text(client, two_towns, text):
    client.force_login(cast.county_officer())
    assert client.get("/map/search.json", {"q": text}).status_code == 200


def test_first_password_must_be_changed(client, two_towns):
    client.force_login(cast.user("new", "town_officer", cast.WEST, must_change_password=True))
    assert client.get("/map/")["Location"] == "/account/password/"
    word = "枸杞红了2026号大院落"
    changed = client.post("/account/password/", {"old_password": cast.PASSWORD, "new_password1": word, "new_password2": word})
    assert changed["Location"] == "/map/"
    assert client.get("/map/").status_code == 200


@pytest.mark.parametrize("change", [{"role": "planner"}, {"division_id": cast.EAST}, {"is_active": False}])
def test_a_change_of_rights_ends_the_session_at_its_next_request(client, two_towns, change):
    officer = cast.west_officer()
    client.force_login(officer)
    assert client.get("/map/", headers={"accept": "text/html"}).status_code == 200
    type(officer).objects.filter(pk=officer.pk).update(**change)
    assert client.get("/map/", headers={"accept": "text/html"}).status_code == 302


def test_signing_in_makes_a_new_session_and_only_to_our_own_pages(client, two_towns):
    cast.west_officer()
    answer = client.post("/account/login/?next=//evil.example/", {"username": "west", "password": cast.PASSWORD, "next": "//evil.example/"})
    assert answer["Location"] == "/map/"
    assert SESSION_KEY in client.session
    assert client.post("/account/language/", {"language": "en", "next": "//evil.example/"})["Location"] == "/"


def test_readers_get_no_cookie_and_pages_name_no_foreign_origin(client, two_towns):
    answer = client.get("/")
    assert not answer.cookies
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy and "http" not in policy and "frame-ancestors 'none'" in policy
    client.force_login(cast.county_officer())
    page = client.get("/map/").content.decode()
    assert "http:" not in page and "https:" not in page


def test_chinese_unless_the_reader_chose_otherwise(client, two_towns):
    assert 'lang="zh-hans"' in client.get("/account/login/", headers={"accept-language": "en"}).content.decode()
    client.post("/account/language/", {"language": "en", "next": "/"})
    assert 'lang="en"' in client.get("/account/login/").content.decode()


def test_the_application_may_not_change_the_schema(two_towns):
    from django.db import ProgrammingError, connection, transaction

    for statement in ("DROP TABLE geo_station", "ALTER TABLE geo_station ADD COLUMN x integer", "CREATE TABLE mine (x integer)"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert not Station.objects.everywhere("test").exists()


def test_invented_data_are_called_invented_on_every_staff_page(client, two_towns):
    from geo.invented import INVENTED
    from geo.models import Batch

    client.force_login(cast.county_officer())
    assert INVENTED not in client.get("/map/").content.decode()
    Batch.objects.create(layer="compounds", file_name=INVENTED, sha256="0" * 64, datum="wgs84")
    assert INVENTED in client.get("/map/").content.decode()
    assert INVENTED in client.get("/batches/").content.decode()
