// Looks for news every few seconds while the page is seen: moves the badges, and draws the parts marked
// data-live-part anew when something happened. It never touches a part that somebody is working in.
const LONGEST = 300;

export default function live([bell], enhance) {
  let { stamp } = bell.dataset, seconds = 20, pause = seconds, timer, due = Date.now() + seconds * 1000;

  function plan() {
    clearTimeout(timer);
    if (document.hidden) return;
    timer = setTimeout(look, Math.max(0, due - Date.now()) * (0.9 + Math.random() * 0.2));
  }

  async function look() {
    try {
      const headers = { Accept: "application/json", "X-Live": "1", "If-None-Match": `"${stamp}"` };
      const reply = await fetch(bell.dataset.live, { headers, cache: "no-store", redirect: "error" });
      if (reply.status === 401 || reply.status === 403) return; // signed out: the next click says so
      if (reply.status === 200) await show(await reply.json());
      else if (reply.status !== 304) throw new Error(reply.status);
      pause = seconds;
    } catch {
      pause = Math.min(pause * 2, LONGEST); // the server or the line is down: ask less and less
    }
    due = Date.now() + pause * 1000;
    plan();
  }

  async function show(news) {
    seconds = news.seconds;
    for (const place of document.querySelectorAll("[data-live-badge]")) draw(place, news.counts[place.dataset.liveBadge]);
    stamp = news.stamp;
    if (document.querySelector("[data-live-part]")) await redraw();
  }

  async function redraw() {
    const reply = await fetch(location.href, { headers: { "X-Live": "1" }, cache: "no-store", redirect: "error" });
    if (!reply.ok) return;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    let changed = false;
    for (const part of document.querySelectorAll("[data-live-part]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || words(fresh) === words(part)) continue;
      if (inUse(part)) offer(part);
      else {
        part.replaceWith(fresh);
        enhance(fresh);
        changed = true;
      }
    }
    if (changed) say(bell.dataset.said);
  }

  function offer(part) {
    if (part.querySelector("[data-live-offer]")) return;
    const link = Object.assign(document.createElement("a"), { href: location.href, textContent: bell.dataset.waiting });
    link.className = "btn btn-small";
    link.dataset.liveOffer = "";
    part.prepend(link);
  }

  document.addEventListener("visibilitychange", plan);
  plan();
}

function draw(place, count) {
  place.querySelector(".badge")?.remove();
  if (!count) return;
  const badge = Object.assign(document.createElement("span"), { className: "badge badge-red" });
  const unit = Object.assign(document.createElement("span"), { className: "vh", textContent: place.dataset.unit });
  badge.append(count > 99 ? "99+" : count, unit);
  place.append(badge);
}

const words = (part) => part.textContent.replace(/\s+/g, " ");
const inUse = (part) =>
  part.matches(":focus-within") || part.querySelector("input[type=checkbox]:checked, details[open], dialog[open]");

function say(text) {
  let place = document.getElementById("live-said");
  if (!place) {
    place = Object.assign(document.createElement("p"), { id: "live-said", className: "vh" });
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}
