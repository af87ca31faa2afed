"""One prediction worked out before the reader's eyes: code, formula and numbers, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.figures.theme import Theme
from optviz.recommender.specs import MODELS
from optviz.recommender.worked import Layers, Product, code_of, work_out
from optviz.ui.frame import Page
from optviz.ui.markdown import literal
from optviz.ui.recommender_chosen import choose_pair
from optviz.ui.recommender_movies import movies_of
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store

__all__ = ["formulas", "render_worked"]

_ROWS = 8
"""Products shown one by one; the others are added up."""

_TERMS = 3
"""Terms of a sum that its formula writes out."""

_LAST = {(r"\mu", "b_u", "b_i"): "stars", (r"\mu", "b_i"): "movie_mean", (): "plain"}
"""What is added at the end where there is no sigmoid → the name of that step."""

_STYLE = """
.st-key-recommender-steps { gap: 0.4rem; }
.st-key-recommender-steps .katex-display { margin: 0.2em 0 0.7em; overflow: auto hidden; }
.st-key-recommender-steps .katex { font-size: 1.05em; }
.ov-worked { width: 100%; border-collapse: collapse; font-size: 0.875rem;
  font-variant-numeric: tabular-nums; }
.ov-worked th { font-weight: 400; opacity: 0.8; text-align: right; padding: 0.2rem 0.4rem; }
.ov-worked td { text-align: right; padding: 0.2rem 0.4rem; border-top: 1px solid var(--line); }
.ov-worked tr > :first-child { text-align: left; padding-left: 0; }
.ov-worked tr.total td { font-weight: 620; }
.ov-worked td.bar { width: 34%; position: relative; padding: 0; }
.ov-worked td.bar i { position: absolute; top: 30%; height: 40%; border-radius: 1px; }
@media (max-width: 640px) { .st-key-recommender-steps .katex { font-size: 0.88em; } }
"""


def render_worked(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the tab."""
    text = page.text
    user, item = choose_pair(page, store, run)
    worked = work_out(run.fitted, user, item)
    st.html(f"<style>{_STYLE}</style>")
    st.markdown(_headline(page, run, user, item, worked.predicted))
    written = formulas(worked)
    left, right = st.columns([6, 5], gap="medium")
    with left, st.container(key="recommender-steps"):
        for place, (step, line) in enumerate(code_of(run.config), start=1):
            words = text(f"recommender.worked.step.{step}", **_sizes(run, user, item))
            st.markdown(f"**{place}** {words}  \n`{line}`")
            st.latex(written[step])
    with right:
        table = _units(page, worked) if isinstance(worked, Layers) else _factors(page, worked)
        kind = "layers" if isinstance(worked, Layers) else "product"
        st.markdown(text("recommender.worked.units" if kind == "layers" else
                         "recommender.worked.factors"))  # fmt: skip
        st.html(_html(table, page.theme))
        if isinstance(worked, Layers):
            off, units = np.count_nonzero(worked.hidden == 0), len(worked.hidden)
            st.caption(text("recommender.worked.off", off=off, units=units))
        st.caption(text(f"recommender.worked.same_{kind}", user=user, item=item))
        for words in _unseen(page, run, user, item):
            st.caption(words)


def _headline(page: Page, run: Run, user: int, item: int, predicted: float) -> str:
    """The prediction beside what the user really gave."""
    text, ratings = page.text, run.data.ratings
    said = text("recommender.worked.predicted", predicted=f"{predicted:.2f}")
    rows = np.flatnonzero((ratings.user_idx == user) & (ratings.item_idx == item))
    who = {
        "user": literal(str(ratings.user_ids[user])),
        "title": literal(movies_of(run).names[item]),
    }
    if not rows.size:
        return f"{said} {text('recommender.worked.unrated', **who)}"
    stars = float(ratings.frame["rating"].iloc[rows[-1]])
    kind = "held_out" if run.held_out[rows[-1]] else "learnt"
    return f"{said} {text(f'recommender.worked.{kind}', stars=f'{stars:g}', **who)}"


