// Keeps what is typed in the server's draft while the form is still open, so that a reload loses nothing.
// Passwords and files stay out of it; the server leaves out codes.
const PAUSE = 800; // milliseconds after the last key

function typed(form) {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name);
    if (typeof value === "string" && field?.type !== "password") body.append(name, value);
  }
  return body;
}

function start(form) {
  let timer;
  let sending = Promise.resolve(); // one after the other, so that the last words win
  const send = () => {
    clearTimeout(timer);
    const body = typed(form);
    sending = sending.then(() => fetch(form.dataset.keep, { method: "POST", body, keepalive: true })).catch(() => {});
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  });
  form.addEventListener("change", send);
  form.addEventListener("submit", () => clearTimeout(timer));
}

export default function keep(forms) {
  forms.forEach(start);
  history.replaceState(history.state, "", location.href); // a reload asks for the draft, not for the post before it
}
