"""Chinese everywhere; English where the reader asked for it."""

import re

import pytest
from lxml.html import document_fromstring
from playwright.sync_api import Page

from geo.layers import registry
from tests.browser.pages import OnePage, every_page
from tests.browser.visits import drawn, state_purpose

pytestmark = pytest.mark.browser

# What is seen, and what a screen reader or a pointer is told. Commands to type stay as they are, and so does an official paper.
TEXTS = """() => {
  const as_is = "code, body [lang='zh-Hans']";
  const shown = (each) => each.checkVisibility() && !each.closest(as_is);
  const told = [...document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")].filter(shown)
    .flatMap((each) => ["aria-label", "title", "placeholder", "alt"].map((name) => each.getAttribute(name) || ""));
  const codes = [...document.querySelectorAll(as_is)];
  codes.forEach((each) => { each.hidden = true; });
  const text = document.body.innerText;
  codes.forEach((each) => { each.hidden = false; });
  return [document.title, text, ...told].join("\\n");
}"""
# Codes and names that are the same in every language; the accounts of the demo; the demo's keys.
SAME = re.compile(
    r"English|OpenAPI|GeoJSON|CSV|PDF|DOCX|API|JavaScript|SHA-256\s+[0-9a-f]*|\b\d{4}Q\d\b|A[34]\b|wgs84|\bDEMO-[A-Z]-\d+"
    r"|\bcounty(_second|_third)?\b|\btown_shikong\b|\btown_ningan\b|\bauditor\b|\bsysadmin\b|\bsecadmin\b|\bplanner_county\b|nothing-of-this-name|JPG|PNG|\bpng\b|\b[KM]B(?![A-Za-z])"
    r"|GeoPackage|Shapefile|KML|KMZ|GML|FlatGeobuf|Excel（\.xlsx）|XLSX|ZIP|GCJ-02|BD-09"
    r"|\bzxsq\b|\bzhenxing\b|\bvillage_zhenxing\b|\bpatrol_\w+|GPX|iCalendar|gov\.cn content_\d+"
    r"|Python|JSON|ETag|recompute\.py|XXXX|\b[FSHC]\d{6}-[0-9A-Z]{6}\b|(\bdemo|(?<=）))\.(jpg|png|pdf)\b"
    r"|\bCtrl\b|\bShift\b|\bExcel\b|\bSiwu\b|QGIS|ArcGIS Pro|ArcGIS|GDAL|WFS|OGC API - Features|EPSG|CGCS2000|WGS-84|URL|HTTP"
    r"|\bKoper\b|\bBowers\b|\bJohnson\b|\bAHP\b|TOPSIS|PROMETHEE(?: II)?|SPOTIS|\bTOTP\b|\bFIDO2\b|\bWebAuthn\b|\bhttps\b"
)
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
CRITERIA_TEXTS = """
    SELECT item->>'text', coalesce(item->>'unit', '') FROM zones_campaigncriteria, jsonb_array_elements(criteria->'items') item"""
STAKEHOLDERS = "SELECT opinion->>'stakeholder' FROM zones_scenario, jsonb_array_elements(document->'opinions') opinion"
# Any but the one that every page has, of the bar.
OWN_SCRIPT = re.compile(r"<script[^>]+src=\"(?![^\"]*geo/bar[.\w]*js\")")
CHINESE = re.compile(r"[\u3400-\u9fff]+")


def english_on(one: OnePage, page: Page, ask) -> list[str]:
    """Words of a Chinese page that no Chinese reader expects. The tour of test_accessibility asks for them on its way."""
    assert page.locator("html").get_attribute("lang") == "zh-hans", one.name
    text = page.evaluate(TEXTS)
    if one.name == "kinds":  # the officer who names kinds of places names them in English too
        titles = ask("SELECT title_en FROM geo_placekind ORDER BY length(title_en) DESC")
        text = re.sub("|".join(re.escape(title) for (title,) in titles), " ", text)
    return LATIN_WORD.findall(SAME.sub(" ", text))


