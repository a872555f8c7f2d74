// The answers of a long conversation that are not shown: earlier ones come above, and what is read stays where it is.

import { getFragment } from "./http.js";

export class Earlier {
  constructor(main, list) {
    this.main = main;
    this.list = list;
    main.addEventListener("click", (event) => {
      const link = event.target.closest(".earlier a");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.show(link);
    });
  }

  async show(link) {
    const stretch = await getFragment(link.href).catch(() => null);
    if (!stretch) {
      location.assign(link.href);
      return;
    }
    const first = this.list.firstElementChild;
    const stood = first.getBoundingClientRect().top;
    const exchanges = [...stretch.querySelectorAll(".exchange")];
    document.documentElement.classList.add("unanchored"); // the browser would move the page once more
    this.list.prepend(...exchanges);
    const still = stretch.querySelector(".earlier");
    if (still) link.closest(".earlier").replaceWith(still);
    else link.closest(".earlier").remove();
    scrollBy({ top: first.getBoundingClientRect().top - stood, behavior: "instant" });
    document.documentElement.classList.remove("unanchored");
    exchanges.at(-1).querySelector(".question").focus({ preventScroll: true });
  }

  // A question is asked at the end: where an earlier stretch is shown, the latest one takes its place.
  async showLatest() {
    const link = this.main.querySelector(".later a");
    const stretch = link && (await getFragment(link.href).catch(() => null));
    if (!stretch) return;
    this.list.replaceChildren(...stretch.querySelectorAll(".exchange"));
    link.closest(".later").remove();
    this.main.querySelector(".earlier")?.remove();
    const earlier = stretch.querySelector(".earlier");
    if (earlier) this.list.before(earlier);
  }
}