def _sizes(run: Run, user: int, item: int) -> dict[str, str]:
    return {
        "user": f"{user:,}",
        "users": f"{run.fitted.n_users:,}",
        "item": f"{item:,}",
        "items": f"{run.fitted.n_items:,}",
        "k": f"{run.config.n_factors:,}",
        "hidden": f"{run.config.hidden:,}",
    }


def _unseen(page: Page, run: Run, user: int, item: int) -> list[str]:
    """What stands in for a user or a movie without a rating to learn from."""
    ratings, learnt = run.data.ratings, ~run.held_out
    known = {
        "user": (learnt & (ratings.user_idx == user)).any(),
        "movie": (learnt & (ratings.item_idx == item)).any(),
    }
    return [
        page.text(f"recommender.worked.unseen_{name}_{MODELS[run.config.model].unseen}")
        for name, seen in known.items()
        if not seen
    ]


# ── formulas ──


def formulas(worked: Product | Layers) -> Mapping[str, str]:
    """Step of :func:`code_of` → its formula in LaTeX, with the numbers put in."""
    looked_up = _aligned(("u", _vector(worked.user)), ("m", _vector(worked.item)))
    if isinstance(worked, Layers):
        return {"lookup": looked_up, **_of_layers(worked)}
    first = {
        "lookup": looked_up,
        "product": rf"u \odot m = {_vector(worked.products)}",
        "sum": rf"s = \sum_{{f=1}}^{{{len(worked.user)}}} u_f\,m_f = {_largest(worked.products)}"
        rf" = {_number(worked.dot)}",
    }
    named = {r"\mu": worked.mean, "b_u": worked.user_bias, "b_i": worked.item_bias}
    added = {name: value for name, value in named.items() if value is not None}
    if worked.share is None:
        names = " + ".join([*added, "s"])
        total = _sum([*added.values(), worked.dot])
        stars = _aligned((r"\hat r", names), ("", total), ("", _number(worked.predicted)))
        if not added:
            stars = rf"\hat r = s = {_number(worked.predicted)}"
        return {**first, _LAST[tuple(added)]: stars}
    names, score = " + ".join(["s", *added]), _number(worked.score)
    bias = _aligned(("s'", names), ("", f"{_sum([worked.dot, *added.values()])} = {score}"))
    return {**first, "bias": bias, **_to_stars("s'", worked.score, worked.share, worked)}


def _of_layers(worked: Layers) -> dict[str, str]:
    unit = int(np.argmax(np.abs(worked.products)))
    parts = [worked.of_user[unit], worked.of_item[unit], worked.offsets[unit]]
    hidden = _aligned(
        ("h", r"\max(0,\;W\,[u; m] + c)"),
        (f"h_{{{unit + 1}}}", rf"\max(0,\;{_sum(parts)}) = {_number(worked.hidden[unit])}"),
    )
    n, name = len(worked.hidden), "h_j" if worked.normalisation is None else r"\bar h_j"
    steps = {"hidden": hidden}
    if worked.normalisation is not None:
        factor, shift = (values[unit] for values in worked.normalisation)
        steps["norm"] = _aligned(
            (r"\bar h_j", r"a_j\,h_j + b_j"),
            (
                rf"\bar h_{{{unit + 1}}}",
                rf"{_number(factor)} \cdot {_number(worked.hidden[unit])} {_signed(shift)}"
                rf" = {_number(worked.units[unit])}",
            ),
        )
    steps["output"] = _aligned(
        ("s", rf"\sum_{{j=1}}^{{{n}}} w_j\,{name} + d"),
        ("", rf"{_largest(worked.products)} {_signed(worked.offset)} = {_number(worked.score)}"),
    )
    if worked.share is None:
        return {**steps, "plain": rf"\hat r = s = {_number(worked.predicted)}"}
    return {**steps, **_to_stars("s", worked.score, worked.share, worked)}


