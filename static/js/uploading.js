// Add documents: dropped or chosen, each with its own progress until it is ready or has failed with a reason.

import { csrfToken, getJson, NOT_REACHED, refusal, Refused, send } from "./http.js";

const AT_ONCE = 2; // uploads that run at the same time
const POLL_MILLISECONDS = 1000;
const STAGES = { parsing: "Reading", embedding: "Indexing", saving: "Saving" };

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const megabytes = (bytes) => `${Math.round(bytes / 1024 / 1024)} MB`;

// One file on its way. Only this class touches its line on the page.
class Upload {
  constructor(line, file, destination) {
    this.line = line;
    this.file = file;
    this.destination = destination;
    this.part(".upload-name").textContent = file.name;
    this.part(".upload-name").title = file.name;
    this.part("progress").setAttribute("aria-label", file.name);
    this.part(".upload-retry").addEventListener("click", () => this.retry());
    this.part(".upload-dismiss").addEventListener("click", () => this.dismiss());
    this.show("waiting", "Waiting", 0);
  }

  part(selector) {
    return this.line.querySelector(selector);
  }

  show(look, state, percent) {
    this.line.className = `upload ${look}`;
    this.part(".upload-state").textContent = state;
    this.part("progress").hidden = percent === null;
    if (percent !== null) this.part("progress").value = percent;
    this.part(".upload-dismiss").hidden = percent !== null;
    this.part(".upload-error").hidden = true;
    this.part(".upload-retry").hidden = true;
  }

  async run() {
    try {
      const { document: added, duplicate } = await this.sendPatiently();
      this.id = added.id;
      this.destination.onAccepted();
      if (duplicate && added.status === "ready") this.finish(`Already here, as ${added.name}`);
      else if (this.destination.followedElsewhere && !duplicate) this.dismiss();
      else await this.follow(added);
    } catch (error) {
      this.fail(error.message, error.status !== 413 && error.status !== 415 && error.status !== 422);
    }
  }

  // Many files may be more than the server takes in a minute: it says when it takes the next one.
  async sendPatiently() {
    for (;;) {
      try {
        return await this.sendFile();
      } catch (error) {
        if (error.status !== 429 || !error.waitSeconds) throw error;
        this.show("waiting", `Goes on in ${error.waitSeconds} s`, 0);
        await wait(1000 * error.waitSeconds);
      }
    }
  }

  // XMLHttpRequest, because fetch does not tell how much of a body was sent.
  sendFile() {
    const { url, collection, maxBytes } = this.destination;
    if (this.file.size > maxBytes) {
      throw new Refused(`The file is larger than ${megabytes(maxBytes)}, the most that can be uploaded.`, 413);
    }
    const form = new FormData();
    if (collection) form.append("collection", collection);
    form.append("file", this.file);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        const percent = Math.floor((100 * loaded) / (total || 1));
        this.show("sending", percent < 100 ? `Uploading, ${percent} %` : "Checking", percent);
      });
      request.addEventListener("error", () => reject(new Refused(NOT_REACHED, 0)));
      request.addEventListener("load", () => {
        const { status, responseText } = request;
        if (status >= 300) return reject(refusal(status, responseText, request.getResponseHeader("Retry-After")));
        const added = JSON.parse(responseText);
        return resolve({ document: added, duplicate: added.duplicate });
      });
      request.send(form);
    });
  }

  // Ask every second how far the document is, until it is ready or has failed. A server that is away is waited for.
  async follow(added) {
    for (let current = added; ; ) {
      if (current.status === "ready") return this.finish(current.pages > 1 ? `Ready, ${current.pages} pages` : "Ready");
      if (current.status === "failed") return this.fail(current.error, true);
      const percent = Math.round(100 * current.progress);
      const stage = STAGES[current.stage] ?? "Waiting to be read";
      this.show("indexing", current.stage ? `${stage}, ${percent} %` : stage, percent);
      await wait(POLL_MILLISECONDS);
      try {
        current = await getJson(`/api/documents/${this.id}`);
      } catch (error) {
        if (error.status === 404) throw new Refused("The document was deleted meanwhile.", 422);
        if (error.status === 401 || error.status === 403) throw error;
      }
    }
  }

  finish(sentence) {
    this.show("ready", sentence, null);
    this.destination.onReady(this.file.name);
  }

  fail(sentence, canRetry) {
    this.show("failed", "Failed", null);
    this.part(".upload-error").textContent = sentence;
    this.part(".upload-error").hidden = false;
    this.part(".upload-retry").hidden = !canRetry;
    this.destination.onFailed(this.file.name, sentence);
  }

  // What reached the server is indexed again; what did not is sent again.
  async retry() {
    this.show("waiting", "Waiting", 0);
    if (!this.id) return this.run();
    try {
      const again = await send(`/api/documents/${this.id}/retry`, { method: "POST" });
      await this.follow(await again.json());
    } catch (error) {
      this.fail(error.message, true);
    }
    return undefined;
  }

  dismiss() {
    const list = this.line.parentElement;
    this.line.remove();
    if (!list.children.length) list.closest(".uploads").hidden = true;
  }
}

export class Uploads {
  // `followedElsewhere`: the page shows what becomes of a document once it is accepted.
  constructor({ onAccepted = () => {}, onReady = () => {}, followedElsewhere = false } = {}) {
    this.form = document.getElementById("upload-form");
    this.section = document.getElementById("uploads");
    if (!this.form || !this.section) return;
    this.news = document.getElementById("upload-news");
    this.onAccepted = onAccepted;
    this.onReady = onReady;
    this.followedElsewhere = followedElsewhere;
    this.waiting = [];
    this.running = 0;
    this.form.classList.add("js");
    const input = this.form.elements.file;
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = "";
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.takeDrops();
  }

  choose() {
    this.form?.elements.file.click();
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
    addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.veil(false);
      this.add([...event.dataTransfer.files]);
    });
  }

  veil(shown) {
    const veil = document.querySelector(".drop-veil");
    if (!shown) veil?.remove();
    if (!shown || veil) return;
    const cover = document.createElement("div");
    cover.className = "drop-veil";
    cover.append(Object.assign(document.createElement("p"), { textContent: "Drop to add these files" }));
    document.body.append(cover);
  }

  add(files) {
    if (!files.length) return;
    const sheet = this.form.closest("[popover]");
    if (sheet?.matches(":popover-open")) sheet.hidePopover();
    this.section.hidden = false;
    const destination = {
      url: "/api/documents",
      collection: this.form.elements.collection?.value,
      maxBytes: Number(this.form.dataset.maxBytes),
      followedElsewhere: this.followedElsewhere,
      onAccepted: this.onAccepted,
      onReady: (name) => {
        this.say(`${name} is ready.`);
        this.onReady();
      },
      onFailed: (name, sentence) => this.say(`${name} failed. ${sentence}`),
    };
    const template = document.getElementById("upload-template");
    for (const file of files) {
      const line = template.content.firstElementChild.cloneNode(true);
      this.section.querySelector(".upload-list").append(line);
      this.waiting.push(new Upload(line, file, destination));
    }
    this.section.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.runNext();
  }

  // What is ready needs no more attention; what failed still does.
  clearReady() {
    for (const line of this.section?.querySelectorAll(".upload.ready .upload-dismiss") ?? []) line.click();
  }

  say(sentence) {
    this.news.textContent = sentence;
  }

  runNext() {
    while (this.running < AT_ONCE && this.waiting.length) {
      this.running += 1;
      this.waiting
        .shift()
        .run()
        .finally(() => {
          this.running -= 1;
          this.runNext();
        });
    }
  }
}
