"""Every page there is, by name, as whoever may open it: what must hold for all pages is tested over this list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.visits import drawn, state_purpose

RED = "SELECT id, public_id FROM zones_gradedcompound JOIN geo_compound USING (id) WHERE colour = 'red' ORDER BY id LIMIT 1"
CANDIDATE = "SELECT min(id) FROM zones_candidate WHERE state = %s AND starts_with(division_id, '640521102')"
OPEN_PANEL = "panel => { panel.open = true; panel.querySelectorAll('[hidden]').forEach((each) => { each.hidden = false; }); }"


@dataclass(frozen=True)
class OnePage:
    """`refused` pages answer 403 or 404 on purpose. `before` brings the page into the state that is looked at."""

    name: str
    path: str
    account: str = ""
    refused: bool = False
    before: Callable[[Page], object] = lambda page: None


def every_page(ask) -> list[OnePage]:
    [(key, public_id)] = ask(RED)
    [(courtyard,)] = ask("SELECT public_id FROM zones_publishedtitle WHERE outcome = 'held' ORDER BY id DESC LIMIT 1")
    [(bulletin,)] = ask("SELECT public_id FROM zones_publishedbulletin LIMIT 1")
    [(campaign,)] = ask("SELECT id FROM zones_campaign WHERE kind = 'school' AND state = 'open'")
    [(offices,)] = ask("SELECT id FROM zones_campaign WHERE kind = 'office' AND state = 'open'")
    [(waiting,)] = ask(CANDIDATE, "recommended")
    [(answering,)] = ask(CANDIDATE, "nominated")
    [(problem,)] = ask("SELECT min(id) FROM zones_issue WHERE state = 'rectifying'")
    [(zone,)] = ask("SELECT min(id) FROM zones_rectificationzone WHERE status = 'rectifying'")
    [(moved,)] = ask("SELECT min(pgh_obj_id) FROM zones_rectificationzonekept")
    [(looked,)] = ask("SELECT min(id) FROM zones_inspection WHERE result = 'findings'")
    [(sheet,)] = ask("SELECT id FROM zones_checklist WHERE code = 'compound' AND division_id IS NULL")
    [(told,)] = ask("SELECT max(id) FROM zones_bulletin WHERE state = 'published'")
    [(draft,)] = ask("SELECT min(id) FROM zones_bulletin WHERE state = 'draft'")
    [(criteria,)] = ask("SELECT id FROM zones_ratingscheme WHERE state = 'draft'")
    [(siting,)] = ask("SELECT min(id) FROM zones_sitestudy")
    [(voice,)] = ask("SELECT min(id) FROM zones_feedback WHERE state = 'new'")
    [(against,)] = ask("SELECT min(id) FROM zones_appeal WHERE state = 'accepted'")
    [(patrol,)] = ask("SELECT id FROM geo_user WHERE username = 'patrol_ningan'")
    [(study,)] = ask("SELECT max(id) FROM zones_effectstudy")
    [(proposed,)] = ask("SELECT min(id) FROM patrol_planproposal")
    [(plan, run)] = ask(
        "SELECT plan_id, max(r.id) FROM zones_scenariorun r JOIN zones_scenario s ON s.id = r.scenario_id WHERE is_shared"
        " AND plan_id NOT IN (SELECT plan_id FROM zones_plandecision) GROUP BY plan_id ORDER BY plan_id LIMIT 1"
    )
    [(decided, chosen)] = ask("SELECT plan_id, public_id FROM zones_plandecision d JOIN zones_publishedplan ON decision_id = d.id LIMIT 1")
    [(project, notice)] = ask(
        "SELECT a.id, public_id FROM zones_assessment a JOIN zones_publishedassessment ON assessment_id = a.id"
        " WHERE state = 'draft' ORDER BY a.id LIMIT 1"
    )
    [(rules,)] = ask("SELECT max(id) FROM zones_ruledraft")
    [(periods,)] = ask("SELECT max(id) FROM zones_dutystandard")
    [(team,)] = ask("SELECT id FROM patrol_team WHERE is_round_the_clock")
    [(sealed,)] = ask("SELECT max(day) FROM geo_audithead")
    return [
        OnePage("home", "/", before=drawn),
        OnePage("nothing found", "/?q=nothing-of-this-name"),
        OnePage("compound", f"/compounds/{public_id}/"),
        OnePage("criteria", "/criteria/1.0/"),
        OnePage("compounds compared", f"/compare/?id={public_id}&q=1"),
        OnePage("contest", "/contest/"),
        OnePage("contest of compounds", "/contest/?unit=compounds"),
        OnePage("courtyard", f"/contest/courtyards/{courtyard}/"),
        OnePage("recompute it yourself", f"/recompute/?id={public_id}"),
        OnePage("open data", "/open-data/"),
        OnePage("record of publications", "/changes/"),
        OnePage("public bulletins", "/public-bulletins/"),
        OnePage("a public bulletin", f"/public-bulletins/{bulletin}/"),
        OnePage("public supervision", "/supervision/"),
        OnePage("feedback's door", "/feedback/", before=open_details),
        OnePage("receipts' door", "/receipts/"),
        OnePage("appeal's door", f"/compounds/{public_id}/appeal/"),
        OnePage("reply's door", f"/compounds/{public_id}/reply/"),
        OnePage("reinspection's door", f"/compounds/{public_id}/reinspection/"),
        OnePage("login", "/account/login/"),
        OnePage("components and licences", "/components/", "sysadmin"),
        OnePage("404", "/no-such-page/", refused=True),
        OnePage("accounts", "/accounts/", "secadmin"),
        OnePage("an account", f"/accounts/{patrol}/", "sysadmin"),
        OnePage("a new account", "/accounts/new/", "sysadmin"),
        OnePage("accounts' record", "/accounts/log/", "auditor"),
        OnePage("audit", "/audit/", "auditor"),
        OnePage("a day's head", f"/audit/heads/{sealed}/", "auditor"),
        OnePage("who looked at mine", "/account/access/", "patrol_ningan"),
        OnePage("who looks, for the public", "/data-access/"),
        OnePage("map", "/map/", "county", before=open_everything),
        OnePage("ratings", "/ratings/", "county"),
        OnePage("versions of the criteria", "/ratings/criteria/", "county"),
        OnePage("a draft of criteria", f"/ratings/criteria/{criteria}/", "county_second"),
        OnePage("criteria's form", f"/ratings/criteria/{criteria}/edit/", "county"),
        OnePage("what other criteria would change", f"/ratings/criteria/{criteria}/what-if/", "county"),
        OnePage("fairness", "/ratings/fairness/", "county"),
        OnePage("a year's plan", f"/plans/{plan}/", "planner_county"),
        OnePage("a plan's result", f"/plans/runs/{run}/", "county", before=drawn),
        OnePage("choosing what to decide on", f"/plans/{plan}/decision/new/", "planner_county"),
        OnePage("a plan's decision", f"/plans/{decided}/decision/", "county", before=open_details),
        OnePage("a decision for the public", f"/demonstrations/{chosen}/"),
        OnePage("assessments", "/assessments/", "planner_county", before=drawn),
        OnePage("an assessment", f"/assessments/{project}/", "planner_county", before=open_details),
        OnePage("a project for the public", f"/public-assessments/{notice}/"),
        OnePage("grade", f"/ratings/{key}/", "county"),
        OnePage("object", f"/objects/compounds/{key}/", "county", before=drawn),
        OnePage("object that the system changed", f"/objects/zones/{moved}/", "county", before=drawn),
        OnePage("object's form", f"/objects/compounds/{key}/edit/", "county", before=drawn),
        OnePage("new object", "/objects/zones/new/", "county", before=drawn),
        OnePage("removal", f"/objects/compounds/{key}/remove/", "county"),
        OnePage("base lines", "/base-lines/", "county"),
        OnePage("batches", "/batches/", "county"),
        OnePage("registers", "/objects/", "county"),
        OnePage("list", "/objects/compounds/?kind=old&sort=-household_count", "county", before=open_details),
        OnePage("list with a wrong filter", "/objects/compounds/?household_count_from=many", "county"),
        OnePage("list that may not leave", "/objects/surveillance/", "county"),
        OnePage("exported files", "/exports/", "county"),
        OnePage("a batch", "/batches/1/", "county"),
        OnePage("taking a batch back", "/batches/1/revert/", "county"),
        OnePage("search", "/search/?q=zxsq", "county"),
        OnePage("nothing searched", "/search/", "county"),
        OnePage("kinds", "/kinds/", "county"),
        OnePage("a new kind", "/kinds/facilities/new/", "county"),
        OnePage("courtyards", "/courtyards/check/", "county"),
        OnePage("campaigns", "/campaigns/", "county", before=open_details),
        OnePage("campaign", f"/campaigns/{campaign}/", "county", before=drawn),
        OnePage("checking a candidate", f"/candidates/{waiting}/", "county"),
        OnePage("site studies", "/planning/sites/", "county"),
        OnePage("a site study", f"/planning/sites/{siting}/", "county", before=drawn),
        OnePage("a site study's form", f"/planning/sites/{siting}/edit/", "planner_county", before=drawn),
        OnePage("awards", "/campaigns/awards/", "county"),
        OnePage("desktop GIS", "/ogc/", "county", before=open_details),
        OnePage("access keys", "/account/keys/", "county"),
        OnePage("self-check", f"/candidates/{answering}/", "town_shikong"),
        OnePage("nominating an office", f"/campaigns/{offices}/nominate/", "town_shikong", before=drawn),
        OnePage("password", "/account/password/", "county"),
        OnePage("second factor", "/account/second/", "county"),
        OnePage("batches of a town", "/batches/", "town_shikong"),
        OnePage("coverage of posts", "/coverage/", "county", before=drawn),
        OnePage("surveillance register", "/surveillance/", "county"),
        OnePage("surveillance of a village", "/surveillance/", "village_zhenxing"),
        OnePage("purpose", "/surveillance/purpose/?next=/surveillance/points/", "county"),
        OnePage("surveillance points", "/surveillance/purpose/?next=/surveillance/points/", "county", before=state_purpose),
        OnePage("surveillance seen", "/surveillance/seen/", "county"),
        OnePage("surveillance checks", "/surveillance/checks/", "county"),
        OnePage("surveillance exports", "/surveillance/exports/", "county"),
        OnePage("surveillance log", "/surveillance/log/", "auditor"),
        OnePage("rounds", "/rounds/", "county"),
        OnePage("a round", "/rounds/2026Q3/", "county", before=open_details),
        OnePage("objections", "/objections/"),
        OnePage("ratings of a town", "/ratings/?grade=yellow", "town_shikong"),
        OnePage("issues", "/issues/", "county", before=open_details),
        OnePage("board of issues", "/issues/board/", "county"),
        OnePage("an issue", f"/issues/{problem}/", "county", before=open_details),
        OnePage("a new issue", "/issues/new/", "town_shikong"),
        OnePage("rules of issues", "/issues/rules/", "county"),
        OnePage("notices", "/notices/", "county"),
        OnePage("duties", "/duties/", "county"),
        OnePage("duties on time", "/duties/shares/", "county"),
        OnePage("bulletins", "/bulletins/", "county", before=open_details),
        OnePage("a published bulletin", f"/bulletins/{told}/", "county", before=open_details),
        OnePage("a bulletin's draft", f"/bulletins/{draft}/", "town_ningan", before=open_details),
        OnePage("moderation", "/moderation/feedback/", "county"),
        OnePage("one feedback", f"/moderation/feedback/{voice}/", "county"),
        OnePage("one appeal", f"/moderation/appeal/{against}/", "county_third"),
        OnePage("a manager's code", f"/moderation/code/?compound={key}", "county"),
        OnePage("zones", "/zones/", "county"),
        OnePage("a zone", f"/zones/{zone}/", "county", before=open_details),
        OnePage("inspections", "/inspections/", "county"),
        OnePage("an inspection", f"/inspections/{looked}/", "county"),
        OnePage("agreement of inspectors", "/inspections/spread/", "county"),
        OnePage("checklists", "/checklists/", "county"),
        OnePage("a checklist", f"/checklists/{sheet}/", "county"),
        OnePage("standards", "/standards/", "county"),
        OnePage("a version of a standard", f"/standards/versions/duties/{periods}/", "town_ningan"),
        OnePage("a draft of a standard", f"/standards/drafts/{rules}/", "county_second"),
        OnePage("a draft's form", f"/standards/drafts/{rules}/edit/", "county"),
        OnePage("rosters", "/patrol/roster/", "county", before=open_details),
        OnePage("a team's week", f"/patrol/roster/?team={team}", "county"),
        OnePage("a team", f"/patrol/teams/{team}/", "county"),
        OnePage("a proposed week", f"/patrol/proposals/{proposed}/", "county", before=open_details),
        OnePage("did the zones work", f"/planning/effects/{study}/", "county", before=open_details),
        OnePage("own duty", "/patrol/duty/", "patrol_ningan", before=open_details),
        OnePage("403", "/batches/", "auditor", refused=True),
        OnePage("map of an administrator", "/map/", "auditor", before=drawn),
    ]


def open_details(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach((each) => { each.open = true; })")


def open_everything(page: Page) -> None:
    """Every legend without the cost of drawing its layer, a popup and a list of hits."""
    drawn(page)
    page.locator("#panel").evaluate(OPEN_PANEL)
    page.fill("#q", "1号")
    page.wait_for_selector("#hits:not([hidden]) button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    page.fill("#q", "2号")
    page.wait_for_selector("#hits:not([hidden]) button")


def tour(visit, ask, **options) -> Iterator[tuple[OnePage, Page]]:
    """Each page in turn, in one context for each account."""
    open_pages: dict[str, Page] = {}
    for one in every_page(ask):
        if one.account not in open_pages:
            open_pages[one.account] = visit(account=one.account, **options)
        page = open_pages[one.account]
        if one.refused:
            visit.expect(page, one.path)
        # Two addresses that differ behind the # only would not load the page again.
        page.goto("about:blank")
        page.goto(one.path)
        one.before(page)
        yield one, page
