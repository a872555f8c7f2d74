// The panel that shows where a citation points: opened by a mark, closed by its button or Escape.

import { getFragment } from "./http.js";

export class SourcePanel {
  constructor(panel, layout) {
    this.panel = panel;
    this.layout = layout;
    this.body = panel.querySelector(".source-body");
    this.openedBy = null;
    layout.addEventListener("click", (event) => this.click(event));
    panel.querySelector(".source-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden && !document.querySelector(":popover-open")) this.close();
    });
  }

  click(event) {
    const mark = event.target.closest("a[data-citation]");
    const exchange = mark?.closest("[data-answer]");
    // With a modifier the link opens in a tab of its own, as links do.
    if (!exchange || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.open(mark, exchange);
  }

  async open(mark, exchange) {
    const { citation } = mark.dataset;
    let source;
    try {
      source = await getFragment(`/answers/${exchange.dataset.answer}/citations/${citation}`);
    } catch {
      location.assign(mark.href); // the whole page says what is wrong
      return;
    }
    this.openedBy = mark;
    this.body.replaceChildren(source);
    this.panel.hidden = false;
    this.layout.classList.add("with-source");
    this.point(exchange, citation);
    this.body.querySelector(".source-name").focus({ preventScroll: true });
    this.showQuote();
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
    this.panel.hidden = true;
    this.layout.classList.remove("with-source");
    this.point(null);
    this.openedBy?.focus();
  }
}
