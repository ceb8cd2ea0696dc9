// A log entry in three taps: its kind, the place that is nearest, save.
import { clean } from "./bodies.js";
import { guess, nearest } from "./nearby.js";
import { find } from "./pii.js";
import { prepare } from "./pictures.js";
import { patrolOf } from "./bodies.js";

const PLACES_SHOWN = 12;
const PHOTOS_AT_MOST = 9;
const byId = (id) => document.getElementById(id);

export class LogForm {
  /** `context()` gives {duty, position, patrol}; `saved()` after an entry is in the store. */
  constructor(store, words, context, saved) {
    Object.assign(this, { store, words, context, saved, photos: [] });
    byId("log-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    byId("log-cancel").addEventListener("click", () => byId("log").close());
    byId("photos").addEventListener("change", () => this.addPhotos());
    byId("text").addEventListener("input", () => this.check());
    byId("log").addEventListener("close", () => this.clear());
  }

  open(kind) {
    this.kind = kind;
    this.clear();
    byId("log-kind").textContent = this.words[`log_${kind}`];
    const { duty, position } = this.context();
    this.offer(duty, position);
    byId("log").showModal();
    if (!position) this.locate(duty);
  }

  /** Outside a turn nothing watches the position: it is asked for once, for this entry. */
  locate(duty) {
    navigator.geolocation?.getCurrentPosition(({ coords }) => {
      const found = { lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy };
      if (byId("log").open && !this.position) this.offer(duty, found);
    }, () => {}, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 });
  }

  /** The places to choose from, the one that is probably meant chosen. */
  offer(duty, position) {
    this.position = position;
    this.places = position ? nearest(duty?.places || [], position, PLACES_SHOWN) : (duty?.places || []).slice(0, PLACES_SHOWN);
    const meant = position ? guess(duty?.places || [], position) : null;
    const none = option("", position ? this.words.place_other : `${this.words.place_other}（${this.words.no_position}）`);
    const all = this.places.map((place, i) => option(`${i}`, label(place, this.words)));
    byId("place").replaceChildren(none, ...all);
    const at = meant ? this.places.findIndex((place) => place.layer === meant.layer && place.id === meant.id) : -1;
    byId("place").value = at >= 0 ? `${at}` : "";
  }

  clear() {
    byId("text").value = "";
    byId("photos").value = "";
    byId("log-problem").textContent = "";
    for (const photo of this.photos) URL.revokeObjectURL(photo.url);
    this.photos = [];
    byId("thumbs").replaceChildren();
  }

  async addPhotos() {
    for (const file of [...byId("photos").files].slice(0, PHOTOS_AT_MOST - this.photos.length)) {
      try {
        const photo = await prepare(file);
        photo.url = URL.createObjectURL(photo.blob);
        this.photos.push(photo);
        const [row, image] = [document.createElement("li"), document.createElement("img")];
        image.src = photo.url;
        image.alt = photo.name;
        row.append(image);
        byId("thumbs").append(row);
      } catch {
        byId("log-problem").textContent = this.words.photo_bad;
      }
    }
    byId("photos").value = "";
  }

  /** What the register would refuse is told before it is saved. */
  check() {
    const found = find(byId("text").value);
    byId("log-problem").textContent = found ? `${this.words.pii}${found.text}` : "";
    return !found;
  }

  async save() {
    if (this.saving || !this.check()) return;
    this.saving = true;
    try {
      const { patrol } = this.context();
      const place = byId("place").value === "" ? null : this.places[Number(byId("place").value)];
      const text = clean(byId("text").value);
      const log = { kind: this.kind, text, happened_at: Date.now() };
      if (this.position) log.position = { lon: this.position.lon, lat: this.position.lat, accuracy_m: this.position.accuracyM };
      if (place) log.place = { layer: place.layer, id: place.id };
      const about = { kind: this.kind, text, place: place?.name || "", photos: this.photos.length };
      const content = { provider: "geolocation", ...(patrol ? { patrol: patrolOf(patrol) } : {}), log };
      await this.store.queue([{ kind: "log", content, about, photos: this.photos }]);
      byId("log").close();
      this.saved();
    } finally {
      this.saving = false;
    }
  }
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function label(place, words) {
  return place.distanceM === undefined ? place.name : `${place.name} · ${Math.round(place.distanceM)} ${words.metre}`;
}
