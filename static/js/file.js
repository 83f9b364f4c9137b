// Names the chosen files in our words, since browsers speak their own language there.
export default function files(boxes) {
  for (const box of boxes) {
    const input = box.querySelector("input[type=file]");
    const name = box.querySelector("[data-file-name]");
    const nothing = name.textContent;
    const show = () => (name.textContent = [...input.files].map((file) => file.name).join("、") || nothing);
    input.addEventListener("change", show);
    show();
  }
}
