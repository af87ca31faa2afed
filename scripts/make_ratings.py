"""Ratings in the shape of a large MovieLens set: ``python -m scripts.make_ratings 32 FILE``.

Makes about 1, 10, 32 … million ratings in a zip with the very layout of ml-32m, for trying out
what its licence lets nobody pass on: 2,737 movies and some 6,300 users for each million ratings;
half stars; at least 20 ratings a user, 73 in the middle; the best known movie rated by half of
all users (100,000 at 32 million), half the movies by 5 of them or fewer.

The truth is planted: a rating is the nearest half star to

    3.5 + b_u + b_i + x_u·y_i + noise

with ten factors, each weaker than the one before, and Gaussian noise, kept between 0.5 and 5.
So the best RMSE that any model can reach, that of knowing all but the noise, is known; it is in
the zip's ``planted.json``.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

USERS, MOVIES = 6_280, 2_737
"""For each million ratings, as in ml-32m."""

FEWEST, MIDDLE, MEAN = 20, 73, 159
"""Ratings of a user: at least, median, on average."""

TOP, RARE = 0.51, 5
"""Share of all users who rated the best known movie; ratings of the movie in the middle."""

FACTORS, FADING = 10, 0.75
BIAS_U, BIAS_I, TASTE, NOISE = 0.40, 0.45, 0.45, 0.75
"""Standard deviations, in stars."""

STARS = np.arange(0.5, 5.1, 0.5)
_BLOCK = 2_000
"""Users made at once."""
_GENRES = ("Action", "Comedy", "Drama", "Sci-Fi", "Thriller")
_FIRST, _LAST = 820_454_400, 1_696_118_400
"""1996 to October 2023, in seconds since 1970."""


def activity(n_users: int, random: np.random.Generator) -> Floats:
    """How many movies each user means to rate: log-normal above the fewest."""
    above = np.log(MIDDLE - FEWEST)
    spread = np.sqrt(2 * (np.log(MEAN - FEWEST) - above))
    return FEWEST + np.exp(random.normal(above, spread, n_users))


def popularity(n_movies: int, n_users: int, total: float) -> Floats:
    """How many users each movie is meant to find, best known first.

    The logarithm falls with a power of the rank, from the top to the middle and on; the power is
    what gives the total.
    """
    rank = np.arange(n_movies) / n_movies
    top = TOP * n_users
    low, high = 0.01, 20.0
    for _ in range(60):
        power = (low + high) / 2
        counts = np.maximum(top * (RARE / top) ** ((2 * rank) ** power), 2.0)
        low, high = (power, high) if counts.sum() < total else (low, power)
    return counts


def chances(active: Floats, popular: Floats) -> tuple[Floats, Floats]:
    """Rates a, b such that user u rates movie i with probability 1 − exp(−a_u·b_i).

    Found in turn, like marginal sums of a table, for users and movies in groups of much the same
    size: each then has about as many ratings as it is meant to have.
    """
    users, of_user, n_users = _groups(active)
    movies, of_movie, n_movies = _groups(popular)
    a, b = users / np.sqrt(active.sum()), movies / np.sqrt(active.sum())
    for _ in range(60):
        rated = -np.expm1(-np.outer(a, b))
        a *= users / (rated @ n_movies)
        rated = -np.expm1(-np.outer(a, b))
        b *= movies / (n_users @ rated)
    return a[of_user], b[of_movie]


def _groups(counts: Floats) -> tuple[Floats, Whole, Whole]:
    """Mean of each group, the group of each, and the groups' sizes."""
    _, place, sizes = np.unique(
        np.round(np.log(counts) * 25), return_inverse=True, return_counts=True
    )
    return np.bincount(place, counts) / sizes, place, sizes


def spread_of_stars(expected: Floats) -> Floats:
    """The variance of a rating around its mean, once all but the noise is known."""
    from scipy.special import ndtr

    below = ndtr((STARS[:-1] + 0.25 - expected[:, None]) / NOISE)
    share = np.diff(below, axis=1, prepend=0.0, append=1.0)
    mean = share @ STARS
    return share @ STARS**2 - mean**2


