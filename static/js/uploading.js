// Add documents: dropped or chosen, many files or a folder. Keeps the queue and says how far all of it is.

import { dropped, inFolder, MOST_FILES } from "./dropped_files.js";
import { gettext, interpolate, ngettext } from "./translate.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2; // uploads that run at the same time
const FEW = 10; // files: up to here each has its line from the start and is followed until it is ready
const FAILED_LINES = 50; // that are shown; the others are counted, and tried again with them
const SAME_FAILURES = 3; // one after another that are no file's fault: the others would fail alike
const NO_FILES_FAULT = [0, 401, 403, 503];
const ENDED = ["added", "ready", "duplicate", "failed"];

export class Uploads {
  // `followedElsewhere`: the page shows what becomes of a document once it is accepted.
  constructor({ onAccepted = () => {}, onReady = () => {}, followedElsewhere = false } = {}) {
    this.form = document.getElementById("upload-form");
    this.section = document.getElementById("uploads");
    if (!this.form || !this.section) return;
    this.list = this.section.querySelector(".upload-list");
    this.overall = this.section.querySelector(".uploads-overall");
    this.news = document.getElementById("upload-news");
    Object.assign(this, { onAccepted, onReady, followedElsewhere });
    this.all = [];
    this.waiting = [];
    this.running = 0;
    this.failuresInARow = 0;
    this.note = "";
    this.form.classList.add("js");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.takeChoices();
    this.takeDrops();
    this.overall.querySelector(".uploads-cancel").addEventListener("click", () => this.cancelRest());
    this.overall.querySelector(".uploads-retry").addEventListener("click", () => this.retryAll());
    this.overall.querySelector(".uploads-dismiss").addEventListener("click", () => this.dismissAll());
    for (const name of ["online", "offline"]) addEventListener(name, () => (this.summarise(), this.runNext()));
    addEventListener("beforeunload", (event) => {
      if (this.all.some(({ state }) => state === "waiting" || state === "sending")) event.preventDefault();
    });
  }

  choose() {
    this.form?.elements.file.click();
  }

