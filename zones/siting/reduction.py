"""Smaller problems with the same optimum."""
import numpy as np
from scipy import sparse


def merged(covers: sparse.csr_array, values: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """Demands with the same candidates become one, their values (layers × demands) added; demands without any candidate go."""
    covers.sort_indices()
    bounds, indices, groups = covers.indptr, covers.indices, {}
    of = np.full(covers.shape[0], -1)
    for row in range(covers.shape[0]):
        if bounds[row] < bounds[row + 1]:
            of[row] = groups.setdefault(indices[bounds[row] : bounds[row + 1]].tobytes(), len(groups))
    some = of >= 0
    _, first = np.unique(of[some], return_index=True)
    together = np.stack([np.bincount(of[some], layer[some], len(groups)) for layer in values])
    return covers[np.flatnonzero(some)[first]], together


def undominated(covers: sparse.csr_array, costs: np.ndarray) -> np.ndarray:
    """Candidates for which no other, no dearer one covers at least the same; of equals the first stays.

    Only where one cover is enough and nothing else tells candidates apart: a second post beside the first is of use to backup cover.
    """
    size = np.asarray(covers.sum(axis=0)).ravel()
    shared = sparse.coo_array(covers.T @ covers)
    small, large = shared.row, shared.col
    inside = (shared.data == size[small]) & (small != large) & (costs[large] <= costs[small])
    same = (size[small] == size[large]) & (costs[large] == costs[small])
    keep = size > 0
    keep[small[inside & (~same | (large < small))]] = False
    return np.flatnonzero(keep)


def needed(covers: sparse.csr_array) -> np.ndarray:
    """Rows of a set cover that are not met of themselves when another row is: the other's candidates are not all among theirs."""
    size = np.diff(covers.indptr)
    shared = sparse.coo_array(covers @ covers.T)
    small, large = shared.row, shared.col
    inside = (shared.data == size[small]) & (size[small] < size[large])
    keep = np.ones(covers.shape[0], bool)
    keep[large[inside]] = False
    return np.flatnonzero(keep)


def unit(numbers: np.ndarray) -> float:
    """The step in which sums of these numbers go, 0 where there is none: a bound less than one step above a plan proves it."""
    for parts in (1, 2, 4, 10, 100):
        scaled = numbers * parts
        if np.all(np.abs(scaled - np.rint(scaled)) < 1e-9):
            return 1 / parts
    return 0.0
