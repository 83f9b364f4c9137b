// Enhances what the server drew. Each module is fetched only where the page has something for it;
// without script every page still works.
const modules = [
  ["[data-summary]", () => import("./summary.js")],
  ["[data-counter]", () => import("./counter.js")],
  ["form[data-autosave]", () => import("./autosave.js")],
  ["form[data-rows]", () => import("./rows.js")],
  ["[data-map]", () => import("./map.js")],
  ["form[data-unsaved], [data-who]", () => import("./unsaved.js")],
  ["[data-pick]", () => import("./pick.js")],
  ["form[data-confirm-leave]", () => import("./leave.js")],
  ["form[data-once]", () => import("./once.js")],
  ["dialog[data-idle]", () => import("./idle.js")],
  ["form[data-passkey]", () => import("./passkey.js")],
  ["a[data-dialog]", () => import("./dialog.js")],
  ["[data-drop], .side[popover]", () => import("./menu.js")],
  ["form[data-text-size]", () => import("./textsize.js")],
  ["[data-rules]", () => import("./password.js")],
  ["button[data-sms]", () => import("./smscode.js")],
  ["[data-uscc-check]", () => import("./uscc.js")],
  ["form[data-keep]", () => import("./keep.js")],
  ["[data-lookup]", () => import("./lookup.js")],
  ["[data-upload]", () => import("./upload.js")],
  ["[data-file]", () => import("./file.js")],
  ["form[data-autosubmit]", () => import("./autosubmit.js")],
  ["form[data-reveal]", () => import("./reveal.js")],
  ["[data-live]", () => import("./live.js")],
  ["[data-check-all]", () => import("./checkall.js")],
];

// Call it again for a part of the page that came later (a dialog, a new row).
export async function enhance(root) {
  await Promise.all(modules.map(async ([selector, load]) => {
    const found = [...root.querySelectorAll(selector)].filter((element) => !element.enhancedBy?.has(selector));
    if (!found.length) return;
    found.forEach((element) => (element.enhancedBy ??= new Set()).add(selector));
    const module = await load().catch(() => undefined); // the connection is gone; the page works without
    if (module) module.default(found, enhance);
    else found.forEach((element) => element.enhancedBy.delete(selector));
  }));
}

document.documentElement.classList.add("js");
enhance(document);
