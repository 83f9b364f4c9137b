// Saves a section two seconds after the last change and when the page is left, and says so. What is missing is no
// error; what cannot be read is said at its field. A failed save is tried again. Somebody else's newer version ends
// it: the button then leads to the page with both values.
const QUIET = 2000; // milliseconds after the last key
const PAUSES = [2, 5, 15, 30]; // seconds before a save that failed is tried again

export default function autosave(forms, enhance) {
  forms.forEach((form) => new Autosave(form, enhance));
}

class Autosave {
  tries = 0;

  constructor(form, enhance) {
    this.form = form;
    this.enhance = enhance;
    this.line = form.querySelector("[data-save-line]");
    this.words = form.querySelector("[data-save-words]").content;
    this.saved = this.state();
    form.addEventListener("input", () => this.later(QUIET));
    form.addEventListener("change", () => this.later(QUIET));
    form.addEventListener("submit", (event) => this.submit(event), true); // before whatever else listens
    document.addEventListener("visibilitychange", () => document.hidden && this.save(true));
  }

  state() {
    const data = new FormData(this.form);
    const ids = [...data.keys()].filter((name) => name.endsWith(".id"));
    const chosen = [...data.keys()].filter((name) => name.endsWith(".person")); // taken over by a button only
    ["version", "csrfmiddlewaretoken", ...ids, ...chosen].forEach((name) => data.delete(name));
    return new URLSearchParams(data).toString();
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  // A button waits for a save that is under way, or it would send an old version.
  submit(event) {
    clearTimeout(this.timer);
    if (!this.running) {
      this.ended = true;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    this.running.finally(() => this.form.requestSubmit(submitter));
  }

  save(leaving = false) {
    clearTimeout(this.timer);
    if (this.ended || this.running || this.state() === this.saved) return;
    this.running = this.send(leaving).finally(() => {
      this.running = undefined;
      if (!this.tries && !this.ended && this.state() !== this.saved) this.later(QUIET);
    });
  }

  async send(leaving) {
    const state = this.state();
    this.say("saving");
    const body = new URLSearchParams(new FormData(this.form));
    const options = { method: "POST", body, headers: { Accept: "application/json" }, keepalive: leaving };
    const reply = await fetch(this.form.action, options).catch(() => null);
    const told = await reply?.json().catch(() => null);
    if (reply?.ok && told) return this.done(state, told);
    if (reply && (reply.redirected || [401, 403].includes(reply.status))) {
      return this.end(window.crypto?.subtle ? "expired-kept" : "expired"); // unsaved.js keeps it where it can
    }
    if (told?.reasons) return this.end(told.conflict ? "conflict" : "", told.reasons.join(" "));
    this.again();
  }

  done(state, told) {
    this.saved = state;
    this.tries = 0;
    this.form.elements.version.value = told.version;
    for (const [key, id] of Object.entries(told.ids)) {
      const field = this.form.elements[`${key}.id`];
      if (field) field.value = id;
    }
    this.fill(told.values);
    this.show(told.errors);
    this.redraw(document.querySelector("[data-tabs]"), told.tabs);
    for (const place of this.form.querySelectorAll("[data-head]")) {
      if (place.dataset.head in told.heads) this.redraw(place, told.heads[place.dataset.head]);
    }
    this.redraw(this.form.querySelector("[data-hints]"), told.hints);
    this.say("saved", told.saved_at);
    if (this.state() === this.saved) this.form.dispatchEvent(new Event("saved"));
  }

  // What the server worked out, unless somebody is typing there.
  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.form.elements[name];
      if (!field || field === document.activeElement || field.value === value) continue;
      const before = this.state() === this.saved;
      field.value = value;
      if (before) this.saved = this.state();
    }
  }

  redraw(place, html) {
    if (!place || place.contains(document.activeElement)) return;
    place.innerHTML = html;
    this.enhance(place);
  }

  show(errors) {
    this.form.querySelectorAll(".field > .error").forEach((note) => {
      const control = document.getElementById(note.id.replace(/_error$/, ""));
      if (control && !errors[control.name]) this.clear(control, note);
    });
    for (const [name, message] of Object.entries(errors)) {
      const control = this.form.elements[name];
      if (control?.id) this.complain(control, message);
    }
  }

  complain(control, message) {
    let note = document.getElementById(`${control.id}_error`);
    if (!note) {
      note = document.createElement("p");
      note.className = "error";
      note.id = `${control.id}_error`;
      control.closest(".field").append(note);
    }
    note.textContent = message;
    control.setAttribute("aria-invalid", "true");
    const described = new Set((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    control.setAttribute("aria-describedby", [...described.add(note.id)].join(" "));
  }

  clear(control, note) {
    note.remove();
    control.removeAttribute("aria-invalid");
    control.closest(".field").classList.remove("is-wrong");
  }

  again() {
    const pause = PAUSES[Math.min(this.tries, PAUSES.length - 1)];
    this.tries += 1;
    this.say("failed", `(${this.tries})`, true);
    this.later(pause * 1000);
  }

  end(word, before = "") {
    this.ended = true;
    this.line.textContent = `${before} ${word ? this.word(word) : ""}`.trim();
    this.line.classList.add("is-bad");
  }

  word(name) {
    return this.words.querySelector(`[data-${name}]`).textContent;
  }

  say(name, more = "", bad = false) {
    this.line.textContent = `${this.word(name)}${more && !more.startsWith("(") ? " " : ""}${more}`;
    this.line.classList.toggle("is-bad", bad);
  }
}
