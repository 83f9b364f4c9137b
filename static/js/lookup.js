// Looks up while somebody types: the server draws what it found, in the same form the page has without script.
// An enterprise that is chosen makes the box of its projects ask anew.
const PAUSE = 350; // milliseconds after the last key

function chosen(box) {
  return box.closest("form").querySelector("input[name=enterprise]:checked");
}

class Lookup {
  constructor(box) {
    this.box = box;
    this.text = box.querySelector("input[type=text]");
    this.found = box.querySelector("[data-found]");
    this.blank = this.found.querySelector("input") ? "" : this.found.innerHTML;
    box.querySelector("button[name=find]").hidden = true; // typing does it
    this.text.addEventListener("input", () => this.later());
    this.text.addEventListener("keydown", (event) => event.key === "Enter" && this.enter(event));
    this.found.addEventListener("change", (event) => this.choose(event.target));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  enter(event) {
    event.preventDefault(); // Enter looks up; it does not send a half-filled form
    clearTimeout(this.timer);
    this.ask();
  }

  clear() {
    this.asked = {}; // an answer that is still on its way comes too late
    this.text.value = "";
    this.found.innerHTML = this.blank;
  }

  async ask() {
    const asked = (this.asked = {});
    const { what } = this.box.dataset;
    const query = new URLSearchParams({ [what]: this.text.value });
    if (what === "company" && this.text.value.trim().length === 1) return;
    if (what === "works" && chosen(this.box)) query.set("enterprise", chosen(this.box).value);
    const reply = await fetch(`${this.box.dataset.lookup}?${query}`).catch(() => null);
    if (!reply || asked !== this.asked) return;
    const words = await reply.text();
    if (reply.ok) this.found.innerHTML = words;
    else this.found.textContent = reply.status === 429 ? words : this.found.textContent;
    this.settled();
  }

  choose(radio) {
    this.text.value = radio.dataset.text;
    radio.closest("fieldset").querySelectorAll("label").forEach((label) => label.contains(radio) || label.remove());
    this.text.dispatchEvent(new Event("change", { bubbles: true })); // the draft is kept
    this.settled();
  }

  settled() {
    this.box.dispatchEvent(new CustomEvent("settled", { bubbles: true }));
  }
}

export default function lookups(boxes) {
  const [company, works] = ["company", "works"].map((what) => {
    const box = [...boxes].find((each) => each.dataset.what === what);
    return box && new Lookup(box);
  });
  company?.box.addEventListener("settled", () => {
    works?.clear();
    if (works && chosen(works.box)) works.ask();
  });
}
