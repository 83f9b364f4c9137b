// Makes the drawn map movable: pan, zoom, and on a form set the location and the corners. It needs no library and no
// outside service; where tiles are configured it lays them under the outlines. The fields stay what is saved: every
// change of the map is written into them as if it had been typed, and what is typed moves the map.
import { fromLegal, readPair, toLegal } from "./datum.js";

const WORLD = 256 * 2 ** 16; // units around the earth, as in portal/maps.py
const METRES = 40075016.686 / WORLD; // one unit on the equator
const LARGEST = 16; // pixels to the unit
const LETTER = 15;
const NEAR = 22; // pixels: a finger's reach
const SPAN = 40; // pixels: corners closer than that would be one blot
const STEP = 8; // pixels an arrow key moves what is picked

export default function map(figures) {
  figures.forEach((figure) => new SiteMap(figure));
}

const numbers = (text) => text.split(" ").map(Number);
const clamp = (low, value, high) => Math.min(Math.max(value, low), high);

function draw(name, attributes = {}, text = "") {
  const element = document.createElementNS(document.querySelector("svg").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

class SiteMap {
  picked = 0; // 0: the location, 1 to 4: a corner
  past = [];
  fingers = new Map();

  constructor(figure) {
    this.figure = figure;
    this.sheet = figure.querySelector("svg");
    this.form = figure.dataset.editable === undefined ? null : figure.closest("form");
    this.origin = numbers(figure.dataset.origin);
    this.view = { x: +figure.dataset.x, y: +figure.dataset.y, scale: +figure.dataset.scale };
    this.words = Object.fromEntries(
      [...figure.querySelector("[data-map-words]").content.querySelectorAll("[data-word]")].map((each) => [each.dataset.word, each.textContent]),
    );
    this.fixed = this.form ? null : this.drawnThings();
    this.build();
    this.size();
    this.wholeView = { ...this.view };
    this.listen();
    this.draw();
  }

  build() {
    const tools = this.figure.querySelector("[data-map-tools]").content.cloneNode(true);
    this.figure.prepend(tools);
    this.said = document.createElement("p");
    this.said.className = "map__said";
    this.said.setAttribute("role", "status");
    if (this.form) this.sheet.after(this.said);
    this.said.textContent = this.words.hint;
    this.sheet.setAttribute("tabindex", "0");
    this.sheet.setAttribute("role", "application");
    this.sheet.setAttribute("aria-label", this.words.sheet);
    this.sheet.setAttribute("focusable", "true");
    this.figure.classList.add("is-live");
    this.figure.classList.toggle("has-tiles", Boolean(this.figure.dataset.tiles));
    for (const button of this.figure.querySelectorAll("[data-thing]")) button.disabled = !this.isOpen(+button.dataset.thing);
    if (this.form && !this.isOpen(0) && this.isOpen(1)) this.pick(1);
  }

  // One pixel of the drawing is one of the screen, so that text and reach have their size.
  size() {
    const { width, height } = this.sheet.getBoundingClientRect();
    if (!width || !height) return;
    const before = this.width || this.sheet.viewBox.baseVal.width;
    this.view.scale *= this.width ? 1 : Math.min(width / before, height / this.sheet.viewBox.baseVal.height);
    [this.width, this.height] = [width, height];
    this.sheet.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }

  listen() {
    new ResizeObserver(() => (this.size(), this.draw())).observe(this.sheet);
    this.figure.addEventListener("click", (event) => this.press(event));
    this.sheet.addEventListener("pointerdown", (event) => this.down(event));
    this.sheet.addEventListener("pointermove", (event) => this.moved(event));
    for (const end of ["pointerup", "pointercancel"]) this.sheet.addEventListener(end, (event) => this.up(event));
    this.sheet.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.sheet.addEventListener("keydown", (event) => this.key(event));
    if (!this.form) return;
    this.form.addEventListener("input", (event) => this.isOurs(event.target) && this.draw());
    this.form.addEventListener("change", (event) => (this.isOurs(event.target) || event.target.name === "district") && this.draw());
    this.form.addEventListener("paste", (event) => this.paste(event));
    this.form.addEventListener("click", (event) => this.takePasted(event), true);
  }

  // What is on the map

  names(n) {
    return n ? [`boundary_points.${n}.lng`, `boundary_points.${n}.lat`] : ["longitude", "latitude"];
  }

  fields(n) {
    return this.names(n).map((name) => this.form.elements[name]);
  }

  isOpen(n) {
    return Boolean(this.form) && this.fields(n).every((field) => field && !field.disabled);
  }

  isOurs(field) {
    return field.name === "coordinate_datum" || [0, 1, 2, 3, 4].some((n) => this.names(n).includes(field.name));
  }

  get datum() {
    return this.form.elements.coordinate_datum.value;
  }

  // The location and the corners in the legal datum; undefined where nothing readable is typed.
  things() {
    if (!this.form) return this.fixed;
    return [0, 1, 2, 3, 4].map((n) => {
      const [lng, lat] = this.fields(n).map((field) => (field?.value.trim() ? Number(field.value) : NaN));
      const onEarth = Math.abs(lng) <= 180 && Math.abs(lat) <= 85;
      return onEarth ? toLegal([lng, lat], this.datum) : undefined;
    });
  }

  drawnThings() {
    const read = (place) => [...place.children].map((each) => [+each.dataset.lng, +each.dataset.lat]);
    const [mark] = read(this.sheet.querySelector("[data-marks]"));
    return [mark, ...read(this.sheet.querySelector("[data-corners]"))];
  }

  // Where things are

  placed([lng, lat]) {
    const north = Math.asinh(Math.tan((lat * Math.PI) / 180));
    return [((lng + 180) / 360) * WORLD - this.origin[0], ((1 - north / Math.PI) / 2) * WORLD - this.origin[1]];
  }

  point([x, y]) {
    const north = Math.PI * (1 - (2 * (y + this.origin[1])) / WORLD);
    return [((x + this.origin[0]) / WORLD) * 360 - 180, (Math.atan(Math.sinh(north)) * 180) / Math.PI];
  }

  spot(point) {
    const [x, y] = this.placed(point);
    return [(x - this.view.x) * this.view.scale + this.width / 2, (y - this.view.y) * this.view.scale + this.height / 2];
  }

  under([left, top]) {
    const { x, y, scale } = this.view;
    return this.point([x + (left - this.width / 2) / scale, y + (top - this.height / 2) / scale]);
  }

  // Drawing

  draw() {
    if (!this.width) return;
    const { x, y, scale } = this.view;
    const shift = `translate(${this.width / 2 - x * scale} ${this.height / 2 - y * scale}) scale(${scale})`;
    this.sheet.querySelector("[data-ground]").setAttribute("transform", shift);
    const district = this.form?.elements.district?.value;
    if (district !== undefined) {
      for (const each of this.sheet.querySelectorAll("[data-district]")) {
        each.classList.toggle("is-current", each.dataset.district === district);
        if (each.dataset.district === district) this.sheet.querySelector(".map__river").before(each); // over its neighbours
      }
    }
    this.drawNames();
    this.drawThings();
    this.drawRuler();
    if (this.figure.dataset.tiles) this.drawTiles();
  }

  drawNames() {
    const kept = [];
    for (const name of this.sheet.querySelectorAll("[data-names] text")) {
      const left = (+name.dataset.x - this.view.x) * this.view.scale + this.width / 2;
      const top = (+name.dataset.y - this.view.y) * this.view.scale + this.height / 2;
      const half = (name.textContent.length * LETTER) / 2 + 4;
      const box = [left - half, top - LETTER * 0.75, left + half, top + LETTER * 0.75];
      const fits = box[0] > 0 && box[2] < this.width && box[1] > 0 && box[3] < this.height
        && !kept.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      if (fits) kept.push(box);
      name.classList.toggle("is-hidden", !fits);
      name.setAttribute("x", left);
      name.setAttribute("y", top);
    }
  }

  drawThings() {
    const [location, ...corners] = this.things();
    const given = corners.filter(Boolean);
    const path = given.length > 2 ? `M${given.map((each) => this.spot(each).join(" ")).join("L")}Z` : "";
    const area = this.sheet.querySelector("[data-area]");
    area.setAttribute("d", path);
    area.classList.toggle("is-crossed", crosses(given));
    const places = this.sheet.querySelector("[data-corners]");
    places.replaceChildren(...corners.map((corner, n) => corner && this.corner(corner, n + 1)).filter(Boolean));
    this.cornersHidden = !this.picked && given.length > 2 && this.span(given) < SPAN;
    places.classList.toggle("is-hidden", this.cornersHidden);
    const marks = this.sheet.querySelector("[data-marks]");
    this.markShape ??= marks.firstElementChild?.cloneNode(true) ?? this.mark();
    if (!location) return marks.replaceChildren();
    this.markShape.setAttribute("transform", `translate(${this.spot(location).join(" ")})`);
    this.markShape.classList.toggle("is-picked", Boolean(this.form) && this.picked === 0);
    marks.replaceChildren(this.markShape);
  }

  span(points) {
    const spots = points.map((point) => this.spot(point));
    return Math.max(...[0, 1].map((axis) => Math.max(...spots.map((spot) => spot[axis])) - Math.min(...spots.map((spot) => spot[axis]))));
  }

  mark() {
    const mark = draw("g", { class: "map__mark" });
    mark.append(draw("path", { d: "M0 0C-3 -9 -10 -13 -10 -21A10 10 0 0 1 10 -21C10 -13 3 -9 0 0Z" }), draw("circle", { cy: -21, r: 4 }));
    return mark;
  }

  corner(point, n) {
    const corner = draw("g", { class: "map__corner", transform: `translate(${this.spot(point).join(" ")})` });
    corner.classList.toggle("is-picked", this.picked === n);
    corner.append(draw("circle", { r: 11 }), draw("text", {}, String(n)));
    return corner;
  }

  metresAPixel() {
    const [, lat] = this.under([this.width / 2, this.height / 2]);
    return (METRES * Math.cos((lat * Math.PI) / 180)) / this.view.scale;
  }

  drawRuler() {
    const most = 110 * this.metresAPixel();
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((step) => step * power).find((each) => each <= most);
    const ruler = this.sheet.querySelector("[data-ruler]");
    ruler.setAttribute("transform", `translate(12 ${this.height - 12})`);
    ruler.querySelector("path").setAttribute("d", `M0 -5V0H${metres / this.metresAPixel()}V-5`);
    ruler.querySelector("text").textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  }

  drawTiles() {
    const zoom = clamp(1, Math.floor(16 + Math.log2(this.view.scale)), 18);
    const unit = WORLD / 2 ** zoom; // units a tile is wide
    const left = this.view.x - this.width / 2 / this.view.scale + this.origin[0];
    const top = this.view.y - this.height / 2 / this.view.scale + this.origin[1];
    const wanted = new Map();
    for (let x = Math.floor(left / unit); x * unit < left + this.width / this.view.scale; x += 1) {
      for (let y = Math.floor(top / unit); y * unit < top + this.height / this.view.scale; y += 1) {
        wanted.set(`${zoom}/${x}/${y}`, [x, y]);
      }
    }
    const place = this.sheet.querySelector("[data-tiles-here]");
    const there = new Map([...place.children].map((each) => [each.dataset.tile, each]));
    place.replaceChildren(...[...wanted].map(([key, [x, y]]) => {
      const tile = there.get(key) ?? draw("image", { href: this.tile(zoom, x, y), "data-tile": key });
      tile.setAttribute("x", (x * unit - left) * this.view.scale);
      tile.setAttribute("y", (y * unit - top) * this.view.scale);
      tile.setAttribute("width", unit * this.view.scale + 0.5);
      tile.setAttribute("height", unit * this.view.scale + 0.5);
      return tile;
    }));
  }

  tile(z, x, y) {
    return this.figure.dataset.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
  }

  // Moving the view

  zoom(by, at = [this.width / 2, this.height / 2]) {
    const fixed = this.placed(this.under(at));
    this.view.scale = clamp(0.002, this.view.scale * by, LARGEST);
    this.view.x = fixed[0] - (at[0] - this.width / 2) / this.view.scale;
    this.view.y = fixed[1] - (at[1] - this.height / 2) / this.view.scale;
    this.draw();
  }

  pan(right, down) {
    this.view.x -= right / this.view.scale;
    this.view.y -= down / this.view.scale;
    this.draw();
  }

  site() {
    const spots = this.things().filter(Boolean).map((each) => this.placed(each));
    if (!spots.length) return;
    const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
    const wide = Math.max(...xs) - Math.min(...xs);
    const high = Math.max(...ys) - Math.min(...ys);
    this.view.x = (Math.max(...xs) + Math.min(...xs)) / 2;
    this.view.y = (Math.max(...ys) + Math.min(...ys)) / 2;
    this.view.scale = Math.min((this.width * 0.6) / Math.max(wide, 1), (this.height * 0.6) / Math.max(high, 1), 2);
    this.draw();
  }

  // Fingers, mouse, wheel, keys

  at(event) {
    const box = this.sheet.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    // the first touch only wakes the map: somebody scrolling past must not move anything
    const asleep = event.pointerType === "touch" && document.activeElement !== this.sheet;
    this.fingers.set(event.pointerId, this.at(event));
    this.pinch = undefined;
    if (this.fingers.size > 1) {
      this.gesture = { kind: "pinch" };
      return;
    }
    this.gesture = { kind: "tap", from: this.at(event), asleep, thing: asleep ? -1 : this.thingNear(this.at(event)) };
  }

  moved(event) {
    if (!this.fingers.has(event.pointerId) || !this.gesture) return;
    const before = this.fingers.get(event.pointerId);
    const now = this.at(event);
    this.fingers.set(event.pointerId, now);
    if (this.fingers.size === 2) return this.pinched();
    if (this.gesture.kind === "tap" && Math.hypot(now[0] - this.gesture.from[0], now[1] - this.gesture.from[1]) > 6) {
      this.sheet.setPointerCapture(event.pointerId);
      this.gesture.kind = this.gesture.thing >= 0 ? "drag" : "pan";
      if (this.gesture.kind === "drag") this.remember();
      this.figure.classList.add("is-dragging");
    }
    if (this.gesture.kind === "pan") this.pan(now[0] - before[0], now[1] - before[1]);
    if (this.gesture.kind === "drag") this.put(this.gesture.thing, this.under(now), { quiet: true });
  }

  pinched() {
    const [one, other] = [...this.fingers.values()];
    const apart = Math.hypot(one[0] - other[0], one[1] - other[1]);
    const middle = [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    if (this.pinch) {
      this.pan(middle[0] - this.pinch.middle[0], middle[1] - this.pinch.middle[1]);
      this.zoom(apart / this.pinch.apart, middle);
    }
    this.pinch = { apart, middle };
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    const { kind, asleep, thing } = this.gesture ?? {};
    this.figure.classList.remove("is-dragging");
    if (this.fingers.size) return;
    this.gesture = undefined;
    if (event.type === "pointercancel" && kind !== "drag") return;
    if (kind === "drag") this.pick(thing, true);
    if (kind === "tap") this.tap(this.at(event), asleep);
  }

  tap(at, asleep) {
    this.sheet.focus({ preventScroll: true });
    if (!this.form) return;
    const near = this.thingNear(at);
    if (asleep) return this.say("ready", { thing: this.nameOf(this.picked) });
    if (near >= 0 && near !== this.picked) return this.pick(near, true);
    if (!this.isOpen(this.picked)) return;
    this.remember();
    const fresh = this.picked && !this.things()[this.picked];
    const set = this.put(this.picked, this.under(at));
    if (fresh && set < 4) this.pick(set + 1);
  }

  thingNear([left, top]) {
    if (!this.form) return -1;
    const far = this.things().map((thing, n) => {
      if (!thing || !this.isOpen(n) || (n && !this.picked && this.cornersHidden)) return Infinity;
      const [x, y] = this.spot(thing);
      return n ? Math.hypot(x - left, y - top) : Math.min(Math.hypot(x - left, y - top), Math.hypot(x - left, y - 21 - top));
    });
    const nearest = Math.min(...far);
    return nearest <= NEAR ? far.indexOf(nearest) : -1;
  }

  wheel(event) {
    if (document.activeElement !== this.sheet) return; // the page scrolls on
    event.preventDefault();
    this.zoom(2 ** (-Math.sign(event.deltaY) / 2), this.at(event));
  }

  key(event) {
    const far = event.shiftKey ? 5 : 1;
    const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "z" && this.form) this.undo(event);
      return;
    }
    if (step) this.arrow(step[0] * far, step[1] * far);
    else if (event.key === "+" || event.key === "=") this.zoom(2);
    else if (event.key === "-") this.zoom(0.5);
    else if (event.key === "Delete" && this.form) this.drop();
    else if (/^[0-4]$/.test(event.key) && this.form) this.pick(+event.key, true);
    else return;
    event.preventDefault();
  }

  arrow(right, down) {
    const thing = this.form && this.isOpen(this.picked) ? this.things()[this.picked] : undefined;
    if (this.form && !this.isOpen(this.picked)) return;
    if (!this.form) return this.pan(-right * 4, -down * 4);
    this.remember();
    const [left, top] = thing ? this.spot(thing) : [this.width / 2, this.height / 2];
    const target = thing ? [left + right, top + down] : [left, top];
    this.put(this.picked, this.under(target));
    if (target[0] < 20 || target[1] < 20 || target[0] > this.width - 20 || target[1] > this.height - 20) this.pan(-right * 8, -down * 8);
  }

  // Changing the fields

  press(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.thing !== undefined) return this.pick(+button.dataset.thing, true);
    const actions = { in: () => this.zoom(2), out: () => this.zoom(0.5), site: () => this.site(), all: () => this.whole(), drop: () => this.drop(), undo: () => this.undo() };
    actions[button.dataset.do]?.();
  }

  whole() {
    const path = this.sheet.querySelector(".map__district.is-current") ?? this.sheet.querySelector("[data-ground]");
    const { x, y, width, height } = path.getBBox();
    this.view = { x: x + width / 2, y: y + height / 2, scale: Math.min((this.width * 0.9) / width, (this.height * 0.9) / height) };
    this.draw();
  }

  pick(n, loud = false) {
    if (!this.isOpen(n)) return;
    this.picked = n;
    for (const button of this.figure.querySelectorAll("[data-thing]")) button.setAttribute("aria-pressed", String(+button.dataset.thing === n));
    if (this.width) this.draw();
    const thing = this.things()[n];
    if (loud && thing) this.tell(n);
    else if (loud) this.said.textContent = this.words.hint;
  }

  // Puts a thing on a point; a corner becomes the next one that is free. Returns which it was.
  put(n, point, { quiet = false } = {}) {
    const things = this.things();
    let place = n;
    while (place > 1 && !things[place] && !things[place - 1]) place -= 1;
    this.write(place, fromLegal(point, this.datum).map((degrees) => degrees.toFixed(6)));
    this.draw();
    if (!quiet) this.tell(place);
    return place;
  }

  write(n, texts) {
    this.fields(n).forEach((field, axis) => this.type(field, texts[axis]));
  }

  type(field, text) {
    if (!field || field.value === text) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // The later corners move up, so that they stay in order without a hole.
  drop() {
    if (!this.isOpen(this.picked) || !this.fields(this.picked).some((field) => field.value)) return;
    this.remember();
    const name = this.nameOf(this.picked);
    if (!this.picked) this.write(0, ["", ""]);
    for (let n = this.picked; n && n <= 4; n += 1) {
      this.write(n, n < 4 ? this.fields(n + 1).map((field) => field.value) : ["", ""]);
    }
    this.draw();
    this.say("gone", { thing: name });
  }

  remember() {
    this.past.push([0, 1, 2, 3, 4].map((n) => this.fields(n).map((field) => field?.value ?? "")));
    this.past = this.past.slice(-50);
    this.figure.querySelector("[data-do=undo]").disabled = false;
  }

  undo(event) {
    event?.preventDefault();
    const before = this.past.pop();
    if (!before) return;
    before.forEach((texts, n) => this.isOpen(n) && this.write(n, texts));
    const button = this.figure.querySelector("[data-do=undo]");
    if (!this.past.length && document.activeElement === button) this.sheet.focus({ preventScroll: true });
    button.disabled = !this.past.length;
    this.draw();
    this.say("undone");
  }

  // Words

  nameOf(n) {
    return this.figure.querySelector(`[data-thing="${n}"]`).getAttribute("aria-label");
  }

  tell(n) {
    const [lng, lat] = this.fields(n).map((field) => field.value);
    const select = this.form.elements.coordinate_datum;
    this.say("set", { thing: this.nameOf(n), lng, lat, datum: select.selectedOptions?.[0]?.textContent ?? this.datum });
  }

  say(word, facts = {}) {
    this.said.textContent = this.words[word].replace(/\{(\w+)\}/g, (_all, name) => facts[name]);
  }

  // What is copied from other maps

  paste(event) {
    const n = [0, 1, 2, 3, 4].find((each) => this.names(each).includes(event.target.name));
    const pair = n === undefined ? null : readPair(event.clipboardData.getData("text"));
    if (!pair || !this.isOpen(n)) return;
    event.preventDefault();
    this.remember();
    this.write(n, pair);
    this.draw();
    this.tell(n);
  }

  takePasted(event) {
    const button = event.target.closest("button[name=paste]");
    const pair = button && readPair(this.form.elements.pasted.value);
    if (!pair || !this.isOpen(0)) return; // the server says why
    event.preventDefault();
    this.remember();
    const select = this.form.elements.coordinate_datum;
    const hasCorners = this.things().slice(1).some(Boolean);
    if (select.value !== button.value && (hasCorners || select.disabled)) {
      const legal = toLegal(pair.map(Number), button.value);
      this.write(0, fromLegal(legal, select.value).map((degrees) => degrees.toFixed(6)));
    } else {
      this.type(select, button.value);
      this.write(0, pair);
    }
    this.form.elements.pasted.value = "";
    this.draw();
    this.site();
    this.tell(0);
  }
}

function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function crosses(points) {
  if (points.length !== 4) return false;
  const [a, b, c, d] = points;
  const meet = (p, q, r, s) => turn(p, q, r) * turn(p, q, s) < 0 && turn(r, s, p) * turn(r, s, q) < 0;
  return meet(a, b, c, d) || meet(b, c, d, a);
}
