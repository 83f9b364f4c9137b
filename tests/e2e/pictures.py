"""Takes the pictures of the README from a portal that runs with its demo data: python -m tests.e2e.pictures [ADDRESS]"""

import io
import re
import sys

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, browser
from tests.e2e.launch import ARGUMENTS

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "Demo@2026!"
FOLDER = ROOT / "docs" / "pictures"
MOST = 200_000  # bytes of one picture


def take(page: Page, name: str) -> None:
    """Keep what is seen now, with as many colours as fit into the size."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / name
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < MOST:
            break
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} KB")


def somebody(chromium: Browser, address: str, width: int = 1440, height: int = 900) -> Page:
    context = chromium.new_context(
        base_url=address, locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": width, "height": height}
    )
    return context.new_page()


def sign_in(page: Page, account: str, side: str = "enterprise") -> None:
    page.goto(f"/?side={side}")
    page.fill("[name=account]", account)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/home/")


def take_all(chromium: Browser, address: str) -> None:
    visitor = somebody(chromium, address)
    visitor.goto("/")
    take(visitor, "landing.png")

    applicant = somebody(chromium, address)
    sign_in(applicant, "19900000002")
    applicant.goto("/filing/joint/")
    applicant.get_by_role("link", name=re.compile("^编辑")).first.click()
    applicant.get_by_role("link", name=re.compile("基本信息")).first.click()
    take(applicant, "editor.png")

    officer = somebody(chromium, address)
    sign_in(officer, "ja-safety", side="staff")
    officer.goto("/review/?state=reviewing")
    officer.locator("th[scope=row] a").first.click()
    take(officer, "review.png")

    phone = somebody(chromium, address, 390, 844)
    sign_in(phone, "19900000002")
    phone.goto("/filing/advance/")
    take(phone, "phone.png")


def main(address: str = ADDRESS) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=ARGUMENTS)
        take_all(chromium, address)
        chromium.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
