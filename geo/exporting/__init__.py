"""A queryset as a file. The queryset carries the reader's rights; no text in a spreadsheet is a formula; what is exported can be
imported again and says "unchanged".

    exporting.stream(layer, rows, "geojson")                    bytes as they are made: GeoJSON, CSV, KML
    exporting.write(layer, rows, "gpkg", path, by=user)         a whole file of any form
"""
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet
from django.utils import translation

from geo.exporting import files, texts, xlsx
from geo.exporting.errors import ExportRefused
from geo.exporting.rows import DATUMS, Chunk, OutDatum, chunks, fields_of
from geo.layers import Layer
from geo.models import User

__all__ = ["DATUMS", "FORMS", "ExportRefused", "Form", "form_of", "stream", "write"]

Progress = Callable[[int], None] | None
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Form:
    """`make` gives bytes where the form streams, and fills a path where it does not."""

    name: str
    title: str
    ending: str
    content_type: str
    make: Callable
    streams: bool = False


FORMS = {
    each.name: each
    for each in (
        Form("xlsx", "Excel (XLSX)", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.write),
        Form("csv", "CSV", "csv", "text/csv; charset=utf-8", texts.csv, streams=True),
        Form("geojson", "GeoJSON", "geojson", "application/geo+json", texts.geojson, streams=True),
        Form("gpkg", "GeoPackage", "gpkg", "application/geopackage+sqlite3", files.gpkg),
        Form("shp", "Shapefile (ZIP)", "zip", "application/zip", files.shapefile),
        Form("kml", "KML", "kml", "application/vnd.google-earth.kml+xml", texts.kml, streams=True),
    )
}


def form_of(name: str, datum: str = "wgs84") -> tuple[Form, OutDatum]:
    """Raises ExportRefused for a form or a datum that is not offered."""
    if name not in FORMS:
        raise ExportRefused("unknown_form", form=name[:20], forms="、".join(FORMS))
    if datum not in DATUMS:
        raise ExportRefused("unknown_datum", datum=datum[:20], datums="、".join(each.title for each in DATUMS.values()))
    if name == "kml" and datum != "wgs84":
        raise ExportRefused("kml_datum")
    return FORMS[name], DATUMS[datum]


def stream(
    layer: Layer, queryset: QuerySet, form: str, *, datum: str = "wgs84", progress: Progress = None, **options
) -> Iterator[bytes]:
    """The bytes of a form that streams, the first of them before the database is asked."""
    chosen, out = form_of(form, datum)
    return _pieces(layer, queryset, chosen, out, progress, options)


def _pieces(layer: Layer, queryset: QuerySet, form: Form, datum: OutDatum, progress: Progress, options: dict) -> Iterator[bytes]:
    # Closed by name: an open COPY keeps its connection from everybody else, however the reader of these bytes goes away.
    with closing(chunks(layer, queryset, datum=datum)) as made:
        yield from form.make(fields_of(layer, datum=datum), _counted(made, progress), **_about(layer, datum), **options)


def write(
    layer: Layer, queryset: QuerySet, form: str, target: Path, *, by: User, datum: str = "wgs84", progress: Progress = None
) -> None:
    """Write a file of any form to `target`. `progress` is told how many objects are done. Raises ExportRefused; then the file is gone."""
    chosen, out = form_of(form, datum)
    try:
        if chosen.streams:
            with target.open("wb") as file, closing(stream(layer, queryset, form, datum=datum, progress=progress)) as pieces:
                file.writelines(pieces)
        else:
            with closing(chunks(layer, queryset, datum=out)) as made:
                chosen.make(fields_of(layer, datum=out), _counted(made, progress), target, **_about(layer, out))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    log.info("export %s %s by account %s", layer.name, form, by.pk)


def _about(layer: Layer, datum: OutDatum) -> dict:
    with translation.override("zh-hans"):
        return {"datum": datum, "title": str(layer.title), "areas": layer.shape != "point"}


def _counted(made: Iterable[Chunk], progress: Progress) -> Iterator[Chunk]:
    done = 0
    for chunk in made:
        yield chunk
        done += len(chunk)
        if progress:
            progress(done)
