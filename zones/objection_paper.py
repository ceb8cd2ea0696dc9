"""The printed notice to a compound's manager: the draft grade, why, until when and with which code to object."""
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from geo import qr
from geo.invented import holds_invented
from geo.models import User
from patrol import paper
from zones import objections
from zones.models import Grade, RatingRound
from zones.round_pages import NOTICES_AT_MOST
from zones.rounds import RoundReader
from zones.sentences import lines_of


def chosen(rating_round: RatingRound, user: User, *, town: str, piece: str, compound: str) -> list[Grade]:
    """A piece of a town's grades, or one compound's; empty for what is not the reader's own."""
    mine = Grade.objects.visible_to(user).filter(round=rating_round).with_final().select_related("compound__division")
    if compound.isascii() and compound.isdecimal():
        return list(mine.filter(compound=int(compound)))
    if not (town.isascii() and town.isdecimal() and len(town) == 9):
        return []
    first = (int(piece) - 1 if piece.isascii() and piece.isdecimal() and int(piece) else 0) * NOTICES_AT_MOST
    ordered = mine.filter(compound__division__code__startswith=town).order_by("compound__division_id", "compound__name", "pk")
    return list(ordered[first : first + NOTICES_AT_MOST])


def pdf(request: HttpRequest, rating_round: RatingRound, grades: list[Grade], *, now) -> HttpResponse:
    """RatingRefused outside the objection window."""
    invited = objections.invite(rating_round, grades, by=request.user, now=now)
    reader, door = RoundReader(rating_round), request.build_absolute_uri(reverse("objections"))
    notices = [
        {"grade": grade, "code": code, "label": Grade.Colour(grade.final_colour).label, "lines": lines_of(reader.reasons(grade))}
        for grade, code in invited
    ]
    context = {"round": rating_round, "notices": notices, "door": door, "qr": qr.svg(door), "now": now, "invented": holds_invented()}
    place = grades[0].compound.name if len(grades) == 1 else grades[0].compound.division_id[:9]
    name = f"{_('等级异议通知书')}{rating_round.period}-{place}"
    return paper.pdf_response(request, "zones/objection_notice_file.html", context, name=name)
