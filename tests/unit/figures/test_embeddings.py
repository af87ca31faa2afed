from __future__ import annotations

import numpy as np
import pytest

from optviz.figures.embeddings import COLOURS, map_figure
from optviz.figures.films import GENRE_GROUPS, Items, genre_group, short_title
from optviz.figures.theme import THEMES
from optviz.language import LANGUAGES, Text

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
    assert [trace.type for trace in figure.data] == ["scattergl"]
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
