"""What is wrong with how a page looks, in sentences."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from console.cases.models import Case

SIZES = [(1440, 900), (720, 450), (390, 844), (320, 640)]  # the second is 1440 wide at 200 %
SERIOUS = ("serious", "critical")
AXE = Axe().axe_script
# Only what broke a rule travels: the rest of a report is megabytes.
RUN = """
async (rules) => {
  const { violations } = await axe.run({ resultTypes: ['violations'], ...(rules.length && { runOnly: { type: 'rule', values: rules } }) });
  return violations.map(({ id, impact, nodes }) => [id, impact, nodes.slice(0, 3).map((node) => node.html.slice(0, 120))]);
}
"""


def findings(page: Page, *rules: str) -> list[str]:
    """Serious findings of axe, of these rules alone where some are named."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE)
    return [f"{name} ({impact}): {nodes}" for name, impact, nodes in page.evaluate(RUN, list(rules)) if impact in SERIOUS]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def flaws(page: Page) -> list[str]:
    """Everything in the light, the contrast in the dark, and the width at every size."""
    page.set_viewport_size({"width": 1440, "height": 900})
    found = findings(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {sentence}" for sentence in findings(page, "color-contrast")]
    page.emulate_media(color_scheme="light")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if wider := overflow(page):
            found.append(f"{wider} px wider than {width}")
    return found


def open_case(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    if page.locator("#verdict").count() == 0:
        page.get_by_role("button", name="Take it").click()
    expect(page.locator("#verdict")).to_be_visible()
