"""The buckets' figure shows each bucket's error and what its lists find."""

import numpy as np

from optviz.figures.quality import bucket_name, buckets_figure
from optviz.figures.theme import theme
from optviz.language import Text
from optviz.recommender.quality import LISTS, Bucket

EN, LIGHT = Text("en"), theme("light")


def bucket(least, found=0.5, liked=10):
    shares = {name: {10: found} for name in LISTS} if liked else {}
    return Bucket(least, 1234, {"model": 0.9, "bias": 1.0}, liked, shares)


BUCKETS = [bucket(-1, liked=0), bucket(0, 0.0), bucket(1), bucket(20, 0.75)]


def test_buckets_are_named_by_what_training_saw():
    following = [*BUCKETS[1:], None]
    names = [bucket_name(b, after, EN) for b, after in zip(BUCKETS, following, strict=True)]
    assert names == ["new users", "never", "1–19", "20+"]


def test_each_bucket_has_bars_for_its_error_and_for_what_is_found():
    figure = buckets_figure(BUCKETS, 10, text=EN, theme=LIGHT)
    assert len(figure.data) == 5
    for bars in figure.data[:2]:
        assert bars.yaxis == "y2"
        assert bars.x[0] == "new users<br>1,234"
    np.testing.assert_allclose(figure.data[0].y, [0.9] * 4)
    for bars in figure.data[2:]:
        np.testing.assert_allclose(bars.y, [0, 0, 50, 75])
    shown = [bars.name for bars in figure.data if bars.showlegend is not False]
    assert shown == [EN(f"recommender.quality.list.{name}") for name in LISTS]
