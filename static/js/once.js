// One click, one sending: the buttons rest after the first. The server keeps it true in any case.
export default function once(forms) {
  for (const form of forms) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    });
    window.addEventListener("pageshow", () => {
      sent = false;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    });
  }
}
