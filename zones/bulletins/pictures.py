"""The pictures of a bulletin's documents, drawn from its frozen figures alone. Loads matplotlib: for the worker only."""
import errno
import io
import logging
import os
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from geo.layers import LegendClass
from zones.layers import ZONE_CLASSES
from zones.maps import free_spot

matplotlib.use("agg")
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
INK, MUTED, LINE, BLUE, GREEN, GOLD, RED = "#1c2730", "#54626d", "#c9d0d0", "#1b4f72", "#2f7d5b", "#c98a00", "#a3241d"
FONT = "Noto Sans CJK SC"
FONT_FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
WIDTH_IN, DPI = 6.1, 200
UNITS_SHOWN = 16
# The map leaves room for its legend; a letter in its circle is about so wide.
MAP_WIDTH_IN, MAP_HEIGHT_IN, LETTER_IN = 4.9, 4.5, 0.105


def _fonts() -> None:
    """All faces of the collections, also where the list of fonts was made before they were installed."""
    known = {each.name for each in font_manager.fontManager.ttflist}
    if FONT not in known:
        for path in _found(FONT_FILES):
            font_manager.fontManager.addfont(path)
    matplotlib.rcParams.update({
        "font.family": [FONT, "DejaVu Sans"], "font.size": 9, "axes.edgecolor": LINE, "axes.labelcolor": INK, "text.color": INK,
        "xtick.color": MUTED, "ytick.color": INK, "axes.unicode_minus": False,
    })  # fmt: skip


def _found(files: tuple[str, ...]) -> list[str]:
    return [path for path in font_manager.findSystemFonts() if path.endswith(files)]


def system_font(file: str) -> str:
    """The path of a font file of the system. Raises FileNotFoundError."""
    found = _found((file,))
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), file)
    return found[0]


_fonts()


def draw(figures: Mapping) -> dict[str, bytes]:
    """PNG by name: months (registered and closed), units (shares in time), map. One without data is left out."""
    makers = {"months": months, "units": units, "map": lambda of: zone_map(of["map"])}
    drawn = {name: make(figures) for name, make in makers.items()}
    return {name: png(figure) for name, figure in drawn.items() if figure is not None}


def png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, facecolor="white")
    return out.getvalue()


def blank(height_in: float):
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def months(figures: Mapping) -> Figure | None:
    """Problems registered and closed in the twelve months up to the end; a month before the register is marked, not zero."""
    rows = figures["months"]
    if not any(row["registered"] is not None for row in rows):
        return None
    figure, axes = blank(2.6)
    places = np.arange(len(rows))
    for name, label, shift, colour, hatch in (("registered", "新挂号", -0.2, BLUE, ""), ("closed", "销号", 0.2, GREEN, "//")):
        values = [row[name] or 0 for row in rows]
        bars = axes.bar(places + shift, values, 0.38, label=label, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4)
        axes.bar_label(bars, [str(n) if n else "" for n in values], fontsize=7, color=MUTED, padding=1)
    for place, row in zip(places, rows, strict=True):
        if row["registered"] is None:
            axes.text(place, 0, "无数据", rotation=90, ha="center", va="bottom", fontsize=7, color=MUTED)
    axes.set_xticks(places, [_month(row["month"], index) for index, row in enumerate(rows)], fontsize=8)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("件")
    axes.set_ylim(0, max(1, *(row[name] or 0 for row in rows for name in ("registered", "closed"))) * 1.15)
    axes.legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.16), fontsize=8)
    return figure


def _month(text: str, index: int) -> str:
    year, month = text.split("-")
    return f"{int(month)}月\n{year}" if index == 0 or month == "01" else f"{int(month)}月"


def units(figures: Mapping) -> Figure | None:
    """The share of duties in time by unit, the lowest above; where there are many, the lowest of them."""
    rows = [row for row in figures["units"] if row.get("duties_share") is not None]
    if len(rows) < 2:
        return None
    rows = sorted(rows, key=lambda row: (row["duties_share"], row["code"]))[:UNITS_SHOWN]
    figure, axes = blank(0.7 + 0.27 * len(rows))
    shares = [100 * row["duties_share"] for row in rows]
    bars = axes.barh(range(len(rows)), shares, 0.66, color=BLUE)
    axes.bar_label(bars, [f"{share:.1f}%" if share < 100 else "100%" for share in shares], fontsize=8, padding=3)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25%", "50%", "75%", "100%"], fontsize=8)
    axes.tick_params(axis="y", length=0)
    return figure


