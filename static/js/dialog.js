// Shows the page behind a link in a <dialog>. Its forms go to that page, which shows errors as a page of its own.
async function open(link, enhance) {
  const reply = await fetch(link.href, { headers: { "X-Requested-With": "dialog" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const part = page.querySelector(link.dataset.dialog || "main .card, main .result");
  if (!reply.ok || reply.redirected || !part) throw new Error("not a dialog");
  const dialog = document.createElement("dialog");
  dialog.append(document.adoptNode(part));
  const heading = dialog.querySelector("h1, h2");
  if (heading) dialog.setAttribute("aria-label", heading.textContent.trim());
  for (const form of dialog.querySelectorAll("form")) {
    if (!form.getAttribute("action")) form.action = reply.url;
  }
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  enhance(dialog);
}

export default function dialogs(links, enhance) {
  if (!window.HTMLDialogElement) return;
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(link, enhance).catch(() => location.assign(link.href));
    });
  }
}
