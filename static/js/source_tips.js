// Say which document and page a mark stands for, on hover and on focus; Escape takes it away, a touch opens the source.

const GAP = 6; // px between a mark and its tip
const AFTER = 150; // ms that a tip waits for the pointer to come over to it

export class SourceTips {
  constructor(list) {
    this.list = list;
    this.tip = document.createElement("div");
    Object.assign(this.tip, { className: "tip source-tip", id: "source-tip", role: "tooltip", hidden: true });
    (document.querySelector("main") ?? document.body).append(this.tip);
    this.mark = null;
    this.leaving = 0;
    list.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.over(event));
    list.addEventListener("pointerout", () => this.leave());
    list.addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && this.over({ target }));
    list.addEventListener("focusout", () => this.hide());
    list.addEventListener("click", () => this.hide());
    this.tip.addEventListener("pointerenter", () => clearTimeout(this.leaving));
    this.tip.addEventListener("pointerleave", () => this.leave());
    document.addEventListener("keydown", (event) => this.key(event), { capture: true });
  }

  over({ target }) {
    const mark = target.closest("a.citation");
    if (!mark || mark === this.mark) return clearTimeout(this.leaving);
    const place = this.placeOf(mark);
    if (place) this.show(mark, place);
  }

  placeOf(mark) {
    const same = `.sources a[data-citation="${CSS.escape(mark.dataset.citation)}"]`;
    return mark.closest("[data-answer]")?.querySelector(same)?.dataset.place;
  }

  show(mark, place) {
    this.hide();
    this.mark = mark;
    this.tip.textContent = place;
    this.tip.hidden = false;
    mark.setAttribute("aria-describedby", this.tip.id);
    const [around, { width, height }] = [mark.getBoundingClientRect(), this.tip.getBoundingClientRect()];
    const left = around.left + around.width / 2 - width / 2;
    const above = around.top - height - GAP;
    this.tip.style.left = `${Math.max(GAP, Math.min(left, document.documentElement.clientWidth - width - GAP)) + scrollX}px`;
    this.tip.style.top = `${(above > GAP ? above : around.bottom + GAP) + scrollY}px`;
  }

  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.hide(), AFTER);
  }

  hide() {
    clearTimeout(this.leaving);
    this.mark?.removeAttribute("aria-describedby");
    this.mark = null;
    this.tip.hidden = true;
  }

  // The first Escape is the tip's: what is open behind it stays.
  key(event) {
    if (event.key !== "Escape" || !this.mark) return;
    event.preventDefault();
    event.stopPropagation();
    this.hide();
  }
}
