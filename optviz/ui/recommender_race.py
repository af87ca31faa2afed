"""The session's runs beside each other: what each reached, wherein they differ, who is drawn."""

from __future__ import annotations

import zlib

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.race import AXES
from optviz.language import Text
from optviz.recommender.config import CONTROLS
from optviz.recommender.race import (
    Entry,
    best_of,
    cross_validated,
    differing,
    setting,
    to_csv,
    to_json,
)
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.markdown import literal
from optviz.ui.recommender_files import offer_tables
from optviz.ui.recommender_runs import LONGEST, Run, Runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, bind_value, guarded, remember

__all__ = ["axis_shown", "render_axis", "render_race", "render_table"]

_UNUSED = "–"


def axis_shown() -> str:
    """What the chart's axis counts."""
    chosen: dict[str, str] = remember("recommender axis", dict)
    return chosen.get("axis", AXES[0])


def render_axis(page: Page) -> None:
    """Draw the choice of the chart's axis."""
    chosen: dict[str, str] = remember("recommender axis", dict)
    # The browser knows options by their words: another language, another widget.
    controls.choose_part(
        f"recommender.axis.{page.text.code}",
        page.text("recommender.race.axis"),
        AXES,
        axis_shown(),
        lambda axis: chosen.update(axis=axis),
        lambda axis: page.text(f"recommender.race.by_{axis}"),
        label_visibility="collapsed",
        width=150,
    )


def render_table(page: Page, every: Runs) -> None:
    """Draw a row a run, the settings in which they differ last; nothing where there is one run."""
    if len(every.shown) < 2:
        return
    text = page.text
    entries = [run.entry(text) for run in every.shown]
    best, settings = best_of(entries), _differing(entries)
    head = [text(f"recommender.race.{name}") for name in ("run", "valid", "epoch", "time")]
    rows = [
        [*_reached(text, entry, place == best), *(_value(text, entry, name) for name in settings)]
        for place, entry in enumerate(entries)
    ]
    labels = [text(f"control.{name}.label") for name in settings]
    st.markdown(controls.number_table([*head, *labels], rows))
    for folds in cross_validated(entries):
        model = text(f"choice.model.{folds.config.model}")
        if folds.complete:
            told = {"mean": f"{folds.mean:.4f}", "deviation": f"{folds.deviation:.4f}"}
            st.markdown(
                text("recommender.race.folds", folds=len(folds.losses), model=model, **told)
            )
        else:
            done, of = len(folds.losses), folds.config.n_folds
            st.caption(text("recommender.race.folds_so_far", done=done, of=of, model=model))


def _differing(entries: list[Entry]) -> list[str]:
    """The seed is always told: it is half of what a comparison is worth."""
    told = differing([entry.config for entry in entries])
    if "lr" not in told and any(entry.changes for entry in entries):
        told.append("lr")
    return [*(name for name in told if name != "seed"), "seed"]


def _cell(name: str) -> str:
    """A name that was typed, inside a table."""
    return literal(name).replace("|", "\\|")


def _reached(text: Text, entry: Entry, best: bool) -> list[str]:
    name, reached = _cell(entry.name), entry.best
    epochs = text("recommender.race.of", epoch=reached.epoch if reached else 0,
                  of=entry.config.epochs)  # fmt: skip
    if entry.state != "done":
        epochs = f"{epochs} · {text(f'jobs.state.{entry.state}')}"
    loss = f"{reached.valid_loss:.4f}" if reached else _UNUSED
    return [
        f"**{name}** :material/trophy:" if best else name,
        f"**{loss}**" if best else loss,
        epochs,
        text("recommender.race.seconds", seconds=f"{entry.seconds:.1f}"),
    ]


def _value(text: Text, entry: Entry, name: str) -> str:
    value = setting(entry.config, name)
    if value is None:
        return _UNUSED
    if name == "lr":  # changed by hand, perhaps
        return " → ".join(f"{lr:g}" for lr in (value, *(lr for _, lr in entry.changes)))
    return text(f"choice.{name}.{value}") if CONTROLS[name].kind == "choice" else f"{value:g}"


