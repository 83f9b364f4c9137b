// Closes the account menu on Escape or a click elsewhere. The left menu on phones is a popover and needs nothing.
export default function menu(elements) {
  for (const drop of elements.filter((element) => element.matches("details"))) {
    document.addEventListener("click", (event) => {
      if (!drop.contains(event.target)) drop.open = false;
    });
    drop.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      drop.open = false;
      drop.querySelector("summary").focus();
    });
  }
}
