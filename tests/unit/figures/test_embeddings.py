from __future__ import annotations

import numpy as np
import pytest

from optviz.embedding.columns import Column
from optviz.figures.embeddings import _faintness, map_figure
from optviz.figures.embeddings_paint import COLOURS, MEASURED
from optviz.figures.films import GENRE_GROUPS, GENRES, Items, genre_group, short_title
from optviz.figures.map_page import map_page
from optviz.figures.theme import THEMES
from optviz.language import LANGUAGES, Text
from optviz.ui.embeddings_data import bundled_movies

N = 12
RNG = np.random.default_rng(0)
ITEMS = Items(
    titles=[f"Film {i}" for i in range(N)],
    years=np.array([np.nan, *range(1980, 1980 + N - 1)], dtype=float),
    genres=["", "Drama", "Comedy|Horror", "Animation|Children", "Sci-Fi", "War", "Crime",
            *["Drama"] * 5],
    means=np.linspace(2, 4.5, N),
    counts=np.arange(1, N + 1) * 10,
    biases=np.linspace(-1, 1, N),
)  # fmt: skip
FLAT, SOLID = RNG.standard_normal((N, 2)), RNG.standard_normal((N, 3))
EN = Text("en")


def draw(coordinates=FLAT, code="en", theme="light", **options):
    return map_figure(coordinates, ITEMS, text=Text(code), theme=THEMES[theme], **options)


def films(figure):
    """The traces that hold films, not names."""
    return [trace for trace in figure.data if trace.mode != "text"]


@pytest.mark.parametrize("coordinates", [FLAT, SOLID], ids=["2D", "3D"])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_movie_is_drawn_once(coordinates, colour, code) -> None:
    figure = draw(coordinates, code, colour=colour)
    rows = sorted(data[0] for trace in films(figure) for data in trace.customdata)
    assert rows == list(range(N))
    for trace in films(figure):
        for x, y, data in zip(trace.x, trace.y, trace.customdata, strict=True):
            assert (x, y) == tuple(coordinates[data[0], :2].astype("f4"))


def test_genres_have_a_colour_and_a_name_each() -> None:
    figure = draw(colour="genre")
    names = [trace.name for trace in films(figure)]
    assert set(names) == {EN(f"embeddings.genre.{group}") for group in GENRE_GROUPS} - {
        EN("embeddings.genre.comedy")
    }
    colours = [trace.marker.color for trace in films(figure)]
    assert len(set(colours)) == len(colours)
    assert len({trace.marker.symbol for trace in films(figure)}) == len(colours)


def test_a_number_is_read_off_a_bar_and_counts_are_logarithmic() -> None:
    figure = draw(colour="count")
    marker = figure.data[0].marker
    np.testing.assert_allclose(marker.color, np.log10(ITEMS.counts), rtol=1e-6)
    assert list(marker.colorbar.ticktext) == ["20", "50", "100"]
    assert not figure.data[0].showlegend


def test_the_label_tells_all() -> None:
    trace = draw(colour="mean").data[0]
    assert list(trace.customdata[2]) == [2, "Film 2 (1981)", "Comedy, Horror", 2.45, 30, "−0.64"]
    assert list(trace.customdata[0])[:3] == [0, "Film 0", "–"]
    for field in range(1, 6):
        assert f"%{{customdata[{field}]" in trace.hovertemplate


@pytest.mark.parametrize("coordinates", [FLAT, SOLID], ids=["2D", "3D"])
def test_a_selected_movie_is_linked_to_its_neighbours(coordinates) -> None:
    figure = draw(coordinates, selected=4, neighbours=[7, 1], centred=True)
    rest, lines, ring, near = figure.data
    assert rest.marker.color == THEMES["light"].muted
    start, end, gap = (lines.x[i] for i in range(3))
    assert (start, end) == (np.float32(coordinates[4, 0]), np.float32(coordinates[7, 0]))
    assert np.isnan(gap)
    assert [data[0] for data in ring.customdata] == [4]
    assert [data[0] for data in near.customdata] == [7, 1]
    assert list(near.text) == ["1", "2"]


