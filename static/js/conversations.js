// The list of conversations: search as it is typed, older ones, rename and delete in a dialog. Each piece is the server's.

import { getFragment, send } from "./http.js";
import { gettext } from "./translate.js";

const TYPING_MILLISECONDS = 250;

export class Conversations {
  constructor(root, { current = () => null, onEmpty = () => {} } = {}) {
    this.root = root;
    this.current = current;
    this.onEmpty = onEmpty;
    this.dialog = document.getElementById("conversation-dialog");
    this.search = root.querySelector(".sidebar-search");
    this.typing = null;
    this.root.addEventListener("click", (event) => this.click(event));
    this.search?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show(this.address());
    });
    this.search?.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.show(this.address()), TYPING_MILLISECONDS);
    });
    this.dialog.addEventListener("submit", (event) => this.submit(event));
    this.dialog.addEventListener("click", (event) => this.cancel(event));
    this.dialog.addEventListener("close", () => this.giveFocusBack());
  }

  get list() {
    return this.root.querySelector("#conversation-list");
  }

  address() {
    const words = this.search?.elements.search.value.trim();
    return words ? `/conversations?search=${encodeURIComponent(words)}` : "/conversations";
  }

  // The latest, as the server lists them now.
  refresh() {
    return this.show(this.address());
  }

  async show(address) {
    const asked = (this.asked = Symbol("the last one asked for wins"));
    const fresh = await getFragment(address).catch(() => null); // what is listed stays
    if (!fresh || asked !== this.asked) return;
    this.list.replaceWith(fresh);
    this.mark();
  }

  mark() {
    for (const row of this.list.querySelectorAll(".conversation-row")) {
      const link = row.querySelector("a");
      if (Number(row.dataset.conversation) === this.current()) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  click(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const action = link.matches("[data-dialog]")
      ? () => this.ask(link)
      : link.closest(".older") && this.search
        ? () => this.more(link)
        : null;
    if (!action) return;
    event.preventDefault();
    action();
  }

  // Older ones are put below; those of the same time go under the heading that stands there already.
  async more(link) {
    const older = await getFragment(link.href).catch(() => null);
    if (!older) {
      location.assign(link.href);
      return;
    }
    older.querySelector(".newer")?.remove();
    const first = older.querySelector(".conversation-row a");
    const known = new Set([...this.list.querySelectorAll(".conversation-row")].map((row) => row.dataset.conversation));
    for (const row of older.querySelectorAll(".conversation-row")) if (known.has(row.dataset.conversation)) row.remove();
    link.closest(".older").remove();
    for (const group of older.querySelectorAll("[data-group]")) {
      const same = this.list.querySelector(`[data-group="${group.dataset.group}"] ul`);
      if (same) same.append(...group.querySelectorAll(".conversation-row"));
      else this.list.append(group);
    }
    this.list.append(...older.querySelectorAll(".older"));
    this.mark();
    first?.focus();
  }

  async ask(link) {
    this.row = link.closest(".conversation-row");
    const form = await getFragment(link.href).catch(() => null);
    if (!form) {
      location.assign(link.href); // the whole page says what is wrong
      return;
    }
    this.dialog.replaceChildren(form);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.querySelector("[autofocus]").select?.();
  }

  cancel(event) {
    if (!event.target.closest("[data-cancel]")) return;
    event.preventDefault();
    this.dialog.close();
  }

  async submit(event) {
    event.preventDefault();
    const form = event.target;
    const said = form.querySelector('[role="alert"]');
    try {
      const body = new URLSearchParams(new FormData(form));
      await send(form.action, { method: "POST", headers: { "X-Requested-With": "fragment" }, body });
    } catch (error) {
      said.textContent = error.status === 400 ? gettext("A conversation needs a title.") : error.message;
      return;
    }
    await this.done(form.action.endsWith("/delete"));
  }

  async done(deleted) {
    const id = Number(this.row.dataset.conversation);
    if (deleted && id === this.current()) {
      location.assign("/");
      return;
    }
    const next = deleted ? this.row.nextElementSibling?.dataset.conversation : id;
    await this.show(this.search ? this.address() : location.href);
    this.row = next ? this.list.querySelector(`[data-conversation="${next}"]`) : null;
    this.dialog.close();
    const news = document.getElementById("conversation-news");
    if (news) news.textContent = deleted ? gettext("The conversation was deleted.") : gettext("The conversation was renamed.");
  }

  giveFocusBack() {
    this.dialog.replaceChildren();
    const back = this.row?.querySelector(".row-more") ?? this.root.querySelector("a");
    if (back?.checkVisibility()) back.focus();
    else document.querySelector(".menu-button")?.focus();
  }
}
