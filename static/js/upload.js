// Sends each chosen or dropped file by itself, with progress, retry and cancel, and follows its check.
// Without script, or without data-url, the file control sends the files with its form.
const AT_ONCE = 3;
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
      const row = this.blank.cloneNode(true);
      const item = { file, row, replaces, tries: 0 };
      row.querySelector("[data-name]").textContent = file.name;
      row.querySelector("progress").setAttribute("aria-label", file.name);
      row.querySelector("[data-cancel]").addEventListener("click", () => this.cancel(item));
      row.querySelector("[data-retry]").addEventListener("click", () => { item.tries = 0; this.queue(item); });
      this.list.append(row);
      const wrong = this.objection(file);
      wrong ? this.fail(item, wrong, false) : this.queue(item);
    }
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
    this.show(item, "waiting");
    item.row.querySelector("[data-retry]").hidden = true;
    item.row.querySelector("progress").hidden = false;
    this.waiting.push(item);
    this.next();
  }

  next() {
    const room = this.box.dataset.most === "1" ? 1 : AT_ONCE;
    while (this.waiting.length && this.sending.size < room) this.send(this.waiting.shift());
  }

  send(item) {
    const request = item.request = new XMLHttpRequest();
    const body = new FormData();
    body.append("field", this.field.name);
    if (item.replaces) body.append("replaces", item.replaces.dataset.document);
    this.along(body);
    body.append("file", item.file, item.file.name);
    request.upload.onprogress = (event) => {
      item.row.querySelector("progress").value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
      this.show(item, event.loaded < event.total ? "sending" : "stored");
    };
    request.onloadend = () => {
      this.sending.delete(item);
      if (!item.cancelled) this.finish(item, request);
      this.next();
    };
    this.sending.add(item);
    this.show(item, "sending");
    this.post(request, body);
  }

  // What the form says to each file, such as why an earlier one is replaced.
  along(body) {
    this.field.form?.querySelectorAll("[data-along]").forEach((field) => body.append(field.name, field.value));
  }

  post(request, body) {
    request.open("POST", this.box.dataset.url);
    request.setRequestHeader("Accept", "application/json");
    const token = (this.field.form ?? document).querySelector("[name=csrfmiddlewaretoken]");
    if (token) request.setRequestHeader("X-CSRFToken", token.value);
    request.send(body);
  }

  finish(item, request) {
    const { status } = request;
    const answer = read(request);
    if (status === 201 && answer.html) return this.done(item, answer);
    if (status === 0 || (status >= 500 && status !== 507)) return this.later(item);
    const words = answer.reasons?.join(" ") || this.say(status === 413 ? "large" : "expired");
    this.fail(item, words, status === 507);
  }

  done(item, answer) {
    const row = rowOf(answer.html);
    if (this.box.dataset.most === "1") this.list.querySelectorAll("[data-document]").forEach((old) => old.remove());
    item.replaces?.remove();
    item.row.replaceWith(row);
    this.adopt(row);
    this.changed();
  }

  later(item) {
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
    item.row.querySelector("progress").hidden = true;
    item.row.querySelector("[data-retry]").hidden = !again;
    item.row.querySelector("[data-cancel]").textContent = this.say("discard");
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
    item.request?.abort();
    item.row.remove();
    this.field.focus();
  }

  // A form sent now would go without the files that are still on their way.
  hold(event) {
    const open = this.sending.size + this.waiting.length;
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

  remove(row) {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("remove", row.dataset.document);
    this.along(body);
    request.onloadend = () => {
      if (request.status === 200 && read(request).removed) {
        row.remove();
        this.changed();
        this.field.focus();
        return;
      }
      row.querySelector(".upload__state").textContent = read(request).reasons?.join(" ") || this.say("failed");
    };
    this.post(request, body);
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