def test_a_found_movie_is_in_the_middle() -> None:
    figure = draw(selected=4, neighbours=[7], centred=True)
    for axis, at in ((figure.layout.xaxis, FLAT[4, 0]), (figure.layout.yaxis, FLAT[4, 1])):
        assert sum(axis.range) / 2 == pytest.approx(at, abs=1e-5)
    aside = draw(selected=4, neighbours=[7])
    assert aside.layout.xaxis.range == draw().layout.xaxis.range
    assert figure.layout.uirevision != aside.layout.uirevision == draw().layout.uirevision


def test_a_found_movie_is_what_the_camera_turns_round() -> None:
    figure = draw(SOLID, selected=4, centred=True)
    low, high = zip(*(figure.layout.scene[f"{a}axis"].range for a in "xyz"), strict=True)
    place = (SOLID[4] - np.add(low, high) / 2) / np.subtract(high, low)
    centre = figure.layout.scene.camera.center
    np.testing.assert_allclose([centre.x, centre.y, centre.z], place, atol=1e-5)


def test_a_stale_picture_is_dimmed() -> None:
    assert max(t.marker.opacity for t in draw(stale=True).data) < 0.5
    assert min(t.marker.opacity for t in films(draw())) > 0.5


def test_names_stand_by_their_films_the_most_rated_first() -> None:
    (names,) = (trace for trace in draw().data if trace.mode == "text")
    assert list(names.text) == [f"Film {i}" for i in reversed(range(N))]
    np.testing.assert_allclose(names.x, FLAT[::-1, 0].astype("f4"))
    assert names.hoverinfo == "skip"
    for other in (draw(SOLID), draw(stale=True), draw(selected=1)):
        assert all(trace.mode != "text" for trace in other.data)


def test_two_films_of_one_short_name_share_the_name_of_the_more_rated() -> None:
    titles = ["Star Wars: Episode V", "Star Wars: Episode IV", "Mission: Impossible", "Seven (7)"]
    four = Items(titles, *(array[:4] for array in (ITEMS.years, ITEMS.genres, ITEMS.means,
                 ITEMS.counts, ITEMS.biases)))  # fmt: skip
    figure = map_figure(FLAT[:4], four, text=EN, theme=THEMES["light"])
    (names,) = (trace for trace in figure.data if trace.mode == "text")
    assert list(names.text) == ["Seven", "Mission: Impossible", "Star Wars"]
    assert names.x[2] == np.float32(FLAT[1, 0])
    assert short_title("") == ""


def test_only_a_projection_that_keeps_distances_has_equal_scales() -> None:
    assert draw(true_scale=True).layout.yaxis.scaleanchor == "x"
    assert draw().layout.yaxis.scaleanchor is None
    assert draw(SOLID, true_scale=True).layout.scene.aspectmode == "data"
    assert draw(SOLID).layout.scene.aspectmode == "cube"


def test_the_map_keeps_its_place_between_legend_and_colour_bar() -> None:
    margins = [draw(colour=colour).layout.margin.to_plotly_json() for colour in COLOURS]
    assert all(margin == margins[0] for margin in margins)
    assert margins[0]["autoexpand"] is False


def test_a_map_too_large_for_svg_is_drawn_by_webgl() -> None:
    many = 3001
    big = Items(["A"] * many, np.full(many, np.nan), [""] * many, np.ones(many),
                np.ones(many, dtype=int), np.zeros(many))  # fmt: skip
    points = RNG.standard_normal((many, 2))
    figure = map_figure(points, big, text=EN, theme=THEMES["light"], colour="mean")
    # The browser puts the names, which are SVG, in front of it.
    assert [trace.type for trace in figure.data] == ["scattergl", "scatter"]
    assert draw(colour="mean").data[0].type == "scatter"


