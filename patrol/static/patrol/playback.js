// Where somebody was at a moment. Pure: arrays in, a place out; nothing of the page.

/** Times (milliseconds), longitudes and latitudes (degrees) from arrays of differences. */
export function decode({ t, lon, lat }) {
  const n = t.length;
  const times = new Float64Array(n);
  const xs = new Float64Array(n);
  const ys = new Float64Array(n);
  let at = 0, x = 0, y = 0;
  for (let i = 0; i < n; i++) {
    times[i] = at += t[i];
    xs[i] = (x += lon[i]) / 1e6;
    ys[i] = (y += lat[i]) / 1e6;
  }
  return { times, xs, ys };
}

/** The last index whose time is not later; -1 before the first. */
export function indexAt(times, moment) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** {lon, lat, known}: between two fixes on the way from one to the other; in a gap, the last place, and not known. */
export function placeAt(track, gaps, moment) {
  const { times, xs, ys } = track;
  if (!times.length) return null;
  const i = Math.max(0, indexAt(times, moment));
  const inGap = moment < times[0] || moment > times[times.length - 1] || gaps.some((gap) => gap.from_ms < moment && moment < gap.to_ms);
  if (inGap || i === times.length - 1) return { lon: xs[i], lat: ys[i], known: !inGap };
  const part = (moment - times[i]) / (times[i + 1] - times[i] || 1);
  return { lon: xs[i] + part * (xs[i + 1] - xs[i]), lat: ys[i] + part * (ys[i + 1] - ys[i]), known: true };
}

// Made once: a replay asks it in every frame.
const county = new Intl.DateTimeFormat("zh-CN", {
  hour: "numeric", minute: "numeric", second: "numeric", hour12: false, timeZone: "Asia/Shanghai",
});

/** A moment as the county's clock shows it. */
export function clock(moment) {
  return county.format(moment);
}
