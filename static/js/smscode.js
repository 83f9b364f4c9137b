// 获取验证码: asks for a code without leaving the page, then counts down.
function countDown(button, label, seconds) {
  let left = seconds;
  button.disabled = true;
  const tick = () => {
    button.textContent = left > 0 ? button.dataset.smsWait.replace("#", left) : label;
    if (left-- > 0) return;
    button.disabled = false;
    clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

async function ask(button) {
  const form = button.form;
  const phone = document.getElementById(button.dataset.smsPhone);
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  if (phone) body.set("phone", phone.value);
  const reply = await fetch(button.dataset.sms, { method: "POST", body, headers: { Accept: "application/json" } });
  return reply.json();
}

export default function smsCode(buttons) {
  for (const button of buttons) {
    const label = button.textContent;
    const status = button.closest(".field").querySelector("[data-sms-status]");
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const { ok, text, reasons, wait } = await ask(button);
        status.textContent = text ?? reasons?.join(" ") ?? "";
        status.classList.toggle("error", !ok);
        if (wait) return countDown(button, label, wait);
      } catch {
        status.textContent = button.dataset.smsFailed;
        status.classList.add("error");
      }
      button.disabled = false;
    });
  }
}
