// Shows a masked value in its place and masks it again when its time is over. The server records each look; without
// script it answers with a page that goes back by itself.
export default function reveal(forms) {
  for (const form of forms) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new FormData(form);
      try {
        const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
        const { value, seconds, note } = await reply.json();
        if (!reply.ok || typeof value !== "string") throw new Error("refused");
        keepReason(body.get("reason"));
        show(form, value, seconds, note);
      } catch {
        form.submit(); // the page that asks for the password, or says why not
      }
    });
  }
}

function show(form, value, seconds, text) {
  const masked = form.closest(".masked");
  const place = masked.querySelector("[data-masked]");
  const way = form.closest("details") || form;
  const [before, until] = [place.textContent, Date.now() + seconds * 1000];
  const note = Object.assign(document.createElement("span"), { className: "soft small", textContent: text });
  note.setAttribute("role", "status");
  place.textContent = value;
  way.hidden = true;
  masked.append(note);
  const hide = () => {
    if (Date.now() < until) return; // a tab that slept wakes late, never early
    clearInterval(clock);
    document.removeEventListener("visibilitychange", hide);
    place.textContent = before;
    note.remove();
    way.hidden = false;
    way.open = false;
  };
  const clock = setInterval(hide, 1000);
  document.addEventListener("visibilitychange", hide);
}

// The next number of the same page is mostly looked at for the same reason; it can still be changed.
function keepReason(reason) {
  if (!reason || reason === "other") return;
  for (const select of document.querySelectorAll("form[data-reveal] select[name=reason]")) {
    if (!select.value) select.value = reason;
  }
}
