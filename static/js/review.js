// Comfort for the review desk; every link and form here works without it.

// The library's sentence goes into the text, where it may be edited. Own words are never overwritten.
let inserted = "";
document.addEventListener("change", (event) => {
  const list = event.target.closest("select[data-reasons]");
  const reason = list?.selectedOptions[0];
  if (!reason?.dataset.text) return;
  const { text, basis } = list.form.elements;
  if (text.value.trim() && text.value !== inserted) text.value += `\n${reason.dataset.text}`;
  else text.value = reason.dataset.text;
  inserted = text.value;
  basis.value ||= reason.dataset.basis;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
  const blank = text.value.indexOf("【");
  if (blank >= 0) text.setSelectionRange(blank, text.value.indexOf("】", blank) + 1);
});

// Another page or document: only the viewer is exchanged, the reader stays where they are.
async function show(link) {
  const viewer = document.getElementById("viewer");
  viewer.classList.add("is-loading");
  const reply = await fetch(link.href);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const next = page.getElementById("viewer");
  if (!reply.ok || reply.redirected || !next) throw new Error("no viewer");
  viewer.replaceWith(document.adoptNode(next));
  for (const file of document.querySelectorAll(".paper__file a")) {
    const same = new URL(file.href).searchParams.get("doc") === new URL(link.href).searchParams.get("doc");
    if (same) file.setAttribute("aria-current", "true");
    else file.removeAttribute("aria-current");
  }
  history.replaceState(history.state, "", link.href.split("#")[0]);
  if (next.getBoundingClientRect().top > innerHeight || next.getBoundingClientRect().bottom < 0) next.scrollIntoView();
  next.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link).catch(() => location.assign(link.href));
});

// j and k: the next and the previous section.
document.addEventListener("keydown", (event) => {
  if (!/^[jk]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  const parts = [...document.querySelectorAll(".part")];
  const ahead = parts.filter((part) => part.getBoundingClientRect().top > 80);
  const behind = parts.filter((part) => part.getBoundingClientRect().top < 40);
  const part = event.key === "j" ? ahead[0] : behind.at(-1);
  part?.scrollIntoView();
  part?.focus({ preventScroll: true });
});

// What is in front of the reader's eyes counts as seen: the form says so by itself, for the version that it names.
const unseen = document.querySelector("form[data-look]");
async function seen() {
  if (!unseen?.isConnected || document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", seen);
  const reply = await fetch(unseen.action, { method: "POST", body: new FormData(unseen), headers: { accept: "application/json" } });
  if (!reply.ok || reply.redirected) return;
  const said = document.createElement("span");
  said.className = "soft small";
  said.textContent = "已阅";
  unseen.replaceWith(said);
}
document.addEventListener("visibilitychange", seen);
seen().catch(() => {}); // the button stays
