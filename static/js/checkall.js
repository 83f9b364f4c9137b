// 全选: a box that ticks all boxes of one name. Drawn hidden, because it does nothing without script.
export default function checkAll(boxes) {
  for (const all of boxes) {
    const boxesNearby = all.form?.elements ?? document.querySelectorAll("input"); // also those with form="…"
    const rows = [...boxesNearby].filter((box) => box.type === "checkbox" && box.name === all.dataset.checkAll);
    const show = () => {
      const ticked = rows.filter((row) => row.checked).length;
      all.checked = rows.length > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    };
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.addEventListener("change", () => rows.forEach((row) => (row.checked = all.checked)));
    rows.forEach((row) => row.addEventListener("change", show));
    show();
  }
}