def test_one_movie_alone_and_equal_values_can_be_drawn() -> None:
    alone = Items(["A"], np.array([np.nan]), [""], np.array([3.0]), np.array([5]), np.array([0.0]))
    for colour in COLOURS:
        figure = map_figure(
            np.zeros((1, 2)), alone, text=EN, theme=THEMES["dark"], colour=colour, selected=None
        )
        low, high = figure.layout.xaxis.range
        assert low < 0 < high


def test_genre_groups_cover_the_order_of_telling() -> None:
    assert genre_group("Drama|Horror|Sci-Fi") == "horror"
    assert genre_group("IMAX") == "other"


def test_what_is_not_highlighted_is_grey_and_still_there() -> None:
    meant = np.arange(N) % 3 == 0
    figure = draw(colour="mean", highlighted=meant)
    grey, bright = films(figure)
    assert grey.marker.color == THEMES["light"].muted
    assert [data[0] for data in bright.customdata] == np.flatnonzero(meant).tolist()
    assert len(grey.x) + len(bright.x) == N
    # The colours and the view are what they were.
    whole = draw(colour="mean").data[0].marker
    assert (bright.marker.cmin, bright.marker.cmax) == (whole.cmin, whole.cmax)
    np.testing.assert_allclose(bright.marker.color, ITEMS.means[meant], rtol=1e-6)
    assert figure.layout.uirevision == draw().layout.uirevision
    (names,) = (trace for trace in figure.data if trace.mode == "text")
    assert set(names.text) == {f"Film {i}" for i in np.flatnonzero(meant)}


def test_nothing_highlighted_leaves_a_grey_map_and_a_marked_film_its_marks() -> None:
    none = np.zeros(N, dtype=bool)
    assert len(films(draw(highlighted=none))) == 1
    figure = draw(highlighted=np.arange(N) < 3, selected=4, neighbours=[7])
    assert len(figure.data) == 5  # grey, bright, links, ring, neighbours


def test_eighteen_genres_have_a_look_each_in_both_themes_and_spaces() -> None:
    items = Items(
        [*GENRES, "?"], np.full(19, 2000.0), [f"{g}|Drama" for g in GENRES] + [""],
        np.ones(19), np.ones(19, dtype=int), np.zeros(19),
    )  # fmt: skip
    assert len(GENRES) == 18
    for theme in THEMES.values():
        for dimensions in (2, 3):
            figure = map_figure(
                RNG.standard_normal((19, dimensions)), items, text=EN, theme=theme,
                colour="genre_all",
            )  # fmt: skip
            looks = {(t.marker.color, t.marker.symbol) for t in films(figure)}
            assert len(looks) == 19
            names = [t.name for t in films(figure)][::-1]
            assert names == [
                *(EN(f"embeddings.film_genre.{g.lower().replace('-', '_')}") for g in GENRES),
                EN("embeddings.genre.other"),
            ]


def test_the_order_of_genres_is_that_of_their_rarity() -> None:
    genres = bundled_movies().items.genres
    frequent = [sum(genre in joined.split("|") for joined in genres) for genre in GENRES]
    assert frequent == sorted(frequent)


def test_decades_go_up_and_one_unknown_year_is_named() -> None:
    names = [trace.name for trace in films(draw(colour="decade"))][::-1]
    assert names == ["1980s", "1990s", EN("embeddings.figure.no_year")]


def test_what_is_measured_is_drawn_and_grey_until_it_is() -> None:
    for colour in MEASURED:
        (waiting,) = films(draw(colour=colour))
        assert waiting.marker.color == THEMES["light"].muted
    shares = np.linspace(0, 1, N)
    (shown,) = films(draw(colour="quality", measured={"quality": shares}))
    np.testing.assert_allclose(shown.marker.color, shares, atol=1e-6)
    assert shown.customdata[-1][6] == 100
    assert "customdata[6]" in shown.hovertemplate
    clusters = np.array([-1, -1, *[1] * 4, *[0] * 6])
    layers = films(draw(colour="cluster", measured={"cluster": clusters}))
    assert [trace.name for trace in layers] == ["none (2)", "2 (4)", "1 (6)"]


