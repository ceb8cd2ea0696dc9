"""HiGHS, through scipy.optimize.milp."""
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

NOT_PROVEN, OPTIMAL, NO_PLAN = "not_proven", "optimal", "no_plan"
SLACK = 1e-6


@dataclass(frozen=True)
class Answer:
    state: str
    x: np.ndarray | None
    value: float
    bound: float


def minimise(
    objective: np.ndarray,
    rows: sparse.sparray,
    low: np.ndarray | float,
    high: np.ndarray | float,
    *,
    binary: int,
    at_least: np.ndarray | float = 0.0,
    at_most: np.ndarray | float = 1.0,
    step: float = 0.0,
    scale: float = 1.0,
    seconds: float | None = None,
) -> Answer:
    """The first `binary` variables are whole. Values go in steps of `step` (0: unknown) and are about `scale` large.

    HiGHS stops by relative gap: less than one step apart is a proof, and waiting for less is waiting for nothing.
    """
    whole = np.zeros(len(objective))
    whole[:binary] = 1
    options = {"mip_rel_gap": 0.9 * step / max(scale, 1.0) if step else 1e-9}
    if seconds is not None:
        options["time_limit"] = seconds
    found = milp(
        objective, integrality=whole, bounds=Bounds(at_least, at_most), options=options,
        constraints=LinearConstraint(sparse.csc_array(rows), low, high),
    )  # fmt: skip
    if found.status == 2:
        return Answer(NO_PLAN, None, np.inf, np.inf)
    if found.x is None:
        return Answer(NOT_PROVEN, None, np.inf, -np.inf if found.mip_dual_bound is None else found.mip_dual_bound)
    state = OPTIMAL if found.status == 0 else NOT_PROVEN
    return Answer(state, found.x, found.fun, found.fun if found.mip_dual_bound is None else found.mip_dual_bound)
