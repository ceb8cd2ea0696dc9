// The score of zones.planning.scoring in the browser: the same numbers for the weights of a run. Pure.

/** 0 at the bound that speaks against choosing, 1 at the other; null where the figure is missing. */
export function utility(value, { low, high, direction }) {
  if (value === null) return null;
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return direction === "less" ? 1 - share : share;
}

/** Scores by place, null where too little is known; null for all where no weight counts. */
export function scores({ indicators, values, leastKnown }, points) {
  const sum = points.reduce((total, each) => total + each, 0);
  if (!(sum > 0)) return values.map(() => null);
  return values.map((row) => {
    let known = 0, reached = 0;
    row.forEach((value, i) => {
      const found = utility(value, indicators[i]);
      if (found === null) return;
      known += points[i] / sum;
      reached += (points[i] / sum) * found;
    });
    return known > 0 && known >= leastKnown - 1e-12 ? reached / known : null;
  });
}

/** 1 for the greatest; equal scores (to six decimals) share the better rank; 0 for null. */
export function ranks(found) {
  const rounded = found.map((each) => (each === null ? null : Math.round(each * 1e6)));
  const ordered = rounded.filter((each) => each !== null).sort((a, b) => b - a);
  return rounded.map((each) => (each === null ? 0 : ordered.indexOf(each) + 1));
}
