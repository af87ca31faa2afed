"""Controls tied to a page's state: each reads its field, checks it, and writes it back.

Each gives its widget the state's value as default too, though the key already holds it. What
one run of the script sends is dropped when the next run begins before it was sent; without a
default, the browser would then fill the widget with nothing (an empty box, a slider at its
lowest end) and report that as the user's wish. ``disableWidgetStateDuplicationWarning`` in
``.streamlit/config.toml`` goes with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from optviz.core.problem import Problem
from optviz.language import Text
from optviz.ui import state
from optviz.ui.fields import PageState
from optviz.ui.frame import show_problem
from optviz.ui.state import Store, guarded, remember

__all__ = [
    "choose",
    "choose_part",
    "last_scene",
    "number_table",
    "radio",
    "scenes",
    "segment",
    "slider",
    "switch",
    "switch_parts",
    "tabs",
    "typed_number",
    "typed_text",
]

V = TypeVar("V")


def slider(
    store: Store[Any],
    name: str,
    label: str,
    minimum: float,
    maximum: float,
    step: float | None = None,
    **options: Any,
) -> Any:
    """A slider for a number; whole numbers when all bounds are whole."""
    value = getattr(store.value, name)
    return st.slider(label, minimum, maximum, value, step=step, **store.bind(name), **options)


def choose(
    store: Store[Any],
    name: str,
    label: str,
    options: Sequence[str],
    show: Callable[[str], str] = str,
    **more: Any,
) -> str:
    """A select box over keys, shown through ``show``."""
    index = _place(options, getattr(store.value, name))
    return str(
        st.selectbox(label, options, index=index, format_func=show, **store.bind(name), **more)
    )


def choose_part(
    key: str,
    label: str,
    options: Sequence[V],
    value: V,
    take: Callable[[V], None],
    show: Callable[[V], str],
    **more: Any,
) -> None:
    """A select box for what is part of a field (one run of several, say).

    Args:
        key: Widget key. The browser tells options apart by their words: other words, another
            key.
        label: What stands above the box.
        options: What there is to choose from.
        value: What is chosen.
        take: Told of another choice.
        show: How an option is called.
        **more: Further arguments of ``st.selectbox``.
    """

    def changed(picked: V) -> None:
        # A box that has just been replaced reports itself once more, with what it showed; and one
        # that was gone for a while reports that it is empty.
        if picked in options and picked != value:
            take(picked)

    st.selectbox(
        label, list(options), index=options.index(value), format_func=show,
        **state.bind_value(key, value, changed), **more,
    )  # fmt: skip


def radio(
    store: Store[Any],
    name: str,
    label: str,
    options: Sequence[str],
    show: Callable[[str], str] = str,
    then: Callable[[], None] = lambda: None,
    **more: Any,
) -> str:
    """A list of radio buttons over keys, shown through ``show``; a change calls ``then`` too."""
    index = _place(options, getattr(store.value, name))
    bound = store.bind(name)

    def take() -> None:
        bound["on_change"](*bound["args"])
        then()

    return str(
        st.radio(
            label, options, index=index, format_func=show, key=bound["key"],
            on_change=guarded(take), **more,
        )
    )  # fmt: skip


def _place(options: Sequence[str], value: str) -> int:
    return options.index(value) if value in options else 0


def segment(
    store: Store[Any],
    name: str,
    label: str,
    options: Sequence[str],
    show: Callable[[str], str] = str,
    **more: Any,
) -> str:
    """A row of segments, one of which is always picked."""
    value = getattr(store.value, name)
    st.segmented_control(
        label, options, default=value, format_func=show, **store.bind(name), **more
    )
    return str(getattr(store.value, name))


def switch(store: Store[Any], name: str, label: str, **more: Any) -> bool:
    """A toggle."""
    return bool(st.toggle(label, getattr(store.value, name), **store.bind(name), **more))


def switch_parts(store: Store[Any], text: Text, parts: Sequence[str]) -> None:
    """The segments that lead from one part of a page (its field ``part``) to another."""
    page = store.value.page
    segment(
        store, "part", text(f"{page}.part"), parts, lambda part: text(f"{page}.part_{part}"),
        label_visibility="collapsed",
    )  # fmt: skip


def tabs(
    store: Store[Any],
    name: str,
    options: Sequence[str],
    show: Callable[[str], str],
    draw: Callable[[str], None],
) -> None:
    """Tabs over keys, shown through ``show``; only the open one is drawn, by ``draw``."""
    value = getattr(store.value, name)
    keys = {show(option): option for option in options}

    def take(label: str) -> None:
        if label in keys:  # else the words of another language
            store.set(**{name: keys[label]})

    bound = state.bind_value(store.key(name), show(value), take)
    places = st.tabs(list(keys), default=show(value), **bound)
    with places[options.index(value)]:
        draw(value)


def typed_number(
    store: Store[Any], name: str, label: str, text: Text, *, whole: bool = False, **more: Any
) -> float:
    """A box for a number of any size (``3e-4``): wrong input stays there, with a sentence.

    The state keeps its last good value until the text can be read.
    """

    def read(written: str) -> float:
        return read_number(written, whole=whole)

    bound, problem = store.bind_typed(name, format_number, read)
    _typed_box(label, bound, problem, text, **more)
    value: float = getattr(store.value, name)
    return value


def typed_text(
    key: str, label: str, shown: str, read: Callable[[str], None], text: Text, **more: Any
) -> None:
    """A text box for a value of any form: wrong input stays there, with a sentence.

    Args:
        key: Widget key.
        label: What stands above the box.
        shown: How the state writes the value now.
        read: Takes the text over into the state; raises :class:`Problem` if it cannot.
        text: The catalogue.
        **more: Further arguments of ``st.text_input``.
    """
    bound, problem = state.bind_typed(key, shown, read)
    _typed_box(label, bound, problem, text, **more)


def _typed_box(
    label: str, bound: dict[str, Any], problem: Problem | None, text: Text, **more: Any
) -> None:
    st.text_input(label, **bound, **more)
    if problem:
        show_problem(problem, text)


def number_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown: words in its first column, numbers in the others."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read_number(written: str, *, whole: bool = False) -> float:
    """The number that ``written`` means.

    Raises:
        Problem: It is not a finite number, or not a whole one where that is wanted.
    """
    try:
        value = float(written.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        raise Problem("problem.controls.number", written=written.strip()[:40]) from None
    if not math.isfinite(value):
        raise Problem("problem.controls.finite", written=written.strip()[:40])
    if whole:
        if value != int(value):
            raise Problem("problem.controls.whole", written=written.strip()[:40])
        return int(value)
    return value


def format_number(value: float) -> str:
    """The shortest text that reads back as ``value``."""
    return repr(value) if isinstance(value, int) else f"{value:.12g}"


def scenes(
    store: Store[Any],
    text: Text,
    prefix: str,
    all_scenes: Mapping[str, Mapping[str, Any]],
    then: Callable[[str], None] = lambda scene: None,
    keep: Sequence[str] = (),
    stays: bool = True,
) -> str | None:
    """The "try this" chips: one click sets up a telling scene and says what to notice.

    Args:
        store: The page's state.
        text: The catalogue.
        prefix: Key prefix: ``<prefix>.<scene>.label`` and ``<prefix>.<scene>.notice``.
        all_scenes: Scene → the fields it sets; all others go back to their defaults.
        then: Called with the scene after a click, once it is set up.
        keep: Fields that a scene which does not name them leaves as they are.
        stays: Whether what the last scene said still means something once the user went on.

    Returns:
        The scene that the state shows right now, if it is one.
    """
    kept = {name: getattr(store.value, name) for name in keep}
    matching = [
        name for name, fields in all_scenes.items() if _matches(store.value, kept | {**fields})
    ]
    seen: dict[str, str] = remember("scenes seen", dict)
    # What is kept can make two scenes alike: then it is the one that was picked.
    current = next(
        (name for name in matching if name == seen.get(prefix)), next(iter(matching), None)
    )

    def pick(name: str) -> None:
        fields = {field: getattr(store.value, field) for field in keep} | {**all_scenes[name]}
        store.reset()
        store.set(**fields)
        seen[prefix] = name
        then(name)

    if current:
        seen[prefix] = current
    with st.container(key="frame-scenes"):
        with st.container(
            horizontal=True, gap="small", vertical_alignment="center", key="frame-chips"
        ):
            st.markdown(text("controls.try"), width="content")
            for name in all_scenes:
                st.button(
                    text(f"{prefix}.{name}.label"),
                    key=f"{prefix}.{name}",
                    type="primary" if name == current else "secondary",
                    on_click=guarded(pick),
                    args=(name,),
                )
        # What the last scene said stays, dimmed, once the user went on from it: the stage below
        # must not jump at the first change of a setting.
        with st.container(key="frame-notice" if current else "frame-notice-stale"):
            last = seen.get(prefix)
            # Those of another part of the page say nothing here.
            known = last in all_scenes and (stays or current is not None)
            notice = text(f"{prefix}.{last}.notice") if known else text("controls.own")
            st.markdown(f":material/visibility: {notice}")
    return current


def last_scene(page: str, scene: str | None) -> str | None:
    """The telling scene that was set up last on a page; it outlives changes of the settings."""
    kept: dict[str, str] = remember(f"{page} scene", dict)
    if scene is not None:
        kept["name"] = scene
    return kept.get("name")


def _matches(value: PageState, fields: Mapping[str, Any]) -> bool:
    return value == type(value)(**fields)
