"""Criteria of the second form for the tests: everything in it that can be."""
import copy
import json

from django.conf import settings

FIRST = json.loads((settings.BASE_DIR / "fixtures/criteria_default.json").read_text("utf-8"))["criteria"]
WEIGHTS = {"serious": "2", "ordinary": "1", "minor": "0.5"}


def second(**changes) -> dict:
    document = copy.deepcopy(FIRST) | {"format": 2}
    document["per_100_households"]["theft"]["weights"] = WEIGHTS
    document |= {
        "index": {"weights": {"theft": "1", "drugs": "3", "crime": "2", "fire": "1.5"}, "yellow": "2", "red": "5"},
        "measures": [
            {"source": "access_control", "at_most": "yellow", "needed": False},
            {"source": "fire_lanes", "at_most": "red", "needed": True},
            {"source": "working_cameras", "at_most": "red", "direction": "below", "yellow": "0.9", "red": "0.5", "needed": False},
            {"source": "closed_issues", "at_most": "yellow", "direction": "below", "yellow": "0.6667", "needed": False},
            {"source": "open_issues", "at_most": "red", "direction": "above", "yellow": "2", "red": "3", "needed": True},
            {"source": "protections", "at_most": "yellow", "direction": "below", "yellow": "3", "needed": False},
        ],
        "reporting": {"resident_minor_at_most": "yellow"},
        "courtyards": {
            "breaks": {
                "theft": ["serious", "ordinary"], "drugs": ["serious", "ordinary", "minor"], "crime": ["serious"], "fire": ["serious"],
            },
            "minimum_months": 2,
        },
    }  # fmt: skip
    return document | changes
