// Adds, copies and removes rows in place. Without script the same buttons ask the server.
export default function rows(forms, enhance) {
  for (const form of forms) {
    const list = form.querySelector("[data-list]");
    const blank = form.querySelector("[data-blank]");
    if (!blank) continue;
    const changed = () => {
      list.querySelectorAll("[data-nth]").forEach((mark, n) => (mark.textContent = n + 1));
      form.querySelector("[data-empty]")?.remove();
      form.dispatchEvent(new Event("input", { bubbles: true }));
    };
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-add], [data-copy], [data-drop-row]");
      if (!button) return;
      event.preventDefault();
      const row = button.closest("[data-row]");
      if (button.matches("[data-drop-row]")) return drop(form, row, changed);
      const fresh = make(form, blank);
      if (row) fill(row, fresh);
      row ? row.after(fresh) : list.append(fresh);
      enhance(fresh);
      changed();
      fresh.querySelector("input:not([type=hidden])").focus();
    });
  }
}

function make(form, blank) {
  let n = 1;
  while (form.querySelector(`[data-row="new${n}"]`)) n += 1;
  const holder = document.createElement("template");
  holder.innerHTML = blank.innerHTML.replaceAll("__key__", `new${n}`);
  return holder.content.querySelector("[data-row]");
}

function fill(from, to) {
  const controls = (row) => [...row.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const old = controls(from);
  controls(to).forEach((control, n) => (control.value = old[n].value));
  if (from.querySelector("details").open) to.querySelector("details").open = true;
}

function drop(form, row, changed) {
  const filled = [...row.querySelectorAll("input:not([type=hidden]), select")].some((control) => control.value);
  const words = form.querySelector("[data-row-words]").content.textContent.trim();
  if (filled && !window.confirm(words)) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  changed();
  (next?.querySelector("input:not([type=hidden])") ?? form.querySelector("[data-add]")).focus();
}