def test_size_tells_the_number_of_ratings_by_area() -> None:
    sizes = np.asarray(draw(colour="mean", sized=True).data[0].marker.size, dtype=float)
    wide = sizes / sizes.max() * 2.5 - 0.5
    np.testing.assert_allclose(wide**2, 4 * ITEMS.counts / ITEMS.counts.max(), rtol=1e-4)


def test_contours_lie_under_the_points_of_a_flat_map_only() -> None:
    assert draw(crowding=True).data[0].type == "contour"
    assert all(trace.type != "contour" for trace in draw(SOLID, crowding=True).data)


def test_axes_that_mean_something_name_their_poles() -> None:
    figure = draw(axes=(("A", "B"), ("C", "D")))
    assert [a.text for a in figure.layout.annotations] == [
        "<b>← A</b>", "<b>B →</b>", "<b>↓ C</b>", "<b>↑ D</b>"
    ]  # fmt: skip
    assert list(figure.layout.xaxis.tickvals) == list(figure.layout.yaxis.tickvals) == [0, 1]


def test_another_selection_takes_the_lasso_away_and_leaves_the_view() -> None:
    before, after = draw(selection="a").layout, draw(selection="b").layout
    assert before.selectionrevision != after.selectionrevision
    assert before.uirevision == after.uirevision


def test_a_page_of_its_own_needs_no_network() -> None:
    figure = draw()
    page = map_page(figure, THEMES["dark"]).decode()
    assert "<script src=" not in page
    assert "Film 11 (1990)" in page
    assert THEMES["dark"].ground in page
    assert figure.layout.paper_bgcolor != THEMES["dark"].ground  # the map itself is as it was


def test_columns_of_ones_own_are_colours_shapes_and_sizes() -> None:
    n = 60
    nothing = np.full(n, np.nan)
    kinds = [f"k{i % 30:02}" if i < 50 else "" for i in range(n)]
    columns = {
        "kind": Column("kind", words=kinds),
        "score": Column("score", numbers=np.arange(n) / 7),
    }
    items = Items(
        [f"p{i}" for i in range(n)], nothing, [""] * n, nothing, np.zeros(n, np.int64), nothing,
        columns, films=False,
    )  # fmt: skip
    points = np.random.default_rng(0).normal(size=(n, 2))
    drawn = map_figure(points, items, text=EN, theme=THEMES["light"], colour="column:kind")
    marks = [trace for trace in drawn.data if trace.mode == "markers"]
    assert len(marks) == 31
    assert len({(one.marker.color, one.marker.symbol) for one in marks}) == 31
    # A legend has room for twenty; what a point is says the mouse.
    assert sum(bool(one.showlegend) for one in marks) == 21
    assert marks[-1].customdata[0].tolist() == [0, "p0", "kind: k00<br>score: 0"]
    assert marks[0].name == EN("embeddings.figure.no_class")
    assert marks[0].customdata[0].tolist() == [50, "p50", "kind: –<br>score: 7.143"]
    few = np.arange(n) < 5
    assert _faintness(100_000) < _faintness(10_000) == _faintness(60) == 0.22
    some = map_figure(points, items, text=EN, theme=THEMES["light"], highlighted=few)
    assert some.data[0].marker.opacity == 0.22
    graded = map_figure(
        points, items, text=EN, theme=THEMES["light"], colour="column:score", size_by="score"
    )
    (one,) = (trace for trace in graded.data if trace.mode == "markers")
    assert one.marker.colorbar.title.text == "score"
    assert one.marker.size[0] < one.marker.size[-1]
