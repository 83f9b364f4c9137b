// Moves the focus to the error summary, and from its links to the field (the first control of a group).
export default function summary(boxes) {
  boxes[0].focus();
  for (const link of boxes.flatMap((box) => [...box.querySelectorAll('a[href^="#"]')])) {
    link.addEventListener("click", (event) => {
      const target = document.getElementById(link.hash.slice(1));
      const control = target?.matches("input, select, textarea, button, a") ? target : target?.querySelector("input, select, textarea, button");
      if (!control) return;
      event.preventDefault();
      control.closest("details")?.setAttribute("open", "");
      (control.closest(".field") ?? control).scrollIntoView({ block: "center" });
      control.focus({ preventScroll: true });
    });
  }
}
