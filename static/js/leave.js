// Asks before leaving a form whose text is not saved. Autosave calls form.dispatchEvent(new Event("saved")).
export default function leave(forms) {
  for (const form of forms) {
    let changed = Boolean(document.querySelector("[data-summary]"));
    form.addEventListener("input", () => (changed = true));
    form.addEventListener("submit", () => (changed = false));
    form.addEventListener("saved", () => (changed = false));
    window.addEventListener("beforeunload", (event) => changed && event.preventDefault());
  }
}
