"""Every word a user reads is in the catalogue, in every language, and is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from optviz.language import LANGUAGES, Text, catalogue

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")),
        *sorted((ROOT / "optviz").rglob("*.py"))]  # fmt: skip
SHOWN = [file for file in CODE if not file.is_relative_to(ROOT / "optviz")
         or file.is_relative_to(ROOT / "optviz" / "ui")
         or file.is_relative_to(ROOT / "optviz" / "figures")]  # fmt: skip
EN, ZH = catalogue("en"), catalogue("zh")
PLACEHOLDER = re.compile(r"(?<![\\a-z}^_])\{([a-z_][a-z0-9_]*)(?::[^{}]*)?\}")
BRACKETED = re.compile(r"\[([a-z_]+)\](?!\()")
CJK = "\u3400-\u9fff"

# Texts without a Chinese word, because names and symbols are the same everywhere.
SAME_EVERYWHERE = re.compile(
    r"[\d\s%–—·×+−.,:;；：，/()\[\]{}²_*‖∇-]*"
    r"((t-SNE|PCA|ALS|SGD|KL|MSE|RMSE|AdamW?|Adam\w*|AMSGrad|\w?Adam|RMSprop|Rprop|Ada\w+|ASGD"
    r"|LBFGS|L-BFGS|Muon|Nesterov|EmbeddingDotBias|EmbeddingNet|Hessian|lr|Newton"
    r"|[\w×\-+ ]{1,3})[\d\s%–—·×+−.,:;；：，/()\[\]{}²_*‖∇-]*)*"
)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text)) | set(BRACKETED.findall(text))


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for file in CODE:
        yield file, parsed(file)


@cache
def parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text("utf-8"))


def pattern(node: ast.AST) -> re.Pattern[str] | None:
    """What a string or f-string expression may become; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.compile(re.escape(node.value))
    if isinstance(node, ast.JoinedStr):
        return re.compile("".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else ".+"
            for part in node.values
        ))  # fmt: skip
    return None


def alternatives(node: ast.AST) -> list[re.Pattern[str]]:
    """The patterns of an expression, one for each branch of a conditional."""
    if isinstance(node, ast.IfExp):
        return alternatives(node.body) + alternatives(node.orelse)
    found = pattern(node)
    return [] if found is None else [found]


def called(node: ast.Call) -> str:
    """The last name of what is called: ``text`` for ``page.text(…)``."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


ASKS = ("text", "ENGLISH", "Problem", "JobFailed")


def asked() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Where the code asks for a text, and by which key."""
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and called(node) in ASKS:
                for found in alternatives(node.args[0]):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", found


def test_languages_have_the_same_keys() -> None:
    for code in LANGUAGES:
        assert catalogue(code).keys() == EN.keys()


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_is_empty(code: str) -> None:
    assert [key for key, text in catalogue(code).items() if not text.strip()] == []


def test_languages_have_the_same_placeholders() -> None:
    wrong = {
        key: (placeholders(EN[key]), placeholders(ZH[key]))
        for key in EN
        if placeholders(EN[key]) != placeholders(ZH[key])
    }
    assert wrong == {}


def test_every_key_that_the_code_asks_for_exists() -> None:
    missing = [
        f"{where}: {key.pattern}" for where, key in asked() if not any(map(key.fullmatch, EN))
    ]
    assert missing == []


def test_every_key_is_asked_for() -> None:
    # Keys also travel in constants and through functions; so any string that is or may become
    # a key counts, if it holds more than dots.
    strings = [
        node for _, tree in trees() for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
    ]  # fmt: skip
    written = {node.value for node in strings if isinstance(node, ast.Constant)}
    composed = {
        found.pattern for node in strings if isinstance(node, ast.JoinedStr)
        if (found := pattern(node)) and re.search(r"[a-z]{2}", found.pattern)
    }  # fmt: skip
    ways = [re.compile(way) for way in composed]
    unused = [
        key for key in EN if key not in written and not any(way.fullmatch(key) for way in ways)
    ]
    assert unused == []


# --- No words outside the catalogue --------------------------------------------------------

SAYS = {
    "title", "header", "subheader", "markdown", "caption", "text", "write", "info", "warning",
    "error", "success", "button", "download_button", "checkbox", "toggle", "radio", "selectbox",
    "multiselect", "slider", "select_slider", "text_input", "number_input", "text_area",
    "file_uploader", "segmented_control", "pills", "expander", "tabs", "metric", "page_link",
    "toast", "progress", "popover", "status", "spinner", "data_editor", "link_button", "latex",
    "choose", "segment", "switch", "typed_number", "add_annotation", "NumberColumn", "TextColumn",
    "Column",
}  # fmt: skip
"""Calls that put their strings before the user."""
LABELS = {"label", "help", "placeholder", "body", "hovertemplate", "ticktext", "title_text"}
"""Keywords and dictionary keys that do so wherever they stand…"""
FIGURE_LABELS = LABELS | {"title", "text", "name"}
"""…and those that do so in a figure."""

ALLOWED = {
    "optviz": "the product's name",
    "2D": "", "3D": "", "D": "the unit of dimensions",
    "k = ": "the formula's letter",
    "light": "a theme's key", "dark": "a theme's key",
}  # fmt: skip
"""The few words that are the same in every language."""


