"""Siting of 50 among 2,000 candidates for 10,000 demands: `max_coverage` against spopt with the same solver on the same instance.

    python -m tests.bench.bench_siting [--peer PYTHON] [--demands N] [--candidates N] [--sites N]

PYTHON has script/requirements-bench.txt installed; without it only ours runs (spopt takes minutes). Ours is timed from the coordinates,
spopt from the finished distance matrix, with HiGHS at its own gap; spopt knows no cost budget.
"""
import argparse
import json
import subprocess
import time

import numpy as np
from scipy.spatial import KDTree

from zones.siting.coverage import max_coverage
from zones.siting.problem import Problem, within

SIDE, REACH, SEED = 30_000, 1_500, 7
INSTANCE = """
import numpy as np
random = np.random.default_rng({seed})
demands, candidates = random.random(({demands}, 2)) * {side}, random.random(({candidates}, 2)) * {side}
weights = random.integers(1, 100, {demands})
"""
PEER = """
import json, time, warnings
import pulp
from scipy.spatial.distance import cdist
from spopt.locate import MCLP
warnings.simplefilter("ignore")
metres = cdist(demands, candidates)
began = time.perf_counter()
solved = MCLP.from_cost_matrix(metres, weights, {reach}, p_facilities={sites}).solve(pulp.HiGHS(msg=False), results=False)
print(json.dumps([time.perf_counter() - began, pulp.value(solved.problem.objective), pulp.LpStatus[solved.problem.status]]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer")
    parser.add_argument("--demands", type=int, default=10_000)
    parser.add_argument("--candidates", type=int, default=2_000)
    parser.add_argument("--sites", type=int, default=50)
    given = parser.parse_args()
    numbers = {**vars(given), "side": SIDE, "reach": REACH, "seed": SEED}
    random = np.random.default_rng(SEED)
    demands, candidates = random.random((given.demands, 2)) * SIDE, random.random((given.candidates, 2)) * SIDE
    weights = random.integers(1, 100, given.demands)
    costs = random.integers(5, 40, given.candidates)

    def ours(**limits) -> tuple[float, float]:
        began = time.perf_counter()
        metres = KDTree(demands).sparse_distance_matrix(KDTree(candidates), REACH, output_type="coo_matrix")
        plan = max_coverage(Problem(weights, within(metres, REACH), costs), **limits)
        took = time.perf_counter() - began
        found = f"{plan.state}, value {plan.value:.0f}, bound {plan.bound:.0f}, {len(plan.sites)} sites"
        print(f"ours {limits}: {found}, {took:.1f} s", flush=True)
        return took, plan.value

    took, value = ours(sites=given.sites)
    ours(budget=12.0 * given.sites)
    if not given.peer:
        return
    # The peer stays in its own environment; it makes the same instance from the same seed.
    script = (INSTANCE + PEER).format(**numbers)
    answer = subprocess.run([given.peer, "-c", script], capture_output=True, text=True, check=True)
    seconds, best, status = json.loads(answer.stdout.splitlines()[-1])
    print(f"spopt with HiGHS: {status}, value {best:.0f}, {seconds:.1f} s; same value: {abs(best - value) < 0.5}")
    print(f"ours is {seconds / took:.1f} times as fast")


if __name__ == "__main__":
    main()
