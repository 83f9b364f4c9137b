// Looks up while somebody types: the server draws what it found, in the same form the page has without script.
// An enterprise that is chosen makes the box of its projects ask anew.
const PAUSE = 350; // milliseconds after the last key

class Lookup {
  constructor(box) {
    this.box = box;
    this.text = box.querySelector("input[type=text]");
    this.found = box.querySelector("[data-found]");
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

  async ask() {
    const asked = (this.asked = {});
    const form = this.box.closest("form");
    const enterprise = form.querySelector("input[name=enterprise]:checked");
    const query = new URLSearchParams({ [this.box.dataset.what]: this.text.value });
    if (enterprise && this.box.dataset.what !== "company") query.set("enterprise", enterprise.value);
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
    if (!works) return;
    works.text.value = "";
    works.ask();
  });
}
