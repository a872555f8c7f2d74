// One file on its way: sent, followed until it is ready, or failed with a reason. Only this touches its line on the page.

import { csrfToken, getJson, NOT_REACHED, refusal, Refused, send } from "./http.js";
import { gettext, interpolate } from "./translate.js";

const POLL_MILLISECONDS = 1000;
const FOR_GOOD = [413, 415, 422]; // sending the same file again changes nothing
const NOT_READ = 415;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const online = () =>
  navigator.onLine ? Promise.resolve() : new Promise((resolve) => addEventListener("online", resolve, { once: true }));
const say = (format, values) => interpolate(format, values, true);
const stageOf = (stage) =>
  ({ parsing: gettext("Reading"), embedding: gettext("Indexing"), saving: gettext("Saving") })[stage];

export class Upload {
  // `state`: waiting, sending, following, added, ready, duplicate, failed or dropped. `line` may come later, or never.
  constructor(file, destination) {
    this.file = file;
    this.destination = destination;
    this.state = "waiting";
    this.words = gettext("Waiting");
    this.percent = 0;
  }

  showIn(line) {
    this.line = line;
    this.part(".upload-name").textContent = this.file.name;
    this.part(".upload-name").title = this.file.webkitRelativePath || this.file.name;
    this.part("progress").setAttribute("aria-label", this.file.name);
    this.part(".upload-retry").addEventListener("click", () => this.destination.onRetry(this));
    this.part(".upload-dismiss").addEventListener("click", () => this.dismiss());
    this.draw();
  }

  part(selector) {
    return this.line.querySelector(selector);
  }

  show(state, words, percent = null) {
    Object.assign(this, { state, words, percent });
    if (state !== "failed") this.reason = "";
    if (this.line) this.draw();
    this.destination.onChange();
  }

  draw() {
    const { state, words, percent, reason } = this;
    this.line.className = `upload ${state === "duplicate" ? "ready" : state}`;
    this.part(".upload-state").textContent = words;
    this.part("progress").hidden = percent === null;
    this.part("progress").value = percent ?? 0;
    this.part(".upload-dismiss").hidden = percent !== null && state !== "waiting";
    this.part(".upload-error").textContent = reason ?? "";
    this.part(".upload-error").hidden = !reason;
    this.part(".upload-retry").hidden = state !== "failed" || !this.canRetry;
    if (this.retryWords) this.part(".upload-retry").textContent = this.retryWords;
  }

  // What reached the server is indexed again; what did not is sent again.
  async run() {
    if (this.state === "dropped") return;
    try {
      if (this.id) await this.indexAgain();
      else await this.sendAndFollow();
    } catch (error) {
      this.fail(error.message, error.status);
    }
  }

  async sendAndFollow() {
    const added = await this.sendPatiently();
    // What stands there because an earlier attempt of ours arrived after all is no duplicate.
    const duplicate = added.duplicate && !this.mayHaveArrived;
    this.id = added.id;
    this.destination.onAccepted();
    if (duplicate && added.status !== "failed") {
      this.show("duplicate", say(gettext("Already here, as %(name)s"), { name: added.name }));
      this.destination.onEnd(this, this.words);
    } else if (this.destination.follows) await this.follow(added);
    else this.end("added", gettext("Added"));
  }

  // Many files may be more than the server takes in a minute: it says when it takes the next one.
  async sendPatiently() {
    for (;;) {
      try {
        return await this.sendFile();
      } catch (error) {
        if (error.status === 0 && !navigator.onLine) {
          this.mayHaveArrived = true;
          this.show("waiting", gettext("Goes on when you are online"), 0);
          await online();
        } else if (error.status === 429 && error.waitSeconds) {
          this.show("waiting", say(gettext("Goes on in %(seconds)s s"), { seconds: error.waitSeconds }), 0);
          await wait(1000 * error.waitSeconds);
        } else throw error;
      }
      if (this.state === "dropped") throw new Refused("", NOT_READ);
    }
  }

  // XMLHttpRequest, because fetch does not tell how much of a body was sent.
  sendFile() {
    this.check();
    const { url, collection } = this.destination;
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
        const words = percent < 100 ? say(gettext("Uploading, %(percent)s %"), { percent }) : gettext("Checking");
        this.show("sending", words, percent);
      });
      request.addEventListener("error", () => reject(new Refused(NOT_REACHED, 0)));
      request.addEventListener("load", () => {
        const { status, responseText } = request;
        if (status >= 300) return reject(refusal(status, responseText, request.getResponseHeader("Retry-After")));
        return resolve(JSON.parse(responseText));
      });
      this.show("sending", gettext("Uploading"), 0);
      request.send(form);
    });
  }

  // What is known to be refused is not sent. An ending is only a hint: who knows better sends the file all the same.
  check() {
    const { maxBytes, unreadKinds } = this.destination;
    if (this.file.size > maxBytes) {
      const size = Math.round(maxBytes / 1024 / 1024);
      const words = gettext("The file is larger than %(size)s MB, the most that can be uploaded.");
      throw new Refused(say(words, { size }), 413);
    }
    const ending = this.file.name.toLowerCase().match(/\.[^.]*$/)?.[0];
    if (!this.insists && unreadKinds[ending]) {
      this.retryWords = gettext("Send it anyway");
      this.insists = true;
      throw new Refused(unreadKinds[ending], 0);
    }
  }

  async indexAgain() {
    const again = await send(`/api/documents/${this.id}/retry`, { method: "POST" });
    if (this.destination.follows) await this.follow(await again.json());
    else this.end("added", gettext("Added"));
  }

  // Ask every second how far the document is, until it is ready or has failed. A server that is away is waited for.
  async follow(added) {
    for (let current = added; ; ) {
      if (current.status === "ready") {
        const pages = say(gettext("Ready, %(pages)s pages"), { pages: current.pages });
        return this.end("ready", current.pages > 1 ? pages : gettext("Ready"));
      }
      if (current.status === "failed") return this.fail(current.error, 500);
      const percent = Math.round(100 * current.progress);
      const values = { stage: stageOf(current.stage), percent };
      const words = values.stage ? say(gettext("%(stage)s, %(percent)s %"), values) : gettext("Waiting to be read");
      this.show("following", words, percent);
      await wait(POLL_MILLISECONDS);
      try {
        current = await getJson(`/api/documents/${this.id}`);
      } catch (error) {
        if (error.status === 404) throw new Refused(gettext("The document was deleted meanwhile."), 422);
        if (error.status === 401 || error.status === 403) throw error;
      }
    }
  }

  end(state, words) {
    this.show(state, words);
    if (state === "added") this.removeLine();
    else this.destination.onReady(this);
    this.destination.onEnd(this, words);
  }

  fail(reason, status) {
    if (this.state === "dropped") return;
    this.reason = reason;
    this.status = status;
    this.canRetry = !FOR_GOOD.includes(status);
    this.show("failed", gettext("Failed"));
    this.destination.onFailed(this);
  }

  dismiss() {
    this.removeLine();
    if (["waiting", "failed"].includes(this.state)) this.state = "dropped";
    this.destination.onChange();
  }

  removeLine() {
    const next = this.line?.contains(document.activeElement) && (this.line.nextElementSibling ?? this.line.previousElementSibling);
    this.line?.remove();
    this.line = null;
    if (next) next.querySelector("button:not([hidden])")?.focus();
  }
}
