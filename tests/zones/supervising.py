"""A published county, a clock that tests move, and a citizen who has nothing but a browser."""
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from geo.models import User
from tests import cast
from zones.periods import COUNTY_TIME

# The day after tests.zones.rounding.publish.
NOW = datetime(2026, 10, 24, 9, tzinfo=COUNTY_TIME)
SAID = "3号楼消防通道被车辆堵住，消防车进不去"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **named) -> None:
        self.now += timedelta(**named)


@dataclass
class Citizen:
    """Waits a little before pressing the button, as people do; each comes from a network of the own."""

    clock: Clock
    works: bool = False
    network: int = 0
    _networks = count(1)

    def __post_init__(self):
        self.network = self.network or next(self._networks)
        high, low = divmod(self.network, 256)
        self.address = f"10.{100 + high}.{low}.7"
        self.client = Client(REMOTE_ADDR=self.address)

    def token(self, address: str) -> str:
        page = self.client.get(address).content.decode()
        return re.search(r'name="token" value="([^"]+)"', page)[1]

    def send(self, address: str, *, seconds: int = 20, photos=(), token: str | None = None, **typed):
        """Opens the form, waits, posts."""
        token = token if token is not None else self.token(address)
        self.clock.wait(seconds=seconds)
        work = puzzle(token) if self.works else ""
        return self.client.post(address, {"token": token, "work": work, **typed, **({"photos": photos} if photos else {})})

    def feedback(self, **named):
        return self.send("/feedback/", **{"category": "fire", "text": SAID, "town": cast.WEST, **named})

    def asks(self, receipt: tuple[str, str]) -> str:
        number, code = receipt
        return self.client.post("/receipts/", {"number": number, "code": code}).content.decode()


def puzzle(token: str, bits: int = 15) -> str:
    for n in count():
        if int.from_bytes(hashlib.sha256(f"{token}:{n}".encode()).digest()[:4]) >> (32 - bits) == 0:
            return str(n)


def receipt_of(response) -> tuple[str, str]:
    assert response.status_code == 200, response.content.decode()
    number, code = re.findall(r"<code>([A-Z0-9-]+)</code>", response.content.decode())
    return number, code


def text(response) -> str:
    return response.content.decode()


def picture(colour=(90, 120, 40)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return SimpleUploadedFile("照片.jpg", out.getvalue())


def third() -> User:
    """A county officer who had no hand in the round."""
    return User.objects.filter(username="county_third").first() or cast.user("county_third", User.Role.COUNTY_OFFICER)
