// The field a question is typed into: it grows, Enter asks, Shift + Enter makes a new line.

export class Composer {
  constructor(form, { onAsk, onStop }) {
    this.form = form;
    this.field = form.elements.question;
    this.sendButton = form.querySelector(".send-button");
    this.stopButton = form.querySelector(".stop-button");
    this.onAsk = onAsk;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.grow());
    this.stopButton.addEventListener("click", onStop);
    this.busy = false;
    this.grow();
    // On a phone the keyboard would cover the page before anything was read.
    if (matchMedia("(hover: hover)").matches) this.field.focus({ preventScroll: true });
  }

  get collection() {
    return this.form.elements.collection?.value || null;
  }

  get conversation() {
    return Number(this.form.elements.conversation.value) || null;
  }

  set conversation(id) {
    this.form.elements.conversation.value = id ?? "";
  }

  key(event) {
    // Enter also ends a composition of Chinese, Japanese or Korean input: that is no question yet.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.ask();
  }

  ask() {
    const question = this.field.value.trim();
    if (!question || this.busy) return;
    this.form.querySelector(".composer-error")?.remove();
    this.put("");
    this.field.placeholder = "Ask a follow-up";
    this.onAsk(question);
  }

  put(text) {
    this.field.value = text;
    this.grow();
  }

  // A question that failed comes back to be asked again, unless something else was typed meanwhile.
  giveBack(question) {
    if (!this.field.value.trim()) this.put(question);
  }

  working(busy) {
    this.busy = busy;
    const leaving = busy ? this.sendButton : this.stopButton;
    const hadFocus = document.activeElement === leaving;
    this.sendButton.hidden = busy;
    this.stopButton.hidden = !busy;
    if (hadFocus) (busy ? this.stopButton : this.field).focus();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
