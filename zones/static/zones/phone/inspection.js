// Inspections on the phone: choose a place, answer its checklist, save. The draft, with the very version of the checklist that it
// was begun with, is in the store after every tap; what is saved goes through the same queue as everything else.
import { clean } from "../../patrol/phone/bodies.js";
import { nearest } from "../../patrol/phone/nearby.js";
import { find } from "../../patrol/phone/pii.js";
import { prepare } from "../../patrol/phone/pictures.js";
import { fitting, judge, visible } from "./checklist.js";
import { ItemFields } from "./inspection_form.js";

const DRAFT = "inspectionDraft";
const PHOTOS_AT_MOST = 9;
const PLACES_SHOWN = 30;
const FRESH_MS = 120_000;
const byId = (id) => document.getElementById(id);

function option(value, text) {
  return new Option(text, value);
}

class Inspections {
  constructor({ store, words, sure, saved, known }) {
    Object.assign(this, { store, words, sure, saved, known, draft: null, position: null });
    this.fields = new ItemFields(byId("insp-items"), words, { changed: () => this.keep(), addPhotos: (key, files) => this.addPhotos(key, files) });
  }

  get bundle() {
    return this.known().duty?.parts?.inspection || null;
  }

  get owner() {
    return this.known().account?.username;
  }

  async begin() {
    this.draft = (await this.store.setting(DRAFT)) || null;
    byId("insp-start").addEventListener("click", () => this.choose());
    byId("insp-go-on").addEventListener("click", () => this.open());
    byId("insp-search").addEventListener("input", () => this.offer());
    byId("insp-place").addEventListener("change", () => this.offerLists());
    byId("insp-choose").addEventListener("submit", (event) => this.start(event));
    byId("insp-run").addEventListener("submit", (event) => this.save(event));
    byId("insp-cancel").addEventListener("click", () => byId("insp-dialog").close());
    byId("insp-later").addEventListener("click", () => byId("insp-dialog").close());
    byId("insp-drop").addEventListener("click", () => this.drop());
    byId("insp-note").addEventListener("input", () => this.set("note", byId("insp-note").value));
    byId("insp-obstacle").addEventListener("change", () => this.set("obstacle", byId("insp-obstacle").value));
    for (const each of document.getElementsByName("insp-result")) each.addEventListener("change", () => this.set("result", each.value));
    byId("insp-dialog").addEventListener("close", () => this.stopLocating());
    this.paint();
    return this;
  }

  paint() {
    const own = this.draft && this.draft.owner === this.owner ? this.draft : null;
    byId("insp").hidden = !this.bundle && !own;
    const why = !this.bundle ? this.words.insp_wait : !this.bundle.places.length ? this.words.insp_none : "";
    byId("insp-why").textContent = why;
    byId("insp-why").hidden = !why;
    byId("insp-start").hidden = Boolean(own) || Boolean(why);
    byId("insp-go-on").hidden = byId("insp-draft").hidden = !own;
    byId("insp-draft").textContent = own ? `${this.words.insp_draft}${own.place.name}` : "";
  }

  // Choosing

  choose() {
    byId("insp-choose").hidden = false;
    byId("insp-run").hidden = true;
    byId("insp-search").value = "";
    byId("insp-cut").textContent = this.words.insp_cut;
    byId("insp-cut").hidden = !this.bundle.is_cut;
    this.position = this.known().position;
    this.offer();
    byId("insp-dialog").showModal();
    this.locate(() => byId("insp-choose").hidden || byId("insp-search").value || this.offer());
  }

  offer() {
    const text = byId("insp-search").value.trim();
    const named = this.bundle.places.filter((each) => each.name.includes(text));
    this.places = this.position ? nearest(named, this.position, PLACES_SHOWN) : named.slice(0, PLACES_SHOWN);
    const label = (each) => [each.name, each.kind_label, each.distanceM === undefined ? "" : `${Math.round(each.distanceM)} ${this.words.metre}`];
    byId("insp-place").replaceChildren(...this.places.map((each, i) => option(`${i}`, label(each).filter(Boolean).join(" · "))));
    this.offerLists();
  }