def _to_stars(name: str, score: float, share: float, worked: Product | Layers) -> dict[str, str]:
    """The last two steps of the models that end in a sigmoid."""
    span = worked.high - worked.low
    return {
        "sigmoid": rf"\sigma({name}) = \frac{{1}}{{1 + e^{{{_number(-score)}}}}}"
        rf" = {_number(share)}",
        "scaling": rf"\hat r = {worked.low:g} + {span:g} \cdot {_number(share)}"
        rf" = {_number(worked.predicted)}",
    }


def _aligned(*lines: tuple[str, str]) -> str:
    body = r" \\ ".join(f"{left} &= {right}" for left, right in lines)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"


def _number(value: float) -> str:
    return f"{value + 0.0:.4f}"


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {_number(abs(value))}"


def _sum(terms: Iterable[float]) -> str:
    first, *others = terms
    return " ".join([_number(first), *map(_signed, others)])


def _largest(products: NDArray[np.float64]) -> str:
    """The terms that count most, as a sum."""
    order = np.argsort(-np.abs(products), kind="stable")
    more = r" + \dots" if len(order) > _TERMS else ""
    return _sum(products[order[:_TERMS]]) + more


def _vector(values: NDArray[np.float64]) -> str:
    more = [r"\dots"] if len(values) > _TERMS else []
    return "(" + r",\;".join([*map(_number, values[:_TERMS]), *more]) + ")"


# ── the table of products ──


@dataclass(frozen=True, slots=True)
class _Table:
    """Products and what they are made of.

    Attributes:
        head: A heading for each column but that of the bars.
        rows: (cells, product).
        total: The last row's cells.
    """

    head: Sequence[str]
    rows: Sequence[tuple[Sequence[str], float]]
    total: Sequence[str]


def _factors(page: Page, worked: Product) -> _Table:
    head = [page.text("recommender.worked.factor"), "u", "m", "u·m"]
    columns = [worked.user, worked.item]
    return _table(page, head, columns, worked.products)


def _units(page: Page, worked: Layers) -> _Table:
    name = "h" if worked.normalisation is None else "h̄"
    head = [page.text("recommender.worked.unit"), name, "w", f"w·{name}"]
    columns = [worked.units, worked.weights]
    return _table(page, head, columns, worked.products)


def _table(
    page: Page,
    head: Sequence[str],
    columns: Sequence[NDArray[np.float64]],
    products: NDArray[np.float64],
) -> _Table:
    """The largest products first, then all the others together."""
    order = np.argsort(-np.abs(products), kind="stable")
    shown, others = order[:_ROWS], order[_ROWS:]
    blank = [""] * len(columns)
    rows: list[tuple[Sequence[str], float]] = [
        (
            [f"{place + 1}", *(_minus(column[place]) for column in columns),
             _minus(products[place])],
            float(products[place]),
        )
        for place in shown
    ]  # fmt: skip
    if len(others):
        rest = float(products[others].sum())
        name = page.text("recommender.worked.others", count=len(others))
        rows.append(([name, *blank, _minus(rest)], rest))
    total = [page.text("recommender.worked.total"), *blank, _minus(float(products.sum()))]
    return _Table(head, rows, total)


def _minus(value: float) -> str:
    return _number(value).replace("-", "−")


def _html(table: _Table, theme: Theme) -> str:
    most = max(abs(product) for _, product in table.rows) or 1.0
    body = []
    for cells, product in table.rows:
        width = 50 * abs(product) / most
        left = 50 - width if product < 0 else 50
        colour = theme.negative if product < 0 else theme.positive
        bar = f'<i style="left:{left:.2f}%;width:{width:.2f}%;background:{colour}"></i>'
        body.append(f'<tr>{_cells(cells)}<td class="bar">{bar}</td></tr>')
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    return (
        f'<table class="ov-worked" style="--line:{theme.grid}"><tr>{head}<th></th></tr>'
        f'{"".join(body)}<tr class="total">{_cells(table.total)}<td></td></tr></table>'
    )


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)
