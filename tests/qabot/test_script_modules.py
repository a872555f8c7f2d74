"""Scripts and what they import, named to the browser at once."""

from pathlib import Path

from django.conf import LazySettings
from django.template import Context, Template

from qabot.script_modules import imported_by


def write(folder: Path, **scripts: str) -> None:
    for name, text in scripts.items():
        (folder / f"{name}.js").write_text(text)


def test_what_is_imported_is_found_once_through_all_modules_and_round_a_circle(tmp_path: Path, settings: LazySettings):
    settings.STATICFILES_DIRS, settings.DEBUG = [tmp_path], True
    write(
        tmp_path,
        one='import { two } from "./two.js";\nimport {\n  three,\n} from "./three.js";\nconst text = "./no.js";',
        two='import "./three.js";\nexport { one } from "./one.js";',
        three="// import nothing",
    )

    assert sorted(imported_by("one.js")) == ["three.js", "two.js"]
    assert imported_by("three.js") == ()


def test_a_script_that_is_missing_imports_nothing():
    assert imported_by("js/none.js") == ()


def test_the_page_asks_for_the_script_and_all_it_imports():
    shown = Template("{% load site %}{% module_script 'js/members.js' %}").render(Context())

    assert shown == (
        '<link rel="modulepreload" href="/static/js/http.js">\n'
        '<script type="module" src="/static/js/members.js"></script>'
    )
