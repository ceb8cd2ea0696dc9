#!/usr/bin/env python3
"""Recompute published colours from open data, with nothing but Python itself.

    python3 recompute.py http://HOST/api/open/v1/ [--period 2026Q3]      reads the interface, page by page
    python3 recompute.py compounds.json criteria.json                    reads files: the items of /compounds, one of /criteria/VERSION

For every compound it (1) takes the worst published level, or "not_graded" where evidence is missing, and compares it with the
published colour; where a decision set the colour, with the computed one, and asks that the decision says why; (2) compares the
published lines with those of the criteria; (3) asks whether each published number can have the level that it was given. Small
counts are published as bands ("<5" is one to four) and the number of households only as a size, so that (3) asks whether ANY count
and number of households within them fit all levels of the compound together. Ends with 1 if something does not fit.
"""
import argparse
import json
import sys
import urllib.parse
import urllib.request
from fractions import Fraction

ORDER = ("green", "yellow", "red")
# Households of a size, from and to; nothing is said where they are unknown.
SIZES = {"small": (1, 299), "middle": (300, 999), "large": (1000, None)}


def band(text):
    """From and to of a published count; to is None where there is no end."""
    if isinstance(text, int):
        return text, text
    if text.startswith("<"):
        return 1, int(text[1:]) - 1
    if text.endswith("+"):
        return int(text[:-1]), None
    low, _dash, high = text.partition("-")
    return int(low), int(high)


def worst(levels):
    if "missing" in levels:
        return "not_graded"
    return max((level for level in levels if level in ORDER), key=ORDER.index, default="green")


def lines_of(criteria, code):
    if code == "fire_hazard":
        return criteria["fire_hazards"]
    if code == "index":
        return criteria.get("index")
    return criteria["per_100_households"].get(code)


def weights_of(criteria, code):
    """The least and the largest weight of one incident."""
    found = criteria["per_100_households"][code].get("weights") or {"each": 1}
    values = [Fraction(str(value)) for value in found.values()]
    return min(values), max(values)


def narrowed(households, count, weights, level, lines, months, is_capped):
    """The households (more than `above`, at most `up_to`) with which such a count has such a level."""
    above, up_to = households
    low, high = count[0] * weights[0], None if count[1] is None else count[1] * weights[1]
    each, yellow, red = Fraction(1200, months), Fraction(str(lines["yellow"])), Fraction(str(lines["red"]))
    if level == "green":
        above = max(above, low * each / yellow)
    if level == "yellow" and not is_capped:
        above = max(above, low * each / red)
    line = {"yellow": yellow, "red": red}.get(level)
    if line is not None and high is not None:
        most = high * each / line
        up_to = most if up_to is None else min(up_to, most)
    return above, up_to


def households_told(compound, criteria):
    codes = {reason["code"] for reason in compound["reasons"]}
    low, high = SIZES.get(compound.get("size_class"), (1, None))
    least = criteria["minimum_households"]
    if "too_few_households" in codes:
        high = least - 1 if high is None else min(high, least - 1)
    elif "households_unknown" not in codes:
        low = max(low, least)
    return Fraction(low) - 1, None if high is None else Fraction(high)


def measure_problem(reason, criteria):
    rule = next((each for each in criteria.get("measures", []) if each["source"] == reason["code"]), None)
    if rule is None:
        return "not a criterion of this version"
    if reason["level"] == "red" and rule["at_most"] == "yellow":
        return "red, though the criteria let it lead to yellow at most"
    value = reason["numbers"].get("value")
    if value is None or reason["level"] == "unknown" or "yellow" not in rule:
        return ""
    given, level = Fraction(str(value).rstrip("%")), "green"
    for name in ("yellow", "red"):
        if rule.get(name) is not None:
            line = Fraction(str(rule[name]))
            if given < line if rule["direction"] == "below" else given >= line:
                level = name
    return "" if level == reason["level"] else f"the value {value} is {level} and not {reason['level']}"


def problems_of(compound, criteria):
    """Everything about one compound that does not follow from what is published."""
    found = []
    computed = compound.get("computed_colour") or compound["colour"]
    expected = worst([reason["level"] for reason in compound["reasons"]])
    if computed != expected:
        found.append(f"published {computed}, recomputed {expected}")
    if computed != compound["colour"] and not compound.get("decision_text"):
        found.append(f"{compound['colour']} in place of the computed {computed} without a decision")
    households = households_told(compound, criteria)
    for reason in compound["reasons"]:
        code, level, numbers = reason["code"], reason["level"], reason["numbers"]
        lines = lines_of(criteria, code)
        if level in ("missing", "unknown"):
            continue
        if lines is None:
            problem = measure_problem(reason, criteria)
            if problem:
                found.append(f"{code}: {problem}")
            continue
        for name in ("yellow", "red"):
            if name in numbers and Fraction(str(numbers[name])) != Fraction(str(lines[name])):
                found.append(f"{code}: the {name} line is {numbers[name]}, in the criteria {lines[name]}")
        if "count" not in numbers:
            continue
        count = band(numbers["count"])
        if code == "fire_hazard":
            if not hazard_fits(count, level, lines):
                found.append(f"{code}: a count of {numbers['count']} is not {level}")
        elif count[1] == 0 and level != "green":
            found.append(f"{code}: none at all, and yet {level}")
        elif code in criteria["per_100_households"]:
            weights = weights_of(criteria, code)
            households = narrowed(households, count, weights, level, lines, criteria["window_months"], numbers.get("capped"))
    above, up_to = households
    if up_to is not None and up_to // 1 <= above:
        found.append("no number of households fits the published counts and levels")
    return found


def hazard_fits(count, level, lines):
    low, high = count
    yellow, red = Fraction(str(lines["yellow"])), Fraction(str(lines["red"]))
    first, end = {"green": (Fraction(0), yellow), "yellow": (yellow, red), "red": (red, None)}[level]
    return (end is None or low < end) and (high is None or high >= first)


def fetch(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


def from_interface(root, period):
    root = root if root.endswith("/") else root + "/"
    address = urllib.parse.urljoin(root, "compounds?page_size=1000" + ("&period=" + period if period else ""))
    compounds, version = [], ""
    while address:
        page = fetch(address)
        compounds += page["items"]
        version = page["publication"]["scheme_version"]
        address = page["next"] and urllib.parse.urljoin(root, page["next"])
    return compounds, fetch(urllib.parse.urljoin(root, "criteria/" + urllib.parse.quote(version)))


def from_files(names):
    documents = []
    for name in names:
        with open(name, encoding="utf-8") as file:
            documents.append(json.load(file))
    compounds = documents[0]["items"] if isinstance(documents[0], dict) else documents[0]
    return compounds, documents[1]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("source", nargs="+", help="the interface's address, or two files")
    options.add_argument("--period", default="")
    options.add_argument("--json", action="store_true", help="write the recomputed colours as JSON")
    chosen = options.parse_args()
    if len(chosen.source) == 1:
        compounds, document = from_interface(chosen.source[0], chosen.period)
    else:
        compounds, document = from_files(chosen.source)
    criteria = document.get("criteria", document)
    wrong, colours = 0, {}
    for compound in compounds:
        colours[compound["public_id"]] = worst([reason["level"] for reason in compound["reasons"]])
        for problem in problems_of(compound, criteria):
            wrong += 1
            print(f"{compound['public_id']} {compound['name']}: {problem}", file=sys.stderr)
    if chosen.json:
        print(json.dumps(colours))
    else:
        print(f"{len(compounds)} compounds recomputed, {wrong} problems found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