  offerLists() {
    const place = this.places[Number(byId("insp-place").value)];
    this.lists = place ? fitting(this.bundle.checklists, place) : [];
    byId("insp-list").replaceChildren(...this.lists.map((each, i) => option(`${i}`, each.title)));
    if (place && !this.lists.length) byId("insp-list").replaceChildren(option("", this.words.insp_no_list));
    byId("insp-begin").disabled = !this.lists.length;
  }

  async start(event) {
    event.preventDefault();
    const place = this.places[Number(byId("insp-place").value)];
    const checklist = this.lists[Number(byId("insp-list").value)];
    if (!place || !checklist) return;
    this.draft = { owner: this.owner, checklist, place, startedAt: Date.now(), result: "done", obstacle: "", note: "", answers: {}, photos: {}, issues: [] };
    await this.keep();
    this.open();
  }

  // Running

  open() {
    const { checklist, place, result, obstacle, note } = this.draft;
    byId("insp-choose").hidden = true;
    byId("insp-run").hidden = false;
    byId("insp-name").textContent = place.name;
    byId("insp-list-name").textContent = checklist.title;
    byId("insp-assumed").textContent = checklist.is_own_assumption ? this.words.insp_default : "";
    const obstacles = this.draft.obstacles || this.bundle?.obstacles || [];
    this.draft.obstacles = obstacles;
    byId("insp-obstacle").replaceChildren(option("", this.words.insp_choose), ...obstacles.map((each) => option(each.value, each.label)));
    byId("insp-obstacle").value = obstacle;
    byId("insp-note").value = note;
    byId("insp-problem").textContent = "";
    for (const each of document.getElementsByName("insp-result")) each.checked = each.value === result;
    this.fields.draw(this.draft);
    this.showTally();
    if (!byId("insp-dialog").open) byId("insp-dialog").showModal();
    byId("insp-dialog").scrollTop = 0;
    byId("insp-name").focus({ preventScroll: true });
    this.locate(() => this.showPosition());
    this.showPosition();
  }

  set(name, value) {
    this.draft[name] = value;
    this.keep();
  }

  /** One after the other: an older draft never comes after a newer one, nor after what was saved of it. */
  async keep() {
    this.showTally();
    this.keeping = (this.keeping || Promise.resolve()).then(() => this.store.set(DRAFT, this.draft));
    await this.keeping;
    this.paint();
  }

  showTally() {
    const isDone = this.draft.result === "done";
    byId("insp-blocked").hidden = isDone;
    byId("insp-items").hidden = !isDone;
    const { score, failed } = judge(this.draft.checklist.items, this.draft.answers, this.draft.photos);
    const found = failed.length ? `✕ ${this.words.insp_findings} ${failed.length} ${this.words.insp_count}` : `✓ ${this.words.insp_nothing}`;
    const told = [found, score === null ? "" : `${this.words.insp_score} ${score}`].filter(Boolean).join(" · ");
    byId("insp-tally").textContent = isDone ? told : `— ${this.words.insp_not_accessible}`;
  }

  async addPhotos(key, files) {
    const count = Object.values(this.draft.photos).flat().length;
    byId("insp-problem").textContent = count + files.length > PHOTOS_AT_MOST ? this.words.insp_photos_most : "";
    for (const file of files.slice(0, PHOTOS_AT_MOST - count)) {
      try {
        const { id, name, sha256, bytes, data } = await prepare(file);
        await this.store.keepPhoto(id, data);
        (this.draft.photos[key] ||= []).push({ id, name, sha256, bytes });
      } catch {
        byId("insp-problem").textContent = this.words.photo_bad;
      }
    }
    await this.keep();
  }

  // Where the phone is, as long as the dialog is open

