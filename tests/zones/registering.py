"""An issue in WEST and the people around it: by hand, so that each test says what it is about. A Wednesday in the county."""
import io
from datetime import date, datetime, timedelta
from itertools import count

from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from geo.models import Division, User
from tests import cast
from zones import register
from zones.models import Issue
from zones.periods import COUNTY_TIME
from zones.register import Where
from zones.register_places import Position
from zones.register_rules import rules_at

NOW = datetime(2026, 11, 18, 9, tzinfo=COUNTY_TIME)
HOUR = timedelta(hours=1)
SPOT = (105.62, 37.48)
HERE = Position(105.6201, 37.4801, 12.0)
_colours = count(1)


def people() -> dict[str, User]:
    cast.territory()
    return {
        "county": cast.county_officer(),
        "west": cast.west_officer(),
        "second": cast.user("west_second", User.Role.TOWN_OFFICER, cast.WEST),
        "east": cast.east_officer(),
        "cadre": cast.village_cadre(),
        "north": cast.user("north", User.Role.VILLAGE_CADRE, cast.WEST_NORTH),
        "auditor": cast.auditor(),
        "planner": cast.planner(),
    }


def jpeg(size=(40, 30)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, (next(_colours) % 250, 90, 120)).save(out, "JPEG")
    return SimpleUploadedFile("照片.jpg", out.getvalue())


def issue(by: User, *, category: str = "fire_passage", spot=SPOT, now=NOW, text: str = "楼道口堆放杂物", **named) -> Issue:
    where = named.pop("where", None) or Where(point=Point(*spot, srid=4326))
    return register.register(category=rules_at(now).category(category), text=text, where=where, by=by, now=now, **named)


def assigned(made: Issue, by: User, *, unit: str = cast.WEST_SOUTH, due_on=date(2026, 11, 27), now=NOW) -> Issue:
    register.assign(made, unit=Division.objects.get(pk=unit), due_on=due_on, by=by, now=now)
    return made


def reported(made: Issue, by: User, *, now=NOW + HOUR) -> Issue:
    register.move(made, "rectifying", by=by, now=now)
    register.report_fixed(made, why="已清理", photos=[jpeg()], by=by, now=now + HOUR)
    return made


def closed(made: Issue, by: User, *, now=NOW + 3 * HOUR) -> Issue:
    register.close(made, position=HERE, by=by, now=now)
    return made
