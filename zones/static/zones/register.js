// What makes the register quicker to use: the device's position, what lies near a new issue, printing. All works without.
const config = JSON.parse(document.getElementById("map-config")?.textContent || "{}");
const words = config.words || {};

function located() {
  return new Promise((found, failed) => {
    navigator.geolocation.getCurrentPosition(({ coords }) => found(coords), failed, { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 });
  });
}

function say(line, text, values = {}) {
  line.textContent = text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

// The verifier's position goes with the form: only distance and accuracy are kept.
for (const button of document.querySelectorAll("[data-locate]")) {
  if (!navigator.geolocation) continue;
  button.hidden = false;
  const form = button.closest("form");
  const line = form.querySelector("[data-located]");
  button.addEventListener("click", async () => {
    say(line, words.locating);
    try {
      const { longitude, latitude, accuracy } = await located();
      form.elements.lon.value = longitude;
      form.elements.lat.value = latitude;
      form.elements.accuracy.value = accuracy;
      say(line, words.located, { m: Math.round(accuracy) });
    } catch {
      say(line, words.notLocated);
    }
  });
}

const form = document.getElementById("register-form");
if (form) {
  const { lon, lat, category, place, seen } = form.elements;
  const box = document.getElementById("similar");
  const shownBefore = seen.value;

  function offerPlaces(places) {
    const chosen = place.value;
    const kept = [...place.options].filter((option) => option.value === chosen || option.value === "");
    const fresh = places.filter((each) => each.value !== chosen).map((each) => new Option(`${each.text} ${each.m} m`, each.value));
    place.replaceChildren(...kept, ...fresh);
    place.value = chosen;
  }

  function offerSimilar(similar) {
    box.querySelector("ul").replaceChildren(...similar.map((each) => {
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href: each.url, target: "_blank", rel: "noopener", textContent: each.text });
      item.append(link, ` ${each.what}`);
      return item;
    }));
    box.hidden = !similar.length;
    seen.value = [shownBefore, ...similar.map((each) => each.pk)].filter(Boolean).join(",").slice(0, 200);
  }

  let turn = 0;
  async function look() {
    if (!lon.value || !lat.value) return;
    const mine = ++turn;
    const query = new URLSearchParams({ lon: lon.value, lat: lat.value, category: category.value });
    const answer = await fetch(`${config.similar}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== turn) return;
    const { similar, places } = await answer.json();
    offerPlaces(places);
    offerSimilar(similar);
  }

  // The map writes the fields without an event of its own.
  let last = "";
  setInterval(() => {
    const now = `${lon.value} ${lat.value} ${category.value}`;
    if (now !== last) { last = now; look().catch(() => { last = ""; }); }
  }, 700);

  const button = document.getElementById("locate");
  const line = document.getElementById("locate-told");
  if (navigator.geolocation) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      say(line, words.locating);
      try {
        const { longitude, latitude, accuracy } = await located();
        lon.value = longitude.toFixed(6);
        lat.value = latitude.toFixed(6);
        lon.dispatchEvent(new Event("change"));
        say(line, words.located, { m: Math.round(accuracy) });
      } catch {
        say(line, words.notLocated);
      }
    });
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
