// Warns two minutes before an idle session ends; 继续 prolongs it. The dialog and its words are the page's own.
const WARN = 120;
const CHECK = 1000;

class Idle {
  constructor(dialog) {
    this.dialog = dialog;
    this.urls = { left: dialog.dataset.left, stay: dialog.dataset.stay };
    this.words = Object.fromEntries(["soon", "over"].map((name) => [name, dialog.querySelector(`[data-idle-${name}]`)]));
    this.time = dialog.querySelector("[data-idle-time]");
    dialog.addEventListener("cancel", (event) => event.preventDefault()); // Esc says nothing about staying
    dialog.querySelector("form").addEventListener("submit", (event) => this.stay(event));
    this.endsAt = Date.now() + Number(dialog.dataset.idle) * 1000;
    setInterval(() => this.tick(), CHECK);
  }

  get left() {
    return Math.round((this.endsAt - Date.now()) / 1000);
  }

  // Before anything is shown the server is asked: another tab or an autosave may have prolonged the session.
  async tick() {
    if (this.busy || this.isOver) return;
    if (this.left > WARN) return;
    const known = this.asked && Date.now() - this.asked < 10_000;
    if (!known) await this.ask();
    this.show();
  }

  async ask() {
    this.busy = true;
    this.asked = Date.now();
    try {
      const reply = await fetch(this.urls.left, { headers: { Accept: "application/json", "X-Live": "1" } });
      if (reply.status === 401 || reply.redirected) this.endsAt = Date.now();
      else if (reply.ok) this.endsAt = Date.now() + (await reply.json()).left * 1000;
    } catch {
      // no connection: the last answer counts
    }
    this.busy = false;
  }

  show() {
    if (this.left > WARN) return this.dialog.open && this.dialog.close();
    this.isOver = this.left <= 0;
    this.words.soon.hidden = this.isOver;
    this.words.over.hidden = !this.isOver;
    const left = Math.max(0, this.left);
    this.time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (!this.dialog.open) this.dialog.showModal();
  }

  async stay(event) {
    event.preventDefault();
    const body = new FormData(event.target);
    try {
      const reply = await fetch(this.urls.stay, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!reply.ok) throw new Error(reply.status);
      this.endsAt = Date.now() + (await reply.json()).left * 1000;
    } catch {
      await this.ask();
    }
    this.show();
  }
}

export default function idle(dialogs) {
  if (!window.HTMLDialogElement) return;
  for (const dialog of dialogs) new Idle(dialog);
}