def proper_names(ask) -> list[str]:
    """What is Chinese in any language: places, units, what a person wrote. The longest first, so that none hides in another."""
    columns = {("zones_publication", name) for name in ("published_by_unit", "scheme_title", "correction_reason")}
    columns |= {("geo_division", "name"), ("geo_batch", "file_name"), ("geo_decision", "why"), ("zones_evidencefile", "name")}
    columns |= {("zones_campaigncriteria", "title"), ("zones_answer", "text"), ("zones_answer", "note")}
    columns |= {("geo_placekind", name) for name in ("title", "group", "source")}
    columns |= {("geo_basemapfeature", "name"), ("geo_basemapfeature", "source")}
    columns |= {("zones_registerstandard", "title"), ("zones_zonecriteria", "title"), ("zones_workcalendar", "source")}
    columns |= {("zones_issue", "text"), ("zones_issuenote", "text"), ("zones_inspection", "note")}
    columns |= {("zones_bulletin", "number"), ("zones_bulletin", "correction_reason")}
    columns |= {("zones_publishedbulletin", "title"), ("zones_publishedbulletin", "number"), ("zones_publication", "withdrawn_reason")}
    columns |= {(f"zones_{name}standard", "title") for name in ("round", "supervision", "effect")}
    columns |= {("patrol_proposalstandard", "title"), ("patrol_proposalstandard", "stop_source")}
    columns |= {("zones_ratingscheme", "title"), ("zones_ratingscheme", "change_note"), ("zones_publishedgrade", "decision_text")}
    columns |= {("zones_standing", "outcome_text"), ("zones_standing", "reply_text"), ("zones_grade", "decided_why")}
    columns |= {("zones_gradeproposal", "reason"), ("zones_compoundobjection", "text")}
    columns |= {(f"zones_{name}", "answer") for name in ("gradeproposal", "compoundobjection")}
    doors = ("feedback", "appeal", "rightofreply", "reinspectionrequest")
    columns |= {(f"zones_{door}", name) for door in doors for name in ("text", "answer")}
    columns |= {("zones_sitestudy", "name"), ("zones_publishedplan", "title"), ("zones_assessmentstandard", "title")}
    columns |= {("zones_assessment", name) for name in ("name", "owner_unit", "place_name", "summary", "conclusion")}
    columns |= {("zones_assessmentmeeting", "summary"), ("zones_assessmentanswer", "note"), ("zones_assessmentanswer", "measure")}
    columns |= {("zones_publishedassessment", name) for name in ("standard_title", "outcome_text", "published_by_unit", "withdrawn_reason")}
    columns |= {("patrol_team", "name"), ("patrol_shifttemplate", "name"), ("patrol_shift", "note")}
    # The audit keeps states and purposes in the words of the moment.
    columns |= {("geo_auditentry", "note"), ("geo_accountevent", "note"), ("patrol_trackread", "purpose")}
    columns |= {("geo_postsstandard", "version"), ("geo_surveillancestandard", "version")}
    columns |= {("zones_ruledraft", "title"), ("zones_ruledraft", "change_note")}
    columns |= {("zones_dutyrule", "source"), ("zones_dutystandard", "title"), ("zones_issuecategory", "name")}
    columns |= {("zones_plancriteria", "title"), ("zones_scenario", "name")}
    columns |= {("zones_ownindicator", name) for name in ("name", "unit", "source")}
    for layer in registry:
        fields = [layer.column_field(column) for column in layer.columns]
        free = [field.column for field in fields if field.get_internal_type() == "CharField" and not field.choices]
        columns |= {(layer.model._meta.db_table, name) for name in free}
    found = {text for table, name in columns for (text,) in ask("SELECT DISTINCT {name} FROM {table}", name=name, table=table)}
    found |= {text for row in ask(CRITERIA_TEXTS) for text in row}
    found |= {text for (text,) in ask(STAKEHOLDERS)}
    return sorted(found - {""}, key=len, reverse=True)


def texts_of(html: str) -> str:
    """What TEXTS gives, of a page that no script has to finish, and of what is folded away on it. A field's text is its writer's."""
    tree = document_fromstring(html)
    for each in tree.xpath("//script | //style | //code | //textarea | //body//*[translate(@lang, 'HANS', 'hans') = 'zh-hans']"):
        each.drop_tree()
    return "\n".join([tree.text_content(), *tree.xpath("//@aria-label | //@title | //@placeholder | //@alt | //@label")])


@pytest.mark.as_loaded
def test_with_english_chosen_only_names_are_chinese(visit, ask, demo_server):
    """In the browser wherever a script of the page's own may say something; of all other pages the text that the server sends."""
    names = re.compile("|".join(map(re.escape, proper_names(ask))))
    marks = re.compile("|".join(re.escape(mark) for (mark,) in ask("SELECT mark FROM geo_placekind")))
    opened, found = {}, {}
    for one in every_page(ask):
        if one.account not in opened:
            opened[one.account] = visit(account=one.account)
            opened[one.account].context.add_cookies([{"name": "django_language", "value": "en", "url": demo_server.base_url}])
        page = opened[one.account]
        html = page.context.request.get(one.path, headers={"Accept": "text/html"}).text()
        text = texts_of(html)
        if one.before in (drawn, state_purpose) or OWN_SCRIPT.search(html):
            if one.refused:
                visit.expect(page, one.path)
            page.goto("about:blank")
            page.goto(one.path)
            one.before(page)
            text += page.evaluate(TEXTS)
        text = names.sub(" ", text.replace("中文", " "))
        words = CHINESE.findall(marks.sub(" ", text) if one.name == "kinds" else text)
        if words:
            found[one.name] = sorted(set(words))
    assert not found, "\n".join(f"{name}: {words}" for name, words in found.items())


def test_the_language_is_switched_and_kept(visit):
    page = visit("/criteria/1.0/")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert page.url.endswith("/criteria/1.0/")
    page.goto("/account/login/")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("html[lang=zh-hans]")