def zone_map(shapes: Mapping, kinds: Sequence[LegendClass] = ZONE_CLASSES) -> Figure | None:
    """Outlines and zones; a zone's state is its letter, and its colour. A kind without a letter is drawn as an area alone."""
    corners = [point for each in (*shapes["outlines"], *shapes["zones"]) for ring in each["rings"] for point in ring]
    if not shapes["zones"] or not corners:
        return None
    west, south = np.min(corners, axis=0)
    east, north = np.max(corners, axis=0)
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    height = min(MAP_HEIGHT_IN, max(2.4, MAP_WIDTH_IN * (north - south) * stretch / max(east - west, 1e-6)))
    figure, axes = blank(height)
    axes.set_axis_off()
    axes.set_aspect(stretch)
    classes = {each.value: each for each in kinds}
    per_inch = max((north - south) * stretch / height, (east - west) / MAP_WIDTH_IN)
    lettered = [each for each in shapes["zones"] if classes[each["state"]].mark]
    places = np.array([_middle(each) for each in lettered]).reshape(-1, 2)
    spots = spread(places * (1, stretch), LETTER_IN * per_inch) / (1, stretch)
    for each in shapes["outlines"]:
        _outline(axes, each, spots, 1.6 * LETTER_IN * per_inch)
    for each in shapes["zones"]:
        _area(axes, each, classes[each["state"]])
    for each, place, spot in zip(lettered, places, spots, strict=True):
        _letter(axes, classes[each["state"]], place, spot)
    pad_x, pad_y = 0.02 * (east - west), 0.02 * (north - south)
    axes.set_xlim(west - pad_x, east + pad_x)
    axes.set_ylim(south - pad_y, north + pad_y)
    there = {each["state"] for each in shapes["zones"]}
    told = [_key(one) for value, one in classes.items() if value in there]
    figure.legend(handles=told, frameon=False, fontsize=8, loc="outside right center")
    return figure


def _outline(axes, each: Mapping, marks: np.ndarray, room: float) -> None:
    """A name stands in the middle, or where it covers no letter; `room` is what it needs, in degrees."""
    for ring in each["rings"]:
        style = {"edgecolor": MUTED, "linewidth": 1.2} if each["own"] else {"edgecolor": LINE, "linewidth": 0.7}
        axes.add_patch(Polygon(ring, closed=True, facecolor="#f6f7f5" if each["own"] else "none", zorder=1 if each["own"] else 2, **style))
    if not each["own"]:
        shape = shapely.Polygon(max(each["rings"], key=len))
        spot = shape.representative_point()
        if len(marks) and np.min(np.hypot(*(marks - (spot.x, spot.y)).T)) < room:
            spot = free_spot(shape, marks)
        axes.text(spot.x, spot.y, each["name"], fontsize=7.5, color=MUTED, ha="center", va="center", zorder=3)


def _middle(each: Mapping) -> np.ndarray:
    return np.mean(max(each["rings"], key=len), axis=0)


def _key(kind) -> Line2D:
    """A line of the legend: the mark itself, with its letter."""
    style = {"marker": "o", "markersize": 8, "markerfacecolor": kind.colour, "markeredgecolor": "white", "linestyle": "none"}
    return Line2D([], [], label=f"{kind.mark}：{kind.label}" if kind.mark else str(kind.label), **style)


def _area(axes, each: Mapping, kind) -> None:
    for ring in each["rings"]:
        axes.add_patch(Polygon(ring, closed=True, facecolor=kind.colour, edgecolor=kind.colour, linewidth=0.6, alpha=0.85, zorder=4))


def _letter(axes, kind, place: np.ndarray, spot: np.ndarray) -> None:
    """One that was moved from others keeps a line to its place."""
    axes.plot([place[0], spot[0]], [place[1], spot[1]], color=kind.colour, linewidth=0.5, zorder=4)
    box = {"boxstyle": "circle,pad=0.15", "facecolor": kind.colour, "edgecolor": "white", "linewidth": 0.5}
    axes.text(*spot, kind.mark, fontsize=4.8, color="white", weight="bold", ha="center", va="center", zorder=5, bbox=box)


def spread(places: np.ndarray, apart: float, rounds: int = 120) -> np.ndarray:
    """The places moved as little as is needed for each pair to be `apart`, as far as so many rounds of pushing bring it."""
    spots = places + np.random.default_rng(1).normal(0, apart / 100, places.shape)
    for _round in range(rounds):
        gaps = spots[:, None, :] - spots[None, :, :]
        far = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(far, np.inf)
        push = np.clip(apart - far, 0, None)
        if not push.any():
            break
        spots = spots + 0.3 * (gaps / np.maximum(far, 1e-12)[..., None] * push[..., None]).sum(axis=1)
    return spots
