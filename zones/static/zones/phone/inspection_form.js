// The items of a checklist as fields. A change is told at once, so that the draft is in the store before the next tap.
import { judge, number, visible } from "./checklist.js";

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) name in element ? (element[name] = value) : element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export class ItemFields {
  /** `changed()` after an answer; `addPhotos(key, files)` and `photosOf(key)` keep pictures; `draft` is written in place. */
  constructor(room, words, { changed, addPhotos }) {
    Object.assign(this, { room, words, changed, addPhotos, rows: new Map() });
  }

  draw(draft) {
    this.draft = draft;
    this.rows.clear();
    for (const item of draft.checklist.items) {
      const tags = item.required === false ? [] : [" ", made("span", { className: "small muted" }, this.words.insp_required)];
      const row = made("fieldset", { className: "insp-item" }, made("legend", {}, item.text, ...tags), this.field(item), this.more(item));
      row.dataset.key = item.key;
      this.rows.set(item.key, row);
    }
    this.room.replaceChildren(...this.rows.values());
    this.refresh();
  }

  field(item) {
    if (item.type === "photo") return "";
    const answer = this.draft.answers[item.key];
    if (item.type === "note") return this.text(item, made("textarea", { rows: 2, maxLength: 500, value: answer ?? "" }), (text) => text);
    if (item.type === "number") {
      const input = made("input", { type: "text", inputMode: "decimal", value: answer === undefined ? "" : `${answer}`, autocomplete: "off" });
      return made("div", { className: "insp-number" }, this.text(item, input, number), made("span", {}, item.unit || ""));
    }
    const yesNo = [["yes", this.words.insp_yes], ["no", this.words.insp_no]];
    const choices = item.type === "yes_no" ? yesNo : item.options.map((each) => [each.value, each.text]);
    return made("div", { className: "insp-answers" }, ...choices.map(([value, text]) => {
      const input = made("input", { type: "radio", name: `insp-${item.key}`, value, checked: answer === value });
      input.addEventListener("change", () => this.answer(item.key, value));
      return made("label", {}, input, made("span", {}, text));
    }));
  }

  text(item, input, read) {
    input.setAttribute("aria-label", item.text);
    input.addEventListener("input", () => {
      const value = read(input.value);
      input.setAttribute("aria-invalid", `${value === null && input.value.trim() !== ""}`);
      this.answer(item.key, value === null || value === "" ? undefined : value);
    });
    return input;
  }

  more(item) {
    const id = `insp-photo-${item.key}`;
    const files = made("input", { type: "file", id, accept: "image/*", multiple: true });
    files.addEventListener("change", async () => {
      await this.addPhotos(item.key, [...files.files]);
      files.value = "";
      this.refresh();
    });
    const tick = made("input", { type: "checkbox", checked: this.draft.issues.includes(item.key) });
    tick.addEventListener("change", () => {
      this.draft.issues = this.draft.issues.filter((key) => key !== item.key).concat(tick.checked ? [item.key] : []);
      this.changed();
    });
    return made(
      "div", { className: "insp-more" },
      made("span", { className: "mark" }, `✕ ${this.words.insp_failed}`),
      made("label", { className: "insp-register" }, tick, made("span", {}, this.words.insp_register)),
      files, made("label", { className: "file", htmlFor: id }, this.words.insp_photo),
      made("span", { className: "insp-photos small" }),
    );
  }

  answer(key, value) {
    if (value === undefined) delete this.draft.answers[key];
    else this.draft.answers[key] = value;
    this.refresh();
    this.changed();
  }

  /** Shows what is asked with these answers, and what fails. */
  refresh() {
    const { checklist, answers, photos } = this.draft;
    const shown = new Set(visible(checklist.items, answers).map((item) => item.key));
    const judged = judge(checklist.items, answers, photos);
    for (const [key, row] of this.rows) {
      const fails = judged.failed.includes(key);
      row.hidden = !shown.has(key);
      row.classList.toggle("failed", fails);
      row.querySelector(".mark").hidden = row.querySelector(".insp-register").hidden = !fails;
      const count = (photos[key] || []).length;
      row.querySelector(".insp-photos").textContent = count ? `${count} ${this.words.photo}` : "";
    }
    return judged;
  }

  first(keys) {
    return this.rows.get(keys[0])?.querySelector("input, textarea");
  }

  textOf(key) {
    return this.draft.checklist.items.find((item) => item.key === key)?.text || "";
  }
}