  takeChoices() {
    const input = this.form.elements.file;
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = "";
    });
    const folder = Object.assign(document.createElement("input"), { type: "file", webkitdirectory: true });
    folder.addEventListener("change", () => {
      this.addFound(inFolder([...folder.files]));
      folder.value = "";
    });
    const button = this.form.querySelector(".choose-folder");
    button.hidden = !("webkitdirectory" in HTMLInputElement.prototype) || matchMedia("(hover: none)").matches;
    button.addEventListener("click", () => folder.click());
  }

  // Files may be dropped anywhere on the page: a file that misses a small target would replace the page.
  takeDrops() {
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.veil(true);
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) this.veil(false);
    });
    addEventListener("drop", async (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.veil(false);
      this.addFound(await dropped(event.dataTransfer));
    });
  }

  veil(shown) {
    const veil = document.querySelector(".drop-veil");
    if (!shown) veil?.remove();
    if (!shown || veil) return;
    const cover = document.createElement("div");
    cover.className = "drop-veil";
    cover.append(Object.assign(document.createElement("p"), { textContent: gettext("Drop to add these files") }));
    document.body.append(cover);
  }

  addFound({ files, leftOut, more }) {
    const notes = [];
    if (leftOut) {
      const words = ngettext("%(n)s hidden file was left out", "%(n)s hidden files were left out", leftOut);
      notes.push(interpolate(words, { n: leftOut }, true));
    }
    if (more) notes.push(interpolate(gettext("only the first %(n)s files are taken at once"), { n: MOST_FILES }, true));
    if (!files.length) notes.push(gettext("there is no file to add"));
    this.add(files, notes.join(" · "));
  }

  add(files, note = "") {
    if (!files.length && !note) return;
    const sheet = this.form.closest("[popover]");
    if (sheet?.matches(":popover-open")) sheet.hidePopover();
    if (this.isDone()) this.all = this.all.filter(({ state }) => state === "failed");
    this.note = note;
    const follows = !this.followedElsewhere && this.all.length + files.length <= FEW;
    const destination = this.destination(follows);
    const added = files.map((file) => new Upload(file, destination));
    this.all.push(...added);
    this.waiting.push(...added);
    if (this.all.length <= FEW) added.forEach((upload) => this.showLine(upload));
    this.summarise();
    this.section.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.runNext();
  }

  destination(follows) {
    return {
      url: "/api/documents",
      collection: this.form.elements.collection?.value,
      maxBytes: Number(this.form.dataset.maxBytes),
      unreadKinds: JSON.parse(this.form.dataset.unreadKinds || "{}"),
      follows,
      onAccepted: () => {
        this.failuresInARow = 0;
        this.onAccepted();
      },
      onChange: () => this.summarise(),
      onReady: () => this.onReady(),
      onEnd: (upload, words) => this.ended(upload, words),
      onFailed: (upload) => this.failed(upload),
      onRetry: (upload) => this.again([upload]),
    };
  }

  showLine(upload) {
    if (upload.line) return;
    const line = document.getElementById("upload-template").content.firstElementChild.cloneNode(true);
    upload.showIn(line);
    this.list.append(line);
  }

  runNext() {
    while (this.running < AT_ONCE && this.waiting.length && navigator.onLine) {
      const upload = this.waiting.shift();
      if (upload.state === "dropped") continue;
      this.running += 1;
      this.showLine(upload);
      upload.run().finally(() => {
        this.running -= 1;
        this.summarise();
        this.runNext();
      });
    }
  }

  ended(upload, words) {
    if (this.all.length > FEW) upload.removeLine();
    if (this.all.length <= FEW) this.say(`${upload.file.name}: ${words}.`);
  }

  failed(upload) {
    this.failuresInARow = NO_FILES_FAULT.includes(upload.status) && !upload.insists ? this.failuresInARow + 1 : 0;
    const shown = this.list.querySelectorAll(".upload.failed").length;
    if (shown > FAILED_LINES) upload.removeLine();
    this.say(`${upload.file.name}: ${upload.reason}`);
    if (this.failuresInARow < SAME_FAILURES) return;
    this.failuresInARow = 0;
    for (const other of this.waiting.splice(0)) {
      if (other.state === "waiting") other.fail(upload.reason, upload.status);
    }
  }

  again(uploads) {
    this.failuresInARow = 0;
    for (const upload of uploads) upload.show("waiting", gettext("Waiting"), 0);
    this.waiting.push(...uploads);
    this.runNext();
  }

  retryAll() {
    this.again(this.all.filter(({ state, canRetry, insists }) => state === "failed" && canRetry && !insists));
  }

  cancelRest() {
    for (const upload of this.waiting.splice(0)) upload.dismiss();
  }

  dismissAll() {
    this.list.replaceChildren();
    this.all = [];
    this.note = "";
    this.summarise();
  }

  // What is ready needs no more attention; what failed still does.
  clearReady() {
    for (const button of this.list?.querySelectorAll(".upload.ready .upload-dismiss") ?? []) button.click();
  }

  isDone() {
    return !this.running && !this.waiting?.length;
  }

  // At most once a frame, whatever happens to hundreds of files.
  summarise() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const uploads = this.all.filter(({ state }) => state !== "dropped");
    const count = (...states) => uploads.filter(({ state }) => states.includes(state)).length;
    const [failed, done] = [count("failed"), this.isDone()];
    const part = (selector) => this.overall.querySelector(selector);
    this.overall.hidden = !this.note && !(uploads.length > 1 && (!done || failed > 1 || uploads.length > FEW));
    this.section.hidden = this.overall.hidden && !this.list.children.length;
    part(".uploads-count").textContent = this.sentence(count, uploads.length);
    part("progress").hidden = done;
    part("progress").max = uploads.length || 1;
    part("progress").value = count(...ENDED);
    part(".uploads-cancel").hidden = !this.waiting.length;
    const retryable = uploads.filter(({ state, canRetry, insists }) => state === "failed" && canRetry && !insists);
    part(".uploads-retry").hidden = !done || retryable.length < 2;
    part(".uploads-dismiss").hidden = !done;
    if (done && uploads.length > FEW && this.said !== this.all) {
      this.said = this.all;
      this.say(part(".uploads-count").textContent);
    }
  }

  // "12 of 40 · 3 failed"
  sentence(count, total) {
    const parts = [];
    if (total) parts.push(interpolate(gettext("%(done)s of %(total)s"), { done: count("added", "ready", "duplicate"), total }, true));
    const [failed, duplicates] = [count("failed"), count("duplicate")];
    if (duplicates) parts.push(interpolate(gettext("%(n)s already here"), { n: duplicates }, true));
    if (failed) parts.push(interpolate(gettext("%(n)s failed"), { n: failed }, true));
    if (!navigator.onLine && !this.isDone()) parts.push(gettext("paused: you are offline"));
    if (this.note) parts.push(this.note);
    return parts.join(" · ");
  }

  say(sentence) {
    this.news.textContent = sentence;
  }
}
