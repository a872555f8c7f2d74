// The panel that shows where a citation points: opened by a mark, closed by its button or Escape. From one source of an
// answer to the next by the panel's buttons, or by the arrow keys while the focus is in it.

import { announce } from "./announcing.js";
import { getFragment } from "./http.js";
import { gettext, interpolate } from "./translate.js";

const STEPS = { ArrowLeft: ["previous", "next"], ArrowRight: ["next", "previous"] }; // from left to right, and back

export class SourcePanel {
  constructor(panel, layout) {
    this.panel = panel;
    this.layout = layout;
    this.body = panel.querySelector(".source-body");
    this.openedBy = null;
    this.exchange = null;
    this.asked = 0;
    layout.addEventListener("click", (event) => this.click(event));
    panel.querySelector(".source-close").addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !panel.hidden && !document.querySelector(":popover-open"))
        this.close();
    });
  }

  click(event) {
    // With a modifier the link opens in a tab of its own, as links do.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[data-citation]");
    const step = link?.closest(".source-body");
    const exchange = step ? this.exchange : link?.closest("[data-answer]");
    if (!exchange) return;
    event.preventDefault();
    if (step) this.step(link);
    else this.open(link, exchange);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = STEPS[event.key]?.[getComputedStyle(this.panel).direction === "rtl" ? 1 : 0];
    const link = step && this.body.querySelector(`a[data-step="${step}"]`);
    if (!link) return;
    event.preventDefault();
    this.step(link);
  }

  async open(mark, exchange) {
    if (!(await this.show(mark, exchange))) return;
    this.openedBy = mark;
    this.body.querySelector(".source-name").focus({ preventScroll: true });
  }

  // The focus stays on the button that was used, as long as there is one.
  async step(link) {
    const [{ step }, focused] = [link.dataset, this.body.contains(document.activeElement)];
    if (!(await this.show(link, this.exchange))) return;
    const again = this.body.querySelector(`a[data-step="${step}"]`) ?? this.body.querySelector(".source-name");
    if (focused) again.focus({ preventScroll: true });
    const [place, name] = [".source-kicker", ".source-name"].map((part) => this.body.querySelector(part).innerText.trim());
    announce(interpolate(gettext("%(place)s: %(name)s"), { place: place.replace(/\s+/g, " "), name }, true));
  }

  // Whether the source is shown: not where another one was asked for meanwhile.
  async show(link, exchange) {
    const { citation } = link.dataset;
    this.asked += 1;
    const asked = this.asked;
    let source;
    try {
      source = await getFragment(`/answers/${exchange.dataset.answer}/citations/${citation}`);
    } catch {
      if (asked === this.asked) location.assign(link.href); // the whole page says what is wrong
      return false;
    }
    if (asked !== this.asked) return false;
    this.exchange = exchange;
    this.body.replaceChildren(source);
    this.panel.hidden = false;
    this.layout.classList.add("with-source");
    this.point(exchange, citation);
    this.showPicture(source.querySelector("[data-picture]"));
    this.showQuote();
    return true;
  }

  // Its room is kept from the beginning; where there is no picture, it is given back.
  async showPicture(place) {
    if (!place) return;
    place.hidden = false;
    const cutting = await getFragment(place.dataset.picture).catch(() => null);
    if (cutting) place.replaceChildren(cutting);
    else place.remove();
  }

  // Scrolls the panel alone: scrollIntoView would move the conversation too.
  showQuote() {
    const quote = this.body.querySelector("#quote");
    if (!quote) return;
    const below = quote.getBoundingClientRect().top - this.panel.getBoundingClientRect().top;
    this.panel.scrollTop = Math.max(0, this.panel.scrollTop + below - this.panel.clientHeight * 0.4);
  }

  point(exchange, citation) {
    for (const link of this.layout.querySelectorAll("a[data-citation][aria-current]")) link.removeAttribute("aria-current");
    if (!exchange) return;
    const same = `a[data-citation="${CSS.escape(citation)}"]`;
    for (const link of exchange.querySelectorAll(same)) link.setAttribute("aria-current", "true");
  }

  close() {
    this.asked += 1; // whatever is still on its way comes too late
    this.panel.hidden = true;
    this.layout.classList.remove("with-source");
    this.point(null);
    this.openedBy?.focus();
  }
}