  locate(changed) {
    this.stopLocating();
    this.watch = navigator.geolocation?.watchPosition(({ coords, timestamp }) => {
      this.position = { lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy, at: timestamp };
      changed();
    }, () => {}, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 10_000 });
  }

  stopLocating() {
    if (this.watch !== undefined) navigator.geolocation.clearWatch(this.watch);
    this.watch = undefined;
  }

  freshPosition() {
    return this.position && Date.now() - this.position.at < FRESH_MS ? this.position : null;
  }

  showPosition() {
    const at = this.freshPosition();
    const text = at && Number.isFinite(at.accuracyM) ? `${this.words.accuracy} ${Math.round(at.accuracyM)} ${this.words.metre}` : this.words.insp_unknown;
    byId("insp-position").textContent = text;
  }

  // Ending

  problem() {
    const { checklist, result, obstacle, note, answers, photos } = this.draft;
    const texts = [note, ...Object.values(answers).filter((each) => typeof each === "string")];
    const number = texts.map(find).find(Boolean);
    if (number) return `${this.words.pii}${number.text}`;
    if (result === "not_accessible") return obstacle ? "" : this.words.insp_reason;
    const { missing } = judge(checklist.items, answers, photos);
    if (!missing.length) return "";
    this.fields.first(missing)?.focus();
    return this.words.insp_missing + missing.map((key) => this.fields.textOf(key)).join("；");
  }

  content(photos) {
    const { checklist, place, startedAt, result, obstacle, note, answers, issues } = this.draft;
    const isDone = result === "done";
    const asked = visible(checklist.items, answers).map((item) => item.key);
    const { failed } = judge(checklist.items, answers, this.draft.photos);
    const given = asked.filter((key) => answers[key] !== undefined);
    const tidy = (value) => (typeof value === "string" ? clean(value) : value);
    const at = this.freshPosition();
    return {
      checklist: checklist.id, place: { layer: place.layer, id: place.id, name: clean(place.name) },
      started_at: Math.min(startedAt, Date.now()), finished_at: Date.now(), result, obstacle: isDone ? "" : obstacle, note: clean(note),
      answers: isDone ? Object.fromEntries(given.map((key) => [key, tidy(answers[key])])) : {}, photos,
      issues: isDone ? issues.filter((key) => failed.includes(key)) : [],
      ...(at ? { position: { lon: at.lon, lat: at.lat, accuracy_m: at.accuracyM } } : {}),
    };
  }

  async save(event) {
    event.preventDefault();
    if (this.saving) return;
    const problem = this.problem();
    byId("insp-problem").textContent = problem;
    if (problem) return;
    this.saving = true;
    try {
      await this.keeping;
      const shown = visible(this.draft.checklist.items, this.draft.answers).map((item) => item.key);
      const [photos, byItem] = [[], {}];
      for (const key of this.draft.result === "done" ? shown : []) {
        for (const photo of this.draft.photos[key] || []) {
          const data = await this.store.photo(photo.id);
          if (data) photos.push({ ...photo, data });
          if (data) (byItem[key] ||= []).push(photo.id);
        }
      }
      const content = { provider: "geolocation", content: this.content(byItem) };
      const title = [this.words.insp_title, this.draft.place.name, byId("insp-tally").textContent].join(" · ");
      await this.store.queue([{ kind: "inspection", content, about: { title }, photos }], { settings: { [DRAFT]: null } });
      this.draft = null;
      byId("insp-dialog").close();
      this.paint();
      this.saved(this.words.insp_saved);
    } finally {
      this.saving = false;
    }
  }

  async drop() {
    byId("insp-dialog").close();
    if (!(await this.sure(this.words.insp_drop))) return this.open();
    await this.keeping;
    await this.store.dropPhotos(Object.values(this.draft.photos).flat().map(({ id }) => id));
    await this.store.set(DRAFT, null);
    this.draft = null;
    return this.paint();
  }
}

export function begin(context) {
  return new Inspections(context).begin();
}
