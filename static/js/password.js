// Ticks the rules below a new password while it is typed; the server checks them all again.
const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];
const met = {
  length: (text) => [...text].length >= 10,
  classes: (text) => [...text].length >= 15 || kinds.filter((kind) => kind.test(text)).length >= 3,
};

export default function passwordRules(lists) {
  for (const list of lists) {
    const field = document.getElementById(list.dataset.rules);
    field?.addEventListener("input", () => {
      for (const line of list.querySelectorAll("[data-rule]")) {
        line.classList.toggle("is-met", Boolean(met[line.dataset.rule]?.(field.value)));
      }
    });
  }
}
