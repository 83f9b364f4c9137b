// Sends each chosen or dropped file by itself, with progress, pause, retry and cancel, and follows its check.
// Small files go whole, larger ones in pieces (pieces.js), which go on where they stopped.
// Without script, or without data-url, the file control sends the files with its form.
import sendInPieces, { Broken } from "./pieces.js";
import shrink from "./shrink.js";
import { drop, keep, keptFor } from "./uploadkept.js";

const AT_ONCE = 3;
const WHOLE = 1024 * 1024; // bytes of a file that is sent in one request
const PAUSES = [2, 5, 15]; // seconds before a broken upload is tried again
const LOOKS = [1, 2, 3, 5, 8, 13, 21, 30, 30, 30, 30, 30, 30]; // seconds between looks at the check

export default function uploads(boxes) {
  boxes.forEach(start);
}

function start(box) {
  const field = box.querySelector("input[type=file]");
  const zone = box.querySelector("[data-zone]");
  acceptDrops(zone, field);
  if (!box.dataset.url) return;
  const upload = new Upload(box, field);
  field.classList.add("vh"); // its label and the drop zone speak for it, in our language
  field.addEventListener("change", () => {
    upload.take([...field.files]);
    field.value = ""; // or the form would send the files once more
  });
  offerCamera(box, zone, upload);
  field.form?.addEventListener("submit", (event) => upload.hold(event), true); // before whatever else listens
  box.querySelectorAll("[data-document]").forEach((row) => upload.adopt(row));
  upload.resume();
  if (field.files.length) field.dispatchEvent(new Event("change", { bubbles: true })); // chosen before this was here
}

// Where there is a touch screen there is a camera: one tap instead of three.
function offerCamera(box, zone, upload) {
  const part = box.querySelector("[data-photo]");
  if (!part || !matchMedia("(pointer: coarse)").matches) return;
  zone.append(part.content.cloneNode(true));
  const camera = zone.querySelector("[data-camera]");
  camera.classList.add("vh");
  camera.addEventListener("change", () => {
    upload.take([...camera.files]);
    camera.value = "";
  });
}

