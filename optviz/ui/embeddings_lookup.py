"""Part one: what an embedding is. An index, its one-hot vector, a product, a row."""

from __future__ import annotations

from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.embedding.lookup import Lookup, TorchCheck, look_up
from optviz.jobs import Job, default_backend
from optviz.ui.embeddings_cost import render_costs
from optviz.ui.embeddings_state import EmbeddingsState, Matrix
from optviz.ui.frame import Page
from optviz.ui.state import Store, forget, guarded, remember
from optviz.ui.waiting import renewed

__all__ = ["render_lookup"]

# The formulas fit a phone's width. Fifteen cells need no search, and no menu in English only.
_STYLE = """.st-key-embeddings-table [data-testid="stElementToolbar"] { display: none; }
@media (max-width: 640px) {
  .st-key-embeddings-product .katex, .st-key-embeddings-sum .katex { font-size: 0.8em; }
}"""


def render_lookup(page: Page, store: Store[EmbeddingsState]) -> None:
    """Draw the table, the product and torch's own answer."""
    text = page.text
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(text("embeddings.lookup.table"))
        with st.container(key="embeddings-table"):
            matrix = _table(page, store)
        rows = range(len(store.value.matrix))
        st.segmented_control(
            text("embeddings.lookup.index"),
            list(rows),
            format_func=lambda row: f"{row}",
            **store.bind("row"),
        )
    with right:
        found = look_up(store.value.row, matrix)
        st.markdown(text("embeddings.lookup.product", index=found.index))
        st.html(f"<style>{_STYLE}</style>")
        with st.container(key="embeddings-product"):
            st.latex(_formula(found, page.theme.negative))
        st.markdown(text("embeddings.lookup.sum"))
        with st.container(key="embeddings-sum"):
            st.latex(_first_number(found, page.theme.negative))
        st.markdown(text("embeddings.lookup.so_what"))
        _torch(page, found)
    render_costs(page)


def _table(page: Page, store: Store[EmbeddingsState]) -> Matrix:
    """The editable table; the last matrix that was whole, if a cell is empty or no number."""
    import pandas as pd

    text = page.text
    # An editor keeps its edits relative to what it was given: give it the same table again
    # until the state is changed from elsewhere (a link, a scene), then a new editor.
    kept: dict[str, Any] = remember("lookup table", dict)
    if kept.get("matrix") != store.value.matrix:
        kept.update(base=store.value.matrix, matrix=store.value.matrix, n=kept.get("n", 0) + 1)
    base: Matrix = kept["base"]
    names = [text(f"embeddings.lookup.movie{row}") for row in range(len(base))]
    frame = pd.DataFrame(
        base,
        index=pd.Index([f"{row} · {name}" for row, name in enumerate(names)], name=" "),
        columns=[f"k = {column}" for column in range(len(base[0]))],
    )
    edited = st.data_editor(
        frame,
        key=f"embeddings.table.{kept['n']}",
        num_rows="fixed",
        column_config={
            name: st.column_config.NumberColumn(format="%.3g", step=0.1) for name in frame.columns
        },
    )
    try:
        store.set(matrix=edited.to_numpy().tolist())
        kept["matrix"] = store.value.matrix
    except Problem as problem:
        page.problem(problem)
    return store.value.matrix


def _number(value: float) -> str:
    return f"{float(value) + 0.0:.4g}"


def _formula(found: Lookup, colour: str) -> str:
    def mark(inner: str, on: bool) -> str:
        return rf"\textcolor{{{colour}}}{{\mathbf{{{inner}}}}}" if on else inner

    def block(rows: list[list[str]]) -> str:
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return r"\begin{bmatrix}" + body + r"\end{bmatrix}"

    ones = [[mark(f"{int(v)}", i == found.index) for i, v in enumerate(found.one_hot)]]
    weights = [
        [mark(_number(v), i == found.index) for v in row] for i, row in enumerate(found.matrix)
    ]
    product = [[mark(_number(v), True) for v in found.product]]
    return rf"{block(ones)}\,{block(weights)} = {block(product)}"


def _first_number(found: Lookup, colour: str) -> str:
    terms = []
    for i, (one, weight) in enumerate(zip(found.one_hot, found.matrix[:, 0], strict=True)):
        shown = _number(weight)
        term = rf"{int(one)}\cdot {f'({shown})' if weight < 0 else shown}"
        terms.append(rf"\textcolor{{{colour}}}{{{term}}}" if i == found.index else term)
    return " + ".join(terms) + rf" = \textcolor{{{colour}}}{{{_number(found.product[0])}}}"


def _torch(page: Page, found: Lookup) -> None:
    """The same in torch's words, and a button that lets torch compare the bits."""
    text = page.text
    n, k = found.matrix.shape
    st.code(
        f"layer = torch.nn.Embedding({n}, {k})\n"
        f"layer(torch.tensor({found.index}))\n"
        f"one_hot(torch.tensor({found.index}), {n}).float() @ layer.weight",
        language="python",
    )
    asked = (found.index, found.matrix.tobytes())
    job: tuple[Any, Job] | None = remember("lookup job", lambda: None)
    if job is not None and job[0] != asked:
        job[1].cancel()
        forget("lookup job")
        job = None

    def ask() -> None:
        forget("lookup job")
        remember(
            "lookup job",
            lambda: (
                asked,
                default_backend().submit(
                    "optviz.embedding.tasks:lookup_task", index=found.index, matrix=found.matrix
                ),
            ),
        )

    if job is None:
        st.button(
            text("embeddings.lookup.check"), icon=":material/verified:", key="embeddings.check",
            on_click=guarded(ask),
        )  # fmt: skip
        return
    waiting = not job[1].finished
    renewed(_answer, waiting)(page, job[1], waiting)


def _answer(page: Page, job: Job, waiting: bool) -> None:
    if not job.finished:
        st.markdown(page.text("embeddings.lookup.asking"))
        return
    if waiting:
        st.rerun()
    if job.state != "done":
        page.problem(job.error if isinstance(job.error, Problem) else Problem("embeddings.lost"))
        return
    check: TorchCheck = job.result(timeout=0)
    row = ", ".join(map(_number, check.layer))
    same = "same" if check.same_bits and check.same_gradient else "differ"
    st.success(
        page.text(f"embeddings.lookup.{same}", version=check.version, row=row),
        icon=":material/verified:",
    )
