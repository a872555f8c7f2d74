// What is typed and not yet asked, per conversation, over a reload: in this tab alone, and shown to the same person alone.

const PREFIX = "draft:";

export class Drafts {
  constructor(person) {
    this.prefix = `${PREFIX}${person || "visitor"}:`;
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX) && !key.startsWith(this.prefix)) sessionStorage.removeItem(key);
    }
  }

  key(conversation) {
    return `${this.prefix}${conversation ?? "new"}`;
  }

  of(conversation) {
    return sessionStorage.getItem(this.key(conversation)) ?? "";
  }

  keep(conversation, text) {
    if (!text.trim()) {
      this.forget(conversation);
      return;
    }
    try {
      sessionStorage.setItem(this.key(conversation), text);
    } catch {
      // The tab's storage is full: the draft lives as long as the page.
    }
  }

  forget(conversation) {
    sessionStorage.removeItem(this.key(conversation));
  }
}
