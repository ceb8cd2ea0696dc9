"""An invented draft of the register's standard for the demo county: blocked fire lanes are cleared within a day."""
from datetime import date, datetime

from geo.models import User
from zones.rulebook import drafting
from zones.rulebook.boards import BOARDS

NOTE = "演示草案（虚构）：消防通道堵塞的期限由2个工作日改为1个。"


def load(*, now: datetime) -> int:
    """Returns how many drafts there are. Runs inside the demo's own transaction."""
    board, by = BOARDS["register"], User.objects.get_by_natural_key("county")
    made = drafting.begin(board, board.versions().first(), by=by, now=now)
    rows = [row | {"working_days": 1} if row["code"] == "fire_passage" else row for row in made.document["categories"]]
    drafting.write(
        made, title=made.title, valid_from=date(2027, 1, 1), change_note=NOTE, document=made.document | {"categories": rows}, by=by, now=now
    )
    return 1
