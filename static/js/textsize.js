// 文字大小 without a round trip: the same cookie and class as the server sets.
export default function textSize(forms) {
  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      const size = event.submitter?.value;
      if (!size) return;
      event.preventDefault();
      document.cookie = `text_size=${size}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
      document.documentElement.classList.remove("text-large", "text-xlarge");
      if (size !== "standard") document.documentElement.classList.add(`text-${size}`);
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === size));
    });
  }
}
