// What a checklist asks with the answers so far, what fails and the score: as zones/checklists.py reckons it. Pure.

export function visible(items, answers) {
  const shown = new Map();
  for (const item of items) {
    if (!item.when_item || (shown.has(item.when_item) && answers[item.when_item] === item.when_answer)) shown.set(item.key, item);
  }
  return [...shown.values()];
}

function isEmpty(answer) {
  return answer === undefined || answer === null || answer === "";
}

/** 0 (fails) to 1; null where nothing can be said. */
export function share(item, answer) {
  if (isEmpty(answer) || item.type === "photo" || item.type === "note") return null;
  if (item.type === "yes_no") return answer === (item.good || "yes") ? 1 : 0;
  if (item.type === "choice") return (item.options.find((each) => each.value === answer)?.share || 0) / 100;
  const [low, high] = [item.at_least ?? null, item.at_most ?? null];
  if (low === null && high === null) return null;
  return (low === null || answer >= low) && (high === null || answer <= high) ? 1 : 0;
}

/** {score, failed, missing}: score 0 to 100 or null, and keys of items. */
export function judge(items, answers, photos) {
  let [earned, whole] = [0, 0];
  const [failed, missing] = [[], []];
  for (const item of visible(items, answers)) {
    const answered = item.type === "photo" ? (photos[item.key] || []).length > 0 : !isEmpty(answers[item.key]);
    if (item.required !== false && !answered) missing.push(item.key);
    const part = share(item, answers[item.key]);
    if (part === null) continue;
    if (part === 0) failed.push(item.key);
    earned += (item.weight || 0) * part;
    whole += item.weight || 0;
  }
  return { score: whole ? Math.round((1000 * earned) / whole) / 10 : null, failed, missing };
}

/** The checklists for a place, those for its own kind before those for all kinds. */
export function fitting(checklists, place) {
  const all = checklists.filter((each) => each.layer === place.layer && (!each.kinds.length || each.kinds.includes(place.kind)));
  return all.sort((a, b) => b.kinds.length - a.kinds.length);
}

/** The item that is not a number where one is asked for, or null. */
export function number(text) {
  const value = Number(text.trim().replace("，", ".").replace(",", "."));
  return text.trim() && Number.isFinite(value) && Math.abs(value) < 1e9 ? value : null;
}
