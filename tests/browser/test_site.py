"""The site in a real browser: no errors, formulas with a size, filters, contrast, a phone.

`make test-browser` runs these; it installs Debian's Chromium where there is none.
"""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from symnet.claims import load_claims
from symnet.commands.lectures import run_claims
from symnet.site.pages import write_site

IDS = ["L8.8a", "L8.9", "L8.40", "L8.42", "L8.44", "W.3", "P4.10", "P4.61", "E3.25", "X.1", "B.6"]


@pytest.fixture(scope="module", params=["en", "ru"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write_site(run_claims(load_claims(IDS), progress=False), str(folder), request.param)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else problems.append(r.url))
    yield opened
    opened.close()
    assert problems == []


def pages(site: Path) -> list[str]:
    return sorted(path.as_uri() for path in site.glob("*.html"))


def test_every_page_loads_and_its_formulas_have_a_size(page: Page, site: Path) -> None:
    formulas = 0
    for url in pages(site):
        page.goto(url)
        assert page.title()
        assert page.locator("h1").count() == 1
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for box in page.evaluate("[...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().toJSON())"):
            assert box["width"] > 4
            assert box["height"] > 6
            formulas += 1
    assert formulas > 20


def test_links_lead_somewhere(page: Page, site: Path) -> None:
    for url in pages(site):
        page.goto(url)
        for href in page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"):
            name, _, place = href.partition("#")
            target = site / name if name else Path(url.removeprefix("file://"))
            assert target.exists()
            assert not place or f'id="{place}"' in target.read_text(encoding="utf-8")


def test_search_and_filter(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    rows = page.locator("#list tbody tr:visible")
    assert rows.count() == len(IDS)
    page.locator("#search").fill("L8.4")
    assert [row.split()[0] for row in rows.all_inner_texts()] == ["L8.40", "L8.42", "L8.44"]
    page.locator("#search").fill("no such words")
    assert rows.count() == 0
    assert page.locator("#nothing").is_visible()
    page.locator("#search").fill("")
    for box in page.locator(".chips input").all():
        if box.get_attribute("value") != "refuted":
            box.uncheck()
    refuted = page.locator("#list .badge.refuted").count()
    assert 0 < rows.count() == refuted < len(IDS)
    assert page.locator("#count").inner_text() == f"{refuted} / {len(IDS)}"


def test_without_a_script_everything_is_shown(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.locator("#list tbody tr:visible").count() == len(IDS)
    context.close()


def test_a_phone_does_not_scroll_sideways(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for url in pages(site):
        page.goto(url)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, url


CONTRASTS = """() => {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)") && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("a, p, h1, h2, h3, dt, dd, summary, code, .badge, td, th")]
    .filter((e) => e.checkVisibility() && e.textContent.trim())
    .map((e) => {
      const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className + " " + e.tagName];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, site: Path, scheme: str) -> None:
    """4.5 : 1, as WCAG 2 asks of text."""
    page = browser.new_page(color_scheme=scheme)
    for name in ("index.html", "01.html"):
        page.goto((site / name).as_uri())
        found = page.evaluate(CONTRASTS)
        assert len(found) > 20
        assert [what for ratio, what in found if ratio < 4.5] == []
    page.close()


def test_pictures_have_words_and_headings_do_not_skip(page: Page, site: Path) -> None:
    drawn = 0
    for url in pages(site):
        page.goto(url)
        drawn += page.locator("svg").count()
        assert page.locator("svg:not([aria-label])").count() == 0
        levels = [int(h[1]) for h in page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")]
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))
        assert page.locator("html").get_attribute("lang") == site.name[:2]
    assert drawn > 0