function acceptDrops(zone, field) {
  const over = (on) => zone.classList.toggle("is-over", on);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    const files = new DataTransfer();
    const dropped = [...event.dataTransfer.files];
    (field.multiple ? dropped : dropped.slice(0, 1)).forEach((file) => files.items.add(file));
    field.files = files.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

class Upload {
  waiting = [];
  sending = new Set();
  paused = new Set();

  constructor(box, field) {
    this.box = box;
    this.field = field;
    this.list = box.querySelector("[data-list]");
    this.blank = box.querySelector("[data-row]").content.firstElementChild;
    this.words = box.querySelector("[data-words]").content;
  }

  say(word) {
    return this.words.querySelector(`[data-${word}]`).textContent;
  }

  take(files) {
    const replaces = this.replaces;
    this.replaces = undefined;
    for (const file of replaces ? files.slice(0, 1) : files) {
      const item = this.row({ file, replaces: replaces?.dataset.document ?? "" }, file.name);
      this.prepare(item);
    }
  }

  row(facts, name) {
    const item = { tries: 0, row: this.blank.cloneNode(true), ...facts };
    const { row } = item;
    row.querySelector("[data-name]").textContent = name;
    row.querySelector("progress").setAttribute("aria-label", name);
    row.querySelector("[data-cancel]").addEventListener("click", () => this.cancel(item));
    row.querySelector("[data-retry]").addEventListener("click", () => { item.tries = 0; this.queue(item); });
    row.querySelector("[data-pause]").addEventListener("click", () => this.pause(item));
    row.querySelector("[data-again]").addEventListener("click", () => this.field.click());
    this.list.append(row);
    return item;
  }

  async prepare(item) {
    const { file } = item;
    this.show(item, "waiting");
    item.file = await shrink(file, Number(this.box.dataset.max));
    if (item.cancelled) return;
    if (item.file !== file) {
      item.note = this.say("shrunk").replace("%s", megabytes(file.size)).replace("%s", megabytes(item.file.size));
    }
    const wrong = this.objection(item.file);
    wrong ? this.fail(item, wrong, false) : this.queue(item);
  }

  // What was on its way when the page went: it goes on by itself, or its file has to be chosen again.
  async resume() {
    for (const { transfer, file, sha256, replaces } of await keptFor(this.box.dataset.url)) {
      const body = new FormData();
      body.append("transfer", "look");
      body.append("id", transfer);
      const { status, answer } = await this.post(body);
      if (status === 404 || status === 201) drop(transfer);
      if (status !== 200) continue;
      const item = this.row({ file, sha256, transfer, replaces, total: answer.size }, answer.name);
      item.note = this.say("resumed");
      if (file) this.queue(item);
      else this.ask(item, answer);
    }
  }

  ask(item, { offset, size }) {
    item.row.dataset.transfer = item.transfer;
    item.row.querySelector("progress").value = (100 * offset) / size;
    item.row.querySelector("[data-again]").hidden = false;
    this.show(item, "choose");
  }

  pause(item) {
    item.paused = true;
    this.paused.add(item);
    clearTimeout(item.timer);
    this.waiting = this.waiting.filter((other) => other !== item);
    item.request?.abort();
    item.row.querySelector("[data-pause]").hidden = true;
    this.offerAgain(item, "goon");
    item.row.querySelector("[data-retry]").focus();
    this.show(item, "paused");
  }

  // The same rules the server has, told before a long way is travelled.
  objection(file) {
    const { max, extensions, rule } = this.box.dataset;
    const extension = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
    if (/^hei[cf]$/.test(extension)) return this.say("heic");
    if (!extensions.split(",").includes(extension)) return rule + (extension && this.say("format").replace("%s", extension));
    if (file.size > Number(max)) return rule + this.say("size").replace("%s", (file.size / 2 ** 20).toFixed(1));
    return file.size ? "" : this.say("empty");
  }

  queue(item) {
    item.paused = false;
    this.paused.delete(item);
    this.show(item, "waiting");
    item.row.querySelector("[data-retry]").hidden = true;
    item.row.querySelector("[data-pause]").hidden = item.file.size <= WHOLE;
    item.row.querySelector("progress").hidden = false;
    this.waiting.push(item);
    this.next();
  }

  next() {
    const room = this.box.dataset.most === "1" ? 1 : AT_ONCE;
    while (this.waiting.length && this.sending.size < room) this.send(this.waiting.shift());
  }

  async send(item) {
    this.sending.add(item);
    this.show(item, "sending");
    try {
      const answer = item.file.size > WHOLE ? await this.inPieces(item) : await this.whole(item);
      if (answer) this.done(item, answer);
    } catch (problem) {
      if (item.cancelled || item.paused) return;
      if (problem instanceof Broken) this.later(item);
      else this.fail(item, problem.message || this.say("expired"), Boolean(problem.again));
    } finally {
      this.sending.delete(item);
      this.next();
    }
  }

  async whole(item) {
    const body = new FormData();
    if (item.replaces) body.append("replaces", item.replaces);
    this.facts().forEach(([name, value]) => body.append(name, value));
    body.append("file", item.file, item.file.name);
    const { status, answer } = await this.post(body, {}, undefined, (sent) => this.progress(item, sent, item.file.size), item);
    if (item.cancelled) return undefined;
    if (status === 201 && answer.html) return answer;
    if (status === 0 || (status >= 500 && status !== 507)) throw new Broken();
    const problem = new Error(answer.reasons?.join(" ") || this.say(status === 413 ? "large" : "expired"));
    problem.again = status === 507;
    throw problem;
  }

  inPieces(item) {
    item.facts = item.replaces ? { replaces: item.replaces } : {};
    return sendInPieces(item, {
      post: (body, headers, address, progress) => this.post(body, headers, address, progress, item),
      along: () => Object.fromEntries(this.facts()),
      progress: (offset) => this.progress(item, offset, item.file.size),
      begun: () => this.begun(item),
      stopped: () => item.cancelled || item.paused,
    });
  }

  async begun(item) {
    this.list.querySelectorAll(`[data-transfer="${item.transfer}"]`).forEach((row) => row.remove()); // it was chosen again
    const { transfer, sha256, replaces } = item;
    const file = this.box.hasAttribute("data-personal") ? undefined : item.file;
    await keep({ transfer, sha256, replaces, file, url: this.box.dataset.url });
  }

  progress(item, sent, total) {
    if (item.paused) return;
    item.row.querySelector("progress").value = (100 * sent) / total;
    this.show(item, sent < total ? "sending" : "stored");
  }

  // What the form says to each file, such as why an earlier one is replaced.
  facts() {
    const along = [...(this.field.form?.querySelectorAll("[data-along]") ?? [])];
    return [["field", this.field.name], ...along.map((field) => [field.name, field.value])];
  }

  // To our own address, or to one that the server signed (`elsewhere`), which gets nothing of ours but the bytes.
  post(body, headers = {}, elsewhere, progress, item = {}) {
    return new Promise((resolve) => {
      const request = item.request = new XMLHttpRequest();
      request.open(elsewhere ? "PUT" : "POST", elsewhere ?? this.box.dataset.url);
      const token = (this.field.form ?? document).querySelector("[name=csrfmiddlewaretoken]");
      const ours = elsewhere ? {} : { Accept: "application/json", ...(token && { "X-CSRFToken": token.value }) };
      Object.entries({ ...ours, ...headers }).forEach(([name, value]) => request.setRequestHeader(name, value));
      if (progress) request.upload.onprogress = ({ loaded, total }) => progress(Math.min(loaded, body.size ?? loaded), total);
      request.onloadend = () => resolve({ status: request.status, answer: read(request) });
      request.send(body);
    });
  }

  done(item, answer) {
    if (item.transfer) drop(item.transfer);
    if (item.cancelled) return;
    const row = rowOf(answer.html);
    const rows = [...this.list.querySelectorAll("[data-document]")];
    const gone = (old) => this.box.dataset.most === "1" || [item.replaces, row.dataset.document].includes(old.dataset.document);
    rows.filter(gone).forEach((old) => old.remove());
    const notes = [item.note, answer.same && this.say("same")].filter(Boolean);
    if (notes.length) row.append(noteOf(notes.join(" ")));
    item.row.replaceWith(row);
    this.adopt(row);
    this.changed();
  }

  // Bytes that left are not bytes that arrived: only what the server said it has begins the count of tries anew.
  later(item) {
    const arrived = item.offset ?? 0;
    if (arrived > (item.arrived ?? 0)) item.tries = 0;
    item.arrived = arrived;
    const pause = PAUSES[item.tries++];
    if (pause === undefined) return this.fail(item, this.say("failed"), true);
    this.show(item, "again");
    const again = () => {
      clearTimeout(item.timer);
      removeEventListener("online", again);
      if (!item.cancelled) this.queue(item);
    };
    item.timer = setTimeout(again, pause * 1000);
    addEventListener("online", again); // no need to wait once the network is back
  }

  fail(item, words, again) {
    const state = item.row.querySelector(".upload__state");
    state.textContent = words;
    state.classList.add("is-refused");
    item.row.querySelector("[data-pause]").hidden = true;
    item.row.querySelector("progress").hidden = true;
    if (again) this.offerAgain(item, "retry");
    item.row.querySelector("[data-cancel]").textContent = this.say("discard");
  }

  offerAgain(item, word) {
    const button = item.row.querySelector("[data-retry]");
    button.textContent = this.say(word);
    button.hidden = false;
  }

  show(item, word) {
    const state = item.row.querySelector(".upload__state");
    state.classList.remove("is-refused");
    if (state.textContent !== this.say(word)) state.textContent = this.say(word);
  }

  cancel(item) {
    item.cancelled = true;
    clearTimeout(item.timer);
    this.waiting = this.waiting.filter((other) => other !== item);
    this.paused.delete(item);
    item.request?.abort();
    item.row.remove();
    this.field.focus();
    if (!item.transfer) return;
    const body = new FormData();
    body.append("transfer", "cancel");
    body.append("id", item.transfer);
    this.post(body);
    drop(item.transfer);
  }

  // A form sent now would go without the files that are still on their way.
  hold(event) {
    const open = this.sending.size + this.waiting.length + this.paused.size;
    if (!open || event.submitter?.matches("[data-remove]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const state = this.list.querySelector("progress:not([hidden]) ~ .upload__state");
    if (state) state.textContent = this.say("busy");
    this.field.focus();
  }

  // A document that the server has: it can be replaced and removed, and its check is followed.
  adopt(row) {
    const replace = row.querySelector("[data-replace]");
    if (replace) {
      replace.hidden = false;
      replace.addEventListener("click", () => { this.replaces = row; this.field.click(); });
    }
    row.querySelector("[data-remove]")?.addEventListener("click", (event) => { event.preventDefault(); this.remove(row); });
    if (row.dataset.state === "checking") this.follow(row, 0);
  }

  async remove(row) {
    const body = new FormData();
    body.append("remove", row.dataset.document);
    this.facts().forEach(([name, value]) => body.append(name, value));
    const { status, answer } = await this.post(body);
    if (status === 200 && answer.removed) {
      row.remove();
      this.changed();
      this.field.focus();
      return;
    }
    row.querySelector(".upload__state").textContent = answer.reasons?.join(" ") || this.say("failed");
  }

  // Few and ever rarer looks, none while nobody is looking.
  follow(row, count) {
    if (LOOKS[count] === undefined) return;
    setTimeout(async () => {
      if (!row.isConnected) return;
      if (document.hidden) return document.addEventListener("visibilitychange", () => this.follow(row, count), { once: true });
      const fresh = await look(row, this.field.name);
      if (fresh === null) return;
      if (!fresh || fresh.dataset.state === "checking") return this.follow(row, count + 1);
      row.querySelectorAll("[data-note]").forEach((note) => fresh.append(note));
      row.replaceWith(fresh);
      this.adopt(fresh);
      this.changed();
    }, LOOKS[count] * 1000);
  }

  changed() {
    this.box.dispatchEvent(new CustomEvent("documents:changed", { bubbles: true }));
  }
}

// The row as the server draws it now; undefined if it did not answer, null if there is nothing to wait for.
async function look(row, field) {
  try {
    const address = `${row.dataset.status}?field=${encodeURIComponent(field)}`;
    const reply = await fetch(address, { headers: { Accept: "application/json" } });
    if (reply.status === 404) return null;
    return reply.ok ? rowOf((await reply.json()).html) : undefined;
  } catch {
    return undefined;
  }
}

function noteOf(words) {
  const note = document.createElement("span");
  note.className = "upload__note soft";
  note.dataset.note = "";
  note.textContent = words;
  return note;
}

const megabytes = (size) => (size / 2 ** 20).toFixed(1);

function rowOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.querySelector("li");
}

function read(request) {
  try {
    return JSON.parse(request.responseText) ?? {};
  } catch {
    return {};
  }
}
