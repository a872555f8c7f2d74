// Ticks in a list: all of a page at once, and how many it are. What is done with them is a form's affair.

import { interpolate, language, ngettext } from "./translate.js";

export class Selecting {
  constructor(section) {
    this.section = section;
    this.section.addEventListener("change", (event) => {
      if (event.target.matches(".tick-all")) for (const tick of this.ticks()) tick.checked = event.target.checked;
      this.tell();
    });
    this.section.addEventListener("reset", () => setTimeout(() => this.tell()));
    this.section.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.any() && !document.querySelector("dialog[open], :popover-open")) this.form.reset();
    });
    this.renew();
  }

  // There once the list has rows that may be chosen.
  get form() {
    return this.section.querySelector("#selection");
  }

  // After the list was replaced: a page that came back by the browser's own memory may have ticks too.
  renew() {
    if (!this.form) return;
    this.count = this.form.querySelector(".selection-count");
    this.words ??= this.count.textContent;
    const all = this.section.querySelector(".tick-all");
    if (all) all.hidden = false;
    this.tell();
  }

  any() {
    return this.ticks().some((tick) => tick.checked);
  }

  ticks() {
    return [...this.section.querySelectorAll('.tick[name="document"]')];
  }

  tell() {
    if (!this.count) return;
    const ticks = this.ticks();
    const chosen = ticks.filter((tick) => tick.checked).length;
    const all = this.section.querySelector(".tick-all");
    if (all) {
      all.checked = chosen > 0 && chosen === ticks.length;
      all.indeterminate = chosen > 0 && chosen < ticks.length;
    }
    const everything = this.form.elements.all;
    if (!chosen && everything) everything.checked = false;
    const meant = everything?.checked ? Number(this.form.dataset.all) : chosen;
    const words = ngettext("%(n)s document chosen", "%(n)s documents chosen", meant);
    this.count.textContent = meant ? interpolate(words, { n: meant.toLocaleString(language) }, true) : this.words;
    const failed = this.section.querySelector('[data-status="failed"] .tick:checked') !== null;
    this.form.querySelector('[value="retry"]').hidden = !failed && !everything?.checked;
  }
}
