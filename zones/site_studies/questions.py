"""What a study asks, frozen at the moment of a run."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from zones.models import SiteStudy


class StudyRefused(ValueError):
    """Why there is nothing to reckon: a code of words.REFUSALS with its numbers."""

    def __init__(self, code: str, numbers: Mapping[str, float | int | str] | None = None):
        super().__init__(code)
        self.code, self.numbers = code, dict(numbers or {})


@dataclass(frozen=True)
class Question:
    """The columns of a SiteStudy that its answer depends on; `standard` is the version's key."""

    division: str
    kind: str
    method: str
    demand: str
    rules: list[str]
    hand: str
    counts_planned: bool
    reach_m: int
    site_count: int | None
    budget: float | None
    cost_new: float
    cost_inside: float
    capacity: float | None
    share: int
    view_angle_deg: int | None
    standard: int

    @classmethod
    def of(cls, study: SiteStudy) -> "Question":
        keys = {"division": "division_id", "standard": "standard_id"}
        return cls(**{each.name: getattr(study, keys.get(each.name, each.name)) for each in fields(cls)})

    def frozen(self) -> dict:
        return asdict(self)
