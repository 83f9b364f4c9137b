// Offers registered enterprises while a unit's name is typed; choosing one fills in its name and credit code.
const PAUSE = 350; // milliseconds after the last key
const LEAST = 2; // characters

export default function picks(cards) {
  cards.forEach((card) => new Pick(card));
}

class Pick {
  constructor(card) {
    this.card = card;
    this.name = this.control("unit_name");
    this.found = card.querySelector("[data-found]");
    if (!this.name || !this.found) return;
    card.querySelector("[data-find]").parentElement.hidden = true; // typing does it
    this.words = card.closest("form").querySelector("[data-pick-words]").content;
    this.name.addEventListener("input", () => this.later());
    this.name.addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
    card.addEventListener("focusout", (event) => card.contains(event.relatedTarget) || this.clear());
  }

  control(field) {
    return [...this.card.querySelectorAll("input")].find((input) => input.name === `${this.card.id}.${field}`);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  clear() {
    clearTimeout(this.timer);
    this.asked = undefined;
    this.found.replaceChildren();
  }

  async ask() {
    const asked = (this.asked = {});
    const text = this.name.value.trim();
    if ([...text].length < LEAST) return this.clear();
    const address = `${this.card.dataset.pick}?${new URLSearchParams({ q: text })}`;
    const reply = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = reply?.ok ? await reply.json().catch(() => null) : null;
    if (asked === this.asked && told) this.draw(told.rows);
  }

  draw(rows) {
    const box = document.createElement(rows.length ? "div" : "p");
    box.className = rows.length ? "lookup__list" : "help";
    if (rows.length) {
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", this.words.querySelector("[data-label]").textContent);
      box.append(...rows.map((row) => this.offer(row)));
    } else box.textContent = this.words.querySelector("[data-none]").textContent;
    this.found.replaceChildren(box);
  }

  offer(row) {
    const button = document.createElement("button");
    const code = document.createElement("span");
    button.type = "button";
    button.textContent = `${row.name} `;
    code.className = "soft small";
    code.textContent = `${row.uscc} · ${row.district} · ${row.verification}`;
    button.append(code);
    button.addEventListener("click", () => this.choose(row));
    return button;
  }

  choose(row) {
    this.name.value = row.name;
    const code = this.control("uscc");
    code.value = row.uscc;
    this.clear();
    code.dispatchEvent(new Event("input", { bubbles: true }));
    this.control("legal_representative").focus();
  }
}
