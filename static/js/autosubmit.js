// A list's page size takes effect when it is chosen.
export default function autosubmit(forms) {
  for (const form of forms) {
    form.addEventListener("change", (event) => {
      if (!event.target.matches("select")) return;
      form.elements.page?.remove(); // another size begins on page 1
      form.requestSubmit();
    });
  }
}
