"""The pictures of README.md, made anew: ``python -m tests.pictures``, on a machine that does nothing else.

docs/demo.svg is a recording of ``./run.sh demo`` as it prints where it is no terminal, docs/example.webp the page of a
month that it builds.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.conftest import HERE

COLUMNS, ROWS, LINE, CHARACTER = 112, 26, 17, 7.83
"""Of the terminal; the height of a line and the width of a character are in pixels."""
SECONDS = 20
"""How long the recording takes to play."""
TO_WEBP = """async png => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1];
}"""


def run_demo(data: Path) -> list[tuple[float, str]]:
    """The lines that a demo prints, each with the seconds since the start; they name no data folder but the usual."""
    command = [sys.executable, "-u", "-m", "pipeline", "demo"]
    environment = os.environ | {"MOBILITY_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=HERE, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as demo:
        assert demo.stdout
        printed = ((time.monotonic() - began, line.rstrip()) for line in demo.stdout if "MOBILITY_DATA=" not in line)
        lines = [(seconds, line.replace(str(data), "data")) for seconds, line in printed]
    assert demo.returncode == 0, lines
    return lines


def recording(command: str, lines: Sequence[tuple[float, str]]) -> str:
    """An SVG that shows the lines one after another, then stays. Where nothing may move, it shows the end."""
    timed = [(0.0, f"$ {command}"), *((seconds, part) for seconds, line in lines for part in wrapped(line))]
    shown = [line for _, line in timed]
    times = [round(100 * seconds / lines[-1][0], 2) for seconds, _ in timed]
    scrolled = [max(0, number + 1 - ROWS) * LINE for number in range(len(shown))]
    scroll = "".join(f"{at}%{{transform:translateY(-{y}px)}}" for at, y in zip(times, scrolled, strict=True))
    cover = "".join(f"{at}%{{transform:translateY({(number + 1) * LINE}px)}}" for number, at in enumerate(times))
    texts = "".join(f'<text y="{(number + 1) * LINE - 4}">{escape(line)}</text>' for number, line in enumerate(shown))
    width, height = round(COLUMNS * CHARACTER) + 24, ROWS * LINE + 24
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<style>
text {{ font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e8eaed; white-space: pre; }}
.lines {{ transform: translateY(-{scrolled[-1]}px); }}
.cover {{ fill: #14171a; transform: translateY({len(shown) * LINE}px); }}
@media (prefers-reduced-motion: no-preference) {{
.lines {{ animation: scroll {SECONDS}s step-end; }} .cover {{ animation: cover {SECONDS}s step-end; }}
}}
@keyframes scroll {{ {scroll} }}
@keyframes cover {{ {cover} }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#14171a"/>
<svg x="12" y="12" width="{width - 24}" height="{ROWS * LINE}"><g class="lines">
{texts}
<rect class="cover" width="{width}" height="{len(shown) * LINE}"/>
</g></svg>
</svg>
"""


def wrapped(line: str) -> list[str]:
    """The line as a terminal breaks it."""
    return [line[start : start + COLUMNS] for start in range(0, len(line), COLUMNS)] or [""]


def picture(page: Path, chromium: str) -> bytes:
    """The top of a page, as WebP."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 900, "height": 1180}, color_scheme="light")
        tab.goto(page.as_uri())
        png = base64.b64encode(tab.screenshot()).decode()
        webp = base64.b64decode(tab.evaluate(TO_WEBP, png))
        browser.close()
    return webp


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        lines = run_demo(data)
        (HERE / "docs/demo.svg").write_text(recording("./run.sh demo", lines))
        (HERE / "docs/example.webp").write_bytes(picture(data / "demo/reports/2024-01.html", chromium))


if __name__ == "__main__":
    main()
