// A public form beyond what it does without a script: the puzzle against floods, the own position, a map to pick a place on.
// The puzzle is a number behind the token whose SHA-256 begins with so many zero bits. Plain HTTP has no crypto.subtle, so it is here.
const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  const root = (n, power) => ((n ** power) % 1) * 2 ** 32;
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (found < 8) START[found] = root(n, 1 / 2);
    K[found++] = root(n, 1 / 3);
  }
}
const turn = (x, n) => (x >>> n) | (x << (32 - n));

/** The first 32 bits of the SHA-256 of a short ASCII text. */
export function firstWord(text) {
  const size = ((text.length + 8) >> 6) + 1;
  const words = new Uint32Array(size * 16);
  for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
  words[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
  words[size * 16 - 1] = text.length * 8;
  const hash = START.slice();
  const w = new Uint32Array(64);
  for (let block = 0; block < size; block++) {
    w.set(words.subarray(block * 16, block * 16 + 16));
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] += value; });
  }
  return hash[0];
}

/** In slices, so that an old phone stays usable meanwhile. */
function solve(token, bits, done) {
  let n = 0;
  const slice = () => {
    const until = performance.now() + 12;
    while (performance.now() < until) {
      for (let i = 0; i < 50; i++, n++) if (firstWord(`${token}:${n}`) >>> (32 - bits) === 0) return done(n);
    }
    setTimeout(slice, 4);
  };
  slice();
}

if (typeof document !== "undefined") {
  const token = document.querySelector("input[name=token]");
  const work = document.querySelector("input[name=work]");
  if (token && work) solve(token.value, +token.dataset.bits, (n) => { work.value = n; document.body.dataset.worked = "true"; });

  const spot = document.getElementById("spot");
  if (spot) {
    const words = JSON.parse(document.getElementById("map-config").textContent).words;
    const draw = () => {
      if (!spot.open) return;
      spot.removeEventListener("toggle", draw);
      document.getElementById("map-style").rel = "stylesheet";
      document.getElementById("campaign-map").hidden = false;
      import("./campaign_map.js");
    };
    spot.addEventListener("toggle", draw);
    draw();
    const locate = document.getElementById("locate");
    if (navigator.geolocation && window.isSecureContext) {
      locate.hidden = false;
      locate.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
        for (const [name, value] of [["lon", coords.longitude], ["lat", coords.latitude]]) {
          const field = document.querySelector(`input[name=${name}]`);
          field.value = value.toFixed(6);
          field.dispatchEvent(new Event("change"));
        }
        document.getElementById("locate-told").textContent = "✓";
      }, () => { document.getElementById("locate-told").textContent = words.noPosition; }, { enableHighAccuracy: true, timeout: 15000 }));
    }
  }
}