class Planted:
    """A made-up world of users and movies.

    Args:
        millions: Ratings, roughly.
        seed: Of everything.

    Attributes:
        movie_ids: Raw ids, ascending and sparse.
        a, b: See :func:`chances`; b in the order of ``movie_ids``.
    """

    def __init__(self, millions: float, seed: int = 0) -> None:
        self.seed = seed
        self.random = random = np.random.default_rng(seed)
        self.n_movies = round(MOVIES * millions)
        most = max(self.n_movies / 10, 3 * FEWEST)
        active = np.minimum(activity(round(4 * USERS * millions), random), most)
        active = active[: np.searchsorted(np.cumsum(active), 1e6 * millions)]
        self.n_users = len(active)
        popular = popularity(self.n_movies, self.n_users, active.sum())
        self.a, b = chances(active, popular)
        self.b = random.permutation(b)
        spread = 3 * self.n_movies
        self.movie_ids = np.sort(random.choice(spread, self.n_movies, replace=False)) + 1
        self.user_bias = random.normal(0, BIAS_U, self.n_users)
        self.movie_bias = random.normal(0, BIAS_I, self.n_movies)
        self.users = random.normal(size=(self.n_users, FACTORS)).astype(np.float32)
        strength = FADING ** np.arange(FACTORS)
        strength *= TASTE / np.sqrt((strength**2).sum())
        taste = random.normal(size=(self.n_movies, FACTORS)) * strength
        self.movies = taste.astype(np.float32)
        grid = np.linspace(-4, 11, 3_001)
        self._spread = grid, spread_of_stars(grid)
        self.joined = random.integers(_FIRST, _LAST, self.n_users)
        self.n_ratings, self._sum = 0, 0.0

    @property
    def best_rmse(self) -> float:
        """Of the ratings made so far: the RMSE of knowing all but the noise."""
        return float(np.sqrt(self._sum / self.n_ratings))

    def blocks(self) -> Iterator[tuple[Whole, Whole, Floats, Whole]]:
        """Users, movies (both from 0), stars and times, some users at once, users in order."""
        for start in range(0, self.n_users, _BLOCK):
            user, movie = self._pairs(start, min(start + _BLOCK, self.n_users))
            expected = 3.5 + self.user_bias[user] + self.movie_bias[movie]
            expected += np.einsum("nk,nk->n", self.users[user], self.movies[movie])
            self._sum += float(np.interp(expected, *self._spread).sum())
            self.n_ratings += len(user)
            noisy = expected + self.random.normal(0, NOISE, len(user))
            stars = np.clip(np.round(2 * noisy) / 2, STARS[0], STARS[-1])
            yield user, movie, stars, self.joined[user] + self.random.integers(0, 86_400, len(user))

    def _pairs(self, first: int, last: int) -> tuple[Whole, Whole]:
        """Who rated what: ascending, nobody the same movie twice, nobody fewer than may be."""
        edges = np.cumsum(self.b)
        wanted = np.arange(first, last)
        # Drawn once or more often from independent Poisson streams is rated.
        draws = self.random.poisson(self.a[wanted] * edges[-1])
        pairs = np.zeros(0, np.int64)
        while len(wanted):
            user = np.repeat(wanted, draws)
            place = np.searchsorted(edges, self.random.random(len(user)) * edges[-1], "right")
            pairs = np.sort(np.append(pairs, user * self.n_movies + place))
            pairs = pairs[np.diff(pairs, prepend=-1) > 0]
            counts = np.bincount(pairs // self.n_movies - first, minlength=last - first)
            wanted = np.flatnonzero(counts < FEWEST) + first
            draws = FEWEST - counts[wanted - first]
        return np.divmod(pairs, self.n_movies)


def write_ratings(millions: float, path: Path, seed: int = 0) -> dict[str, Any]:
    """Write the zip.

    Returns:
        What ``planted.json`` says: counts, the noise, and ``best_rmse``.
    """
    import pyarrow as pa
    from pyarrow import csv

    world = Planted(millions, seed)
    written = pa.array([f"{star:.1f}" for star in STARS])
    plain = csv.WriteOptions(include_header=False, quoting_style="none")
    folder = f"made-{millions:g}m"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(f"{folder}/ratings.csv", "w", force_zip64=True) as stream:
            stream.write(b"userId,movieId,rating,timestamp\n")
            for user, movie, stars, times in world.blocks():
                columns = [
                    pa.array(user + 1),
                    pa.array(world.movie_ids[movie]),
                    written.take(pa.array((2 * stars).astype(np.int64) - 1)),
                    pa.array(times),
                ]
                lines = io.BytesIO()
                csv.write_csv(pa.table(columns, list("umrt")), lines, plain)
                stream.write(lines.getbuffer())
        with archive.open(f"{folder}/movies.csv", "w") as stream:
            stream.write(_movies(world).encode())
        facts = {
            "ratings": world.n_ratings,
            "users": world.n_users,
            "movies": world.n_movies,
            "factors": FACTORS,
            "noise": NOISE,
            "seed": seed,
            "best_rmse": round(world.best_rmse, 5),
        }
        archive.writestr(f"{folder}/planted.json", json.dumps(facts, indent=1))
    return facts


def _movies(world: Planted) -> str:
    """The movies' file: made-up names, years and genres."""
    years = world.random.integers(1930, 2024, world.n_movies)
    genres = world.random.integers(0, len(_GENRES), (world.n_movies, 2))
    lines = ["movieId,title,genres"]
    for movie, year, (first, second) in zip(world.movie_ids, years, genres, strict=True):
        both = sorted({_GENRES[first], _GENRES[second]})
        lines.append(f'{movie},"Film {movie}, The ({year})",{"|".join(both)}')
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the file and say what is in it."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_ratings")
    parser.add_argument("millions", type=float, metavar="MILLIONS")
    parser.add_argument("file", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    facts = write_ratings(given.millions, given.file)
    print(f"{given.file}: {given.file.stat().st_size:,} bytes; {json.dumps(facts)}")


if __name__ == "__main__":
    main()
