// The patterns of geo/pii.py that a person may type by mistake: identity card (checksum right), mobile number, number plate.
// No look-behind: older Safari does not even read such a script. What stands before a hit is looked at by hand.
const GAP = "[ -]?";
const PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";
const ID = new RegExp(`[1-9](?:${GAP}[0-9]){16}${GAP}[0-9X](?![0-9])`, "g");
const MOBILE = new RegExp(`1[3-9][0-9]${GAP}[0-9]{4}${GAP}[0-9]{4}(?![0-9])`, "g");
const PLATE = new RegExp(`[${PROVINCES}][A-HJ-NP-Z][ ·•.-]?(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[警学挂港澳使领])(?![A-Z0-9])`, "g");
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const COUNTRY = new RegExp(`(?:^|[^0-9])(?:\\+|00)?86${GAP}$`);

/** Full-width forms as ASCII, letters upper case; one character stays one character. */
function narrow(text) {
  return text
    .replace(/[\uff01-\uff5e]/g, (each) => String.fromCharCode(each.charCodeAt(0) - 0xfee0))
    .replace(/[\u3000\u00a0]/g, " ")
    .replace(/[\u2013\u2014]/g, "-")
    .replace(/[a-z]/g, (each) => each.toUpperCase());
}

function isIdCard(number) {
  const digits = number.replace(/[^0-9X]/g, "");
  const month = Number(digits.slice(10, 12));
  const day = Number(digits.slice(12, 14));
  if (!["18", "19", "20"].includes(digits.slice(6, 8)) || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
  return "10X98765432"[sum % 11] === digits[17];
}

function* hits(pattern, text) {
  pattern.lastIndex = 0;
  for (let hit = pattern.exec(text); hit; hit = pattern.exec(text)) {
    yield { start: hit.index, end: hit.index + hit[0].length, text: hit[0], before: text.slice(0, hit.index) };
    pattern.lastIndex = hit.index + 1;
  }
}

const afterDigit = (before) => /[0-9]$/.test(before);
// A country code before a mobile number is no longer number that it is the end of.
const mobileStands = (before) => !afterDigit(before) || COUNTRY.test(before);

/** The first thing in the text that the register will refuse: {kind, text}, or null. */
export function find(text) {
  const plain = narrow(text);
  const found = [];
  for (const hit of hits(ID, plain)) if (!afterDigit(hit.before) && isIdCard(hit.text)) found.push({ kind: "id_card", ...hit });
  for (const hit of hits(MOBILE, plain)) if (mobileStands(hit.before)) found.push({ kind: "mobile", ...hit });
  for (const hit of hits(PLATE, plain)) if (/[0-9]/.test(hit.text)) found.push({ kind: "plate", ...hit });
  if (!found.length) return null;
  const first = found.reduce((a, b) => (b.start < a.start ? b : a));
  return { kind: first.kind, text: text.slice(first.start, first.end) };
}
