// Which shift is meant now. Pure.
const EARLY_MS = 30 * 60_000;

/** A moment of the server: milliseconds, or text. */
export function moment(value) {
  return typeof value === "number" ? value : Date.parse(value);
}

export function shiftsOf(duty) {
  const shifts = (duty && duty.shifts) || [];
  return shifts.map((each) => ({ ...each, from: moment(each.starts_at), until: moment(each.ends_at) })).sort((a, b) => a.from - b.from);
}

/** The shift that runs now, or begins within half an hour; else null. */
export function current(duty, now) {
  const shifts = shiftsOf(duty);
  return shifts.find((each) => each.from <= now && now < each.until) || shifts.find((each) => each.from - EARLY_MS <= now && now < each.until) || null;
}

export function next(duty, now) {
  return shiftsOf(duty).find((each) => each.from > now) || null;
}
