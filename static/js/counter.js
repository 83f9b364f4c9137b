// 12/500 beside a text field. A line break counts as one, as the server counts it.
export default function counter(marks) {
  for (const mark of marks) {
    const field = document.getElementById(mark.dataset.counter);
    const max = Number(mark.dataset.max);
    if (!field) continue;
    field.removeAttribute("maxlength"); // pasted text is shown whole and refused, never cut silently
    const show = () => {
      const count = [...field.value].length;
      mark.textContent = `${count}/${max}`;
      mark.classList.toggle("is-over", count > max);
    };
    field.addEventListener("input", show);
    show();
  }
}