def words(node: ast.AST) -> str:
    """The letters that a string expression shows by itself; '' for none."""
    if isinstance(node, ast.JoinedStr):
        raw = "".join(p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        raw = node.value
    else:
        return ""
    if raw in ALLOWED:
        return ""
    raw = re.sub(r":material/\w+:|%\{[^}]*\}|%\{.*?\}|<[^>]*>|:[\w-]+\[|\\\w+|#\w{6}", "", raw)
    return raw if re.search(r"[A-Za-z" + CJK + r"]{2}", raw) else ""


def said(node: ast.AST) -> Iterator[ast.AST]:
    """The string expressions inside an argument, calls left out: those answer for themselves."""
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from (*said(node.body), *said(node.orelse))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (*said(node.left), *said(node.right))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in {"text", "title"}:
                yield from said(value)


def literal_words(tree: ast.AST, labels: set[str]) -> Iterator[str]:
    """Where ``tree`` shows words of its own, and which."""
    for node in ast.walk(tree):
        shown: list[ast.AST] = []
        if isinstance(node, ast.Call):
            shown += [k.value for k in node.keywords if k.arg in labels]
            # The first argument is the label; a call of ``text`` asks the catalogue.
            if called(node) in SAYS and called(node) != "text":
                shown += node.args[:1]
                if [getattr(argument, "id", "") for argument in node.args[:1]] == ["store"]:
                    shown += node.args[2:3]  # our own controls: the store, the field, the label
        elif isinstance(node, ast.Dict):
            shown += [
                value for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value in labels
            ]  # fmt: skip
        for expression in shown:
            for string in said(expression):
                if found := words(string):
                    yield f"line {string.lineno}: {found!r}"


@pytest.mark.parametrize("file", SHOWN, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_words_outside_the_catalogue(file: Path) -> None:
    in_figures = file.is_relative_to(ROOT / "optviz" / "figures")
    labels = FIGURE_LABELS if in_figures else LABELS
    assert list(literal_words(parsed(file), labels)) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('st.button("Go")', True),
        ('st.markdown(f"{n} films")', True),
        ('column.slider(label="Rate")', True),
        ('st.info("一句话")', True),
        ('controls.slider(store, "lr", "Rate", 0, 1)', True),
        ('controls.slider(store, "lr", text("rate"), 0, 1)', False),
        ('st.caption("ab" if wide else text("x"))', True),
        ('figure.update_layout(xaxis={"title": {"text": "Steps"}})', True),
        ('go.Scatter(hovertemplate="<b>%{y:.3g}</b> loss")', True),
        ('st.button(text("go.label"), icon=":material/close:", key="go")', False),
        ('st.caption(f":material/close: {n}")', False),
        ('go.Scatter(hovertemplate="<b>%{y:.3g}</b><extra></extra>", mode="lines")', False),
    ],
)
def test_the_search_for_words_finds_words_and_nothing_else(code: str, found: bool) -> None:
    assert bool(list(literal_words(ast.parse(code), FIGURE_LABELS))) is found


# --- Chinese -------------------------------------------------------------------------------


def bare(text: str) -> str:
    """A text without code, formulas, links, placeholders and cited titles."""
    text = re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)|https?://\S+", " ", text)
    text = re.sub(r"“[A-Za-z][^”]*”|\*[A-Z][^*]*\*", " ", text)
    return re.sub(r"\{[^{}]*\}", "0", text)


def test_chinese_is_chinese() -> None:
    plain = {key: bare(text) for key, text in ZH.items()}
    foreign = [
        key for key, text in plain.items()
        if not re.search(f"[{CJK}]", text) and re.search("[A-Za-z]", text)
        and not SAME_EVERYWHERE.fullmatch(text)
    ]  # fmt: skip
    assert foreign == []


def test_chinese_holds_no_english_sentence() -> None:
    # Six English words in a row are no name any more.
    sentence = re.compile(r"(?:[a-z]{2,}[ ,]+){5}[a-z]{2,}", re.IGNORECASE)
    assert [key for key, text in ZH.items() if sentence.search(bare(text))] == []


def test_chinese_punctuation_is_full_width() -> None:
    narrow = re.compile(
        rf"[{CJK}][,;!?](?!\w)|[{CJK}]:(?!\w)|[,;!?][{CJK}]|[{CJK}]\.(?![\d\w])|\([{CJK}]|[{CJK}]\)"
    )
    wrong = {
        key: found.group()
        for key, text in ZH.items()
        if (found := narrow.search(re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)", "", text)))
    }
    assert wrong == {}


# --- Looking a text up ---------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
def test_bold_type_opens_and_closes_where_markdown_sees_it(code: str) -> None:
    """``**字。**字`` is no bold type: after punctuation the mark must be followed by no letter."""
    for key, text in catalogue(code).items():
        for place, mark in enumerate(re.finditer(r"\*\*", text)):
            sides = mark.start() - 1, mark.end()
            outer, inner = sides if place % 2 == 0 else sides[::-1]
            if 0 <= outer < len(text) and text[outer].isalnum():
                assert text[inner].isalnum(), f"{key}: {text[max(0, inner - 9) : inner + 9]}"


def test_values_are_filled_in_and_latex_is_left_alone() -> None:
    text = Text("en")
    assert "NaN" not in text("problem.state.range", value="3", minimum="0", maximum="1")
    assert text("problem.state.range", value="3", minimum="0", maximum="1").startswith("3 ")
    assert r"\mathrm{KL}" in text("embeddings.read.body", anything=1)


def test_an_unknown_key_or_language_is_an_error() -> None:
    with pytest.raises(KeyError):
        Text("en")("no.such.key")
    with pytest.raises(KeyError):
        catalogue("xx")
    assert not Text("zh").has("no.such.key")
    assert Text("zh").has("home.name")
