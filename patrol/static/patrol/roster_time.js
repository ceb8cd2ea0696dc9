// The arithmetic of moving a shift, without a page: days and quarters of an hour. Tested through the page that uses it.
export const QUARTERS = 96;
const STEP = 2;

/** The quarter on which a bar begins whose left end lies at `share` (0 to 1) of a day, in steps of half an hour. */
export function quarterAt(share) {
  return Math.min(QUARTERS - STEP, Math.max(0, Math.round((share * QUARTERS) / STEP) * STEP));
}

export function clock(quarter) {
  const minutes = (quarter % QUARTERS) * 15;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** One key pressed on a place { day (index), quarter }: half an hour to the side, a day up or down; past midnight is another day. */
export function stepped({ day, quarter }, key, dayCount) {
  const change = { ArrowLeft: [0, -STEP], ArrowRight: [0, STEP], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!change) return null;
  let [days, quarters] = [day + change[0], quarter + change[1]];
  if (quarters < 0) [days, quarters] = [days - 1, quarters + QUARTERS];
  if (quarters >= QUARTERS) [days, quarters] = [days + 1, quarters - QUARTERS];
  return days < 0 || days >= dayCount ? null : { day: days, quarter: quarters };
}
