"""Which entry of the bar a page lies below."""
import pytest

from geo.shell import NAVIGATION, section_of

ALL = [name for name, _title, _roles in NAVIGATION]


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/issues/1/", "issues"), ("/planning/sites/3/", "year_plans"), ("/plans/2/decision/", "year_plans"),
        ("/surveillance/log/", "surveillance_log"), ("/surveillance/checks/", "surveillance"), ("/checklists/4/", "inspections"),
        ("/assessments/1/", "assessments"), ("/account/keys/", ""), ("/", ""),
    ],
)  # fmt: skip
def test_a_page_lies_below_the_entry_whose_address_it_begins_with(path, entry):
    assert section_of(path, ALL) == entry


def test_an_entry_that_the_reader_has_not_is_not_named():
    assert section_of("/assessments/1/", ["map", "year_plans"]) == "year_plans"
    assert section_of("/planning/sites/", ["map"]) == ""