def render_race(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """Draw what can be done with the runs; nothing while there is none but the ready-made one."""
    run, shown, text = every.run, every.shown, page.text
    if run is None or all(other.origin == "bundled" for other in shown):
        return
    names = [other.name(text) for other in shown]
    # As above: other names, another widget.
    named = f"{zlib.crc32(repr(names).encode()):x}"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        at = {other.place: other for other in shown}
        controls.choose_part(
            f"recommender.look.{named}", text("recommender.race.look"), list(at), run.place,
            lambda place: every.look(at[place]), lambda place: at[place].name(text), width=190,
        )  # fmt: skip
        with st.popover(text("recommender.race.manage"), icon=":material/edit:"):
            _manage(page, store, every, run)
        with st.popover(text("recommender.race.export"), icon=":material/table:"):
            _export(text, shown)
    if len(shown) > 1:
        _draw(text, shown, run, named)
        with st.expander(text("recommender.race.settings"), icon=":material/list:"):
            st.markdown(_settings(text, [other.entry(text) for other in shown]))


def _draw(text: Text, shown: list[Run], looked: Run, named: str) -> None:
    """Which runs are on the chart besides the one looked at."""
    others = {str(run.place): run for run in shown if run is not looked}

    def take(places: list[str]) -> None:
        for place, run in others.items():
            run.drawn = place in places

    st.pills(
        text("recommender.race.draw"),
        list(others),
        format_func=lambda place: others[place].name(text),
        selection_mode="multi",
        **bind_value(
            f"recommender.drawn.{named}.{looked.place}",
            [place for place, run in others.items() if run.drawn],
            take,
        ),
    )


def _manage(page: Page, store: Store[RecommenderState], every: Runs, run: Run) -> None:
    text = page.text
    if run.origin != "bundled":

        def rename(written: str) -> None:
            name = " ".join(written.split())
            if len(name) > LONGEST:
                raise Problem("problem.state.long", length=len(name), longest=LONGEST)
            others = {other.name(text) for other in every.shown if other is not run}
            if name in others:
                raise Problem("problem.recommender.named", name=name)
            run.given = name

        controls.typed_text(
            f"recommender.name.{run.place}", text("recommender.race.rename"), run.name(text),
            rename, text,
        )  # fmt: skip
    st.button(
        text("recommender.race.adopt"), key="recommender.adopt", icon=":material/tune:",
        width="stretch", on_click=guarded(lambda: store.set(**fields_of(run.config))),
    )  # fmt: skip
    st.button(
        text("recommender.race.repeat"), key="recommender.repeat", icon=":material/casino:",
        width="stretch", help=text("recommender.race.repeat_help"),
        on_click=guarded(lambda: _repeat(store, every, run)),
    )  # fmt: skip
    if run.origin != "bundled":
        st.button(
            text("recommender.race.delete"), key="recommender.delete", icon=":material/delete:",
            width="stretch", on_click=guarded(every.delete), args=(run,),
        )  # fmt: skip


def _repeat(store: Store[RecommenderState], every: Runs, run: Run) -> None:
    """The same recipe with the first seed that no run of it has had."""
    tried = {other.config.seed for other in every.shown
             if other.config.replace(seed=0) == run.config.replace(seed=0)}  # fmt: skip
    config = run.config.replace(seed=next(seed for seed in range(len(tried) + 1)
                                          if seed not in tried))  # fmt: skip
    every.start(config)
    store.set(**fields_of(config))


def _export(text: Text, shown: list[Run]) -> None:
    def entries() -> list[Entry]:
        return [run.entry(text) for run in shown]

    st.caption(text("recommender.race.export_about"))
    tables = {"csv": lambda: to_csv(entries()), "json": lambda: to_json(entries())}
    offer_tables(text, "recommender.export", "runs", tables, width="stretch")


def _settings(text: Text, entries: list[Entry]) -> str:
    """Every setting of every run, those in which they differ first."""
    first = _differing(entries)
    used = [name for name in CONTROLS
            if any(setting(entry.config, name) is not None for entry in entries)]  # fmt: skip
    order = [*first, *(name for name in used if name not in first)]
    label = {name: text(f"control.{name}.label") for name in order}
    rows = [
        [f"**{label[name]}**" if name in first else label[name],
         *(_value(text, entry, name) for entry in entries)]
        for name in order
    ]  # fmt: skip
    names = [_cell(entry.name) for entry in entries]
    return controls.number_table([text("recommender.race.setting"), *names], rows)
