"""What a fault of the bench has shown: one line of its table."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    fault: str
    found: str
    limit: str
    kept: bool

    def told(self) -> str:
        return f"| {self.fault} | {' '.join(self.found.split())} | {self.limit} | {'kept' if self.kept else '**NOT kept**'} |"


def nothing(fault: str, findings: list[str], of: str = "") -> Figure:
    """That nothing was found, by phones, database and invariants."""
    found = f"{len(findings)} findings" + (f": {'; '.join(findings[:3])[:300]}" if findings else "")
    return Figure(fault, f"{found}{of and f' ({of})'}", "0", not findings)


def seconds(fault: str, found: float, limit: float) -> Figure:
    return Figure(fault, f"{found:.1f} s", f"< {limit:g} s", found < limit)


def noticed(fault: str, findings: list[str]) -> Figure:
    """A control: something is broken on purpose, and is found."""
    return Figure(f"control: {fault}", f"noticed: {findings[0][:120]}" if findings else "not noticed", "noticed", bool(findings))


def share(values: list[float], part: float) -> float:
    """The value below which that part of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0
