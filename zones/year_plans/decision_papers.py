"""The files of a decision, made in a worker: DOCX, PDF and the pictures that they show. Loads matplotlib."""
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.utils import translation
from matplotlib.figure import Figure

from patrol import paper
from zones.bulletins import pictures, word_file
from zones.kept_papers import write_whole
from zones.models import PlanDecision
from zones.year_plans import result_pages
from zones.year_plans.decision_content import KINDS, document, shapes
from zones.year_plans.decision_files import PAPERS, folder
from zones.year_plans.words import Names

NAME_SHOWN = 16


def write(found: PlanDecision) -> Path:
    """All files of the decision as it is, at once or not at all."""
    return write_whole(folder(found), lambda beside: make(found, beside), needed=PAPERS, older=f"{found.pk}-*")


def make(found: PlanDecision, beside: Path) -> dict[str, bytes]:
    """Contents by file name. `beside` is a folder in which the PDF finds the pictures."""
    with translation.override(settings.LANGUAGE_CODE):
        told, drawn = document(found), draw(found)
        for name, content in drawn.items():
            (beside / f"{name}.png").write_bytes(content)
        named = {name: (str(beside / f"{name}.png"), "image/png") for name in drawn}
        pdf = paper.make_pdf("zones/bulletin_file.html", {"told": told, "drawn": set(drawn)}, pictures=named)
        return {"docx": word_file.make(told, drawn), "pdf": pdf, **{f"{name}.png": content for name, content in drawn.items()}}


def draw(found: PlanDecision) -> dict[str, bytes]:
    made = {"map": pictures.zone_map(shapes(found), KINDS), "stability": stability(found)}
    return {name: pictures.png(figure) for name, figure in made.items() if figure is not None}


def stability(found: PlanDecision) -> Figure | None:
    """How often each zone is in when the weights vary, with the margin of a sample; what was decided is dark and marked."""
    frozen, result = found.run.frozen, found.run.result
    if not result["stability"]:
        return None
    names, chosen = Names.of(frozen["zones"], frozen["indicators"]).zones, set(found.chosen)
    return bars([(names[each["zone"]], each["chosen"], each["margin"], each["zone"] in chosen) for each in _shown(result, chosen)])


def _shown(result: Mapping, chosen: set) -> list[Mapping]:
    rows = [each for each in result["stability"]["zones"] if each["zone"] in chosen or each["chosen"] > 0]
    return sorted(rows, key=lambda each: (each["zone"] not in chosen, -each["chosen"], each["zone"]))[: result_pages.BARS_SHOWN]


def bars(rows: list[tuple[str, float, float, bool]]) -> Figure:
    figure, axes = pictures.blank(0.7 + 0.27 * len(rows))
    places, shares = range(len(rows)), [100 * share for _name, share, _margin, _in in rows]
    colours = [pictures.GREEN if is_in else pictures.LINE for *_rest, is_in in rows]
    margins = [100 * margin for _name, _share, margin, _in in rows]
    drawn = axes.barh(places, shares, 0.66, color=colours, xerr=margins if any(margins) else None, ecolor=pictures.MUTED)
    axes.bar_label(drawn, [f"{share:.0f}%" for share in shares], fontsize=8, padding=6)
    axes.set_yticks(places, [f"{'✓ ' if is_in else ''}{name[-NAME_SHOWN:]}" for name, *_rest, is_in in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 114)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25%", "50%", "75%", "100%"], fontsize=8)
    axes.tick_params(axis="y", length=0)
    return figure
