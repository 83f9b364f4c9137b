// Keeps what is typed and not yet saved in this tab, so that it is there again when the session has ended meanwhile.
// The copy is encrypted with a key that the server draws into this person's page of this filing and no other, so
// whoever uses the browser next cannot read it. Signing out wipes it; so does the page of anybody else.
const COPY = "unsaved:";
const SENT = "unsaved-sent"; // which copy a button has just sent; the next page tells whether it arrived
const OLDEST = 12 * 3600 * 1000; // milliseconds: no session lasts longer
const PAUSE = 250; // milliseconds after the last key
const NOT_TYPED = new Set(["csrfmiddlewaretoken", "version", "pasted"]);
const UPLOADS = "uploads"; // files on their way, kept by uploadkept.js
const SIGN_OUT = "/signout/";

let isLeaving = false; // signing out: what is still being encrypted is kept no more

export default function unsaved(found) {
  if (!document.body.dataset.who) return;
  if (found.includes(document.body)) everyPage();
  for (const form of found) if (form.tagName === "FORM" && window.crypto?.subtle) new Copy(form).start();
}

const mine = (path = location.pathname) => `${COPY}${document.body.dataset.who}:${path}`;
const copies = () => Object.keys(sessionStorage).filter((name) => name.startsWith(COPY));

function everyPage() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && document.querySelector("[data-saved]")) sessionStorage.removeItem(sent);
  copies().filter((name) => !name.startsWith(mine(""))).forEach((name) => sessionStorage.removeItem(name));
  document.addEventListener("submit", ({ target }) => {
    const path = new URL(target.action).pathname;
    if (path.endsWith(SIGN_OUT)) {
      isLeaving = true;
      copies().forEach((name) => sessionStorage.removeItem(name));
      indexedDB.deleteDatabase(UPLOADS);
    } else if (path === location.pathname) sessionStorage.setItem(SENT, mine());
  });
}

class Copy {
  constructor(form) {
    this.form = form;
    this.name = mine();
    this.words = document.querySelector("[data-unsaved-words]").content;
  }

  async start() {
    const raw = new Uint8Array(this.form.dataset.unsaved.match(/../g).map((pair) => parseInt(pair, 16)));
    this.key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    this.form.addEventListener("saved", () => this.forget());
    for (const kind of ["input", "change"]) this.form.addEventListener(kind, () => this.later());
    const kept = await this.read();
    if (!kept) return;
    const changed = this.differing(kept);
    if (changed.length) this.offer(kept, changed);
    else this.forget();
  }

  later() {
    clearTimeout(this.timer);
    this.isTyped = true;
    isLeaving = false; // whoever types on has stayed
    this.timer = setTimeout(() => this.write(), PAUSE);
  }

  forget() {
    clearTimeout(this.timer);
    if (this.isOffering) return;
    this.isTyped = false;
    sessionStorage.removeItem(this.name);
  }

  typed() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !NOT_TYPED.has(name));
  }

  async write() {
    if (this.isOffering) return;
    const copy = { at: Date.now(), version: this.form.elements.version.value, values: this.typed() };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(copy));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, text));
    if (!this.isTyped || isLeaving) return; // saved meanwhile
    const bytes = [...iv, ...sealed].map((byte) => String.fromCharCode(byte)).join("");
    try {
      sessionStorage.setItem(this.name, btoa(bytes));
    } catch {
      sessionStorage.removeItem(this.name); // no room: better none than an old one
    }
  }

  async read() {
    const stored = sessionStorage.getItem(this.name);
    if (!stored) return undefined;
    try {
      const bytes = Uint8Array.from(atob(stored), (sign) => sign.charCodeAt(0));
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, this.key, bytes.slice(12));
      const kept = JSON.parse(new TextDecoder().decode(plain));
      if (Date.now() - kept.at < OLDEST) return kept;
    } catch {
      // somebody else's, or broken
    }
    sessionStorage.removeItem(this.name);
    return undefined;
  }

  // The names whose text is another one on this page.
  differing({ values }) {
    const there = new FormData(this.form);
    const text = (value) => value.replace(/\r\n/g, "\n").trim();
    const names = [...new Set(values.map(([name]) => name))];
    const kept = (name) => values.filter(([each]) => each === name).map(([, value]) => text(value)).join("\n");
    const now = (name) => there.getAll(name).map((value) => text(String(value))).join("\n");
    return names.filter((name) => kept(name) !== now(name));
  }

  offer(kept, changed) {
    this.isOffering = true;
    const box = this.words.querySelector("[data-offer]").cloneNode(true);
    const labels = [...new Set(changed.map((name) => this.label(name)).filter(Boolean))];
    const at = new Date(kept.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
    box.querySelector("[data-at]").textContent = at;
    box.querySelector("[data-what]").textContent = labels.slice(0, 4).join("、") + (labels.length > 4 ? "…" : "");
    box.querySelector("[data-restore]").addEventListener("click", () => this.restore(kept));
    box.querySelector("[data-discard]").addEventListener("click", () => {
      this.isOffering = false;
      this.forget();
      box.remove();
    });
    this.form.before(box);
    box.scrollIntoView({ block: "nearest" });
  }

  label(name) {
    const label = this.form.querySelector(`label[for="${CSS.escape(name)}"]`)?.cloneNode(true);
    label?.querySelectorAll(".star, .vh").forEach((mark) => mark.remove());
    return label?.textContent.trim() ?? "";
  }

  // Sent as it was typed, with the version it was typed on: somebody else's newer words are shown beside it.
  restore({ version, values }) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = location.pathname;
    form.hidden = true;
    const token = this.form.elements.csrfmiddlewaretoken.value;
    for (const [name, value] of [...values, ["version", version], ["csrfmiddlewaretoken", token]]) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.requestSubmit();
  }
}
