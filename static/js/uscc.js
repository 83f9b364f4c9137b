// Looks at a credit code as soon as its field is left: whether it is one, and whether it is registered already.
async function ask(field) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  body.set("uscc", field.value);
  const reply = await fetch(field.dataset.usccCheck, { method: "POST", body, headers: { Accept: "application/json" } });
  return reply.ok ? reply.json() : { state: "", text: "" };
}

function line(field) {
  const place = document.createElement("p");
  place.setAttribute("role", "status");
  field.closest(".field").append(place);
  return place;
}

export default function uscc(fields) {
  for (const field of fields) {
    const place = line(field);
    field.addEventListener("change", async () => {
      const asked = field.value;
      if (!asked.trim()) return place.replaceChildren();
      const { state, text } = await ask(field).catch(() => ({ state: "", text: "" }));
      if (field.value !== asked) return; // it was changed meanwhile
      document.getElementById(`${field.id}_error`)?.remove();
      field.toggleAttribute("aria-invalid", false);
      if (state === "invalid" || state === "exists") field.setAttribute("aria-invalid", "true");
      place.className = state === "valid" ? "help" : "error";
      place.replaceChildren(text ?? "");
      if (state !== "exists") return;
      const way = document.createElement("button"); // sends the step, so that nothing typed is lost on the way
      way.className = "btn-link";
      way.textContent = field.dataset.usccWords;
      place.append(" ", way);
    });
  }
}
