"""The bundle of our modules: complete, in order, and strict about the style it understands."""

from pathlib import Path

import pytest

from app.maps.bundle import UnbundlableModule, bundled
from app.maps.figure import STATIC_ROOT, page_modules


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder


def test_imports_come_before_their_users(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='import { two as pair } from "./b.js";\nexport { pair };\n',
        b='import { one } from "./c.js";\nexport const two = one + one;\n',
        c="export const one = 1;\nexport function three() {\n  return 3;\n}\n",
    )
    text = bundled(tmp_path, "a")
    assert text.index('modules["c"]') < text.index('modules["b"]') < text.index('modules["a"]')
    assert "const { two: pair } = modules" in text
    assert "return { one, three };" in text


@pytest.mark.parametrize(
    "source",
    [
        'import thing from "./b.js";\n',
        'import "./b.js";\n',
        "export default 1;\n",
        'export * from "./b.js";\n',
    ],
)
def test_other_forms_are_refused(tmp_path: Path, source: str) -> None:
    write(tmp_path, a=source, b="export const one = 1;\n")
    with pytest.raises(UnbundlableModule, match="form"):
        bundled(tmp_path, "a")


def test_a_circle_is_named(tmp_path: Path) -> None:
    write(tmp_path, a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')
    with pytest.raises(UnbundlableModule, match="a > b > a"):
        bundled(tmp_path, "a")


def test_our_modules_can_be_bundled_and_call_nobody() -> None:
    text = bundled(STATIC_ROOT / "map", "standalone")
    assert "fetchTile" in text  # shared with pages, never called in the file: connect-src is 'none' there
    assert "http://www.w3.org/2000/svg" in text
    assert text.count("http") == text.count("http://www.w3.org/2000/svg")


def test_every_module_is_used_by_a_page_or_the_export() -> None:
    names = {path.stem for path in (STATIC_ROOT / "map").glob("*.js")}
    page = {Path(path).stem for path in page_modules() if path.startswith("map/")}
    assert names - page == {"standalone", "local"}


def test_no_module_builds_html_from_text_or_evaluates() -> None:
    for path in (STATIC_ROOT / "map").glob("*.js"):
        text = path.read_text("utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "bindPopup",
            "bindTooltip",
        ):
            assert word not in text, f"{path.name}: {word}"
