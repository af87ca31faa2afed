"""The session's map of a model in training: what is asked for, its frames, what it ended with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.embedding.company import chance
from optviz.figures.films import GENRE_GROUPS, Items, genre_group
from optviz.figures.live_map import ASPECT, packed_alike
from optviz.jobs import Job, default_backend
from optviz.recommender.config import TrainConfig
from optviz.recommender.growth import Grown
from optviz.ui.embeddings_data import Movies, make_movies
from optviz.ui.embeddings_frames import Filmed
from optviz.ui.recommender_run import Data
from optviz.ui.recommender_runs import runs
from optviz.ui.state import remember

__all__ = ["GrowthFrame", "GrowthRequest", "GrowthShown", "GrowthStage", "growth_stage"]

TASK = "optviz.recommender.growth:growth_task"


@dataclass(frozen=True, slots=True)
class GrowthRequest:
    """What a run cannot change any more once it has begun."""

    source: str | None
    config: TrainConfig
    n_movies: int
    method: str
    perplexity: float
    normalize: bool


@dataclass(frozen=True, slots=True, eq=False)
class GrowthFrame:
    """One look; the fields are those of :func:`optviz.recommender.growth.growth_task`."""

    epoch: float
    coordinates: NDArray[np.float32]
    purity: float
    train_loss: float | None
    valid_loss: float | None
    seconds: float


class GrowthShown(Filmed[GrowthFrame]):
    """One training, under way or over.

    Args:
        request: What was asked for.
        movies: The films on the map, of no factors yet.
        job: The job.

    Attributes:
        chance: Purity where nothing is learned.
        grown: Where it ended; None until then.
    """

    def __init__(self, request: GrowthRequest, movies: Movies, job: Job) -> None:
        super().__init__(job)
        self.request = request
        self.chance = chance(_labels(movies.items))
        self.grown: Grown | None = None
        self._movies = movies
        self._reaches: list[float] = []

    @property
    def run(self) -> str:
        """Names the frames: PCA's are drawn anew once the last axes are known."""
        return f"{super().run} fixed" if self._fixed else super().run

    @property
    def movies(self) -> Movies:
        """The films; with the model's factors and biases once they are known."""
        return self._movies

    @property
    def _fixed(self) -> bool:
        return self.grown is not None and self.grown.fixed is not None

    def take(self, kind: str, data: Any) -> None:
        """Take in one event."""
        if kind == "frame":
            self._add(GrowthFrame(**data))
        elif kind == "measuring":
            self.measuring = True

    def forget(self) -> None:
        """Begin without a frame."""
        super().forget()
        self._reaches = []

    def _add(self, frame: GrowthFrame) -> None:
        # A picture that only ever grows: a film must not seem to move because another did.
        wide, high = np.abs(frame.coordinates).max(axis=0)
        reach = max(float(wide), ASPECT * float(high), *self._reaches[-1:])
        self.frames.append(frame)
        self._reaches.append(reach)

    def take_result(self, result: Grown) -> None:
        """Take over what the run ended with."""
        self.grown = result
        old = self._movies
        items = old.items
        self._movies = Movies(
            result.vectors,
            Items(items.titles, items.years, items.genres, items.means, items.counts,
                  result.biases),
            old.item_ids, old.own, old.model, old.version,
        )  # fmt: skip
        if result.fixed is not None:
            frames, self.frames, self._reaches, self.sent = self.frames, [], [], 0
            widest = max(
                float(max(np.abs(x[:, 0]).max(), ASPECT * np.abs(x[:, 1]).max()))
                for x in result.fixed
            )
            self._reaches.append(widest)
            for frame, places in zip(frames, result.fixed, strict=True):
                self._add(
                    GrowthFrame(frame.epoch, places, frame.purity, frame.train_loss,
                                frame.valid_loss, frame.seconds)
                )  # fmt: skip
            del self._reaches[0]

    def packed(self, first: int, frames: list[GrowthFrame]) -> NDArray[np.int16]:
        """Frames from number ``first`` on, for the browser."""
        reaches = self._reaches[first : first + len(frames)]
        return packed_alike([frame.coordinates for frame in frames], reaches)


def _labels(items: Items) -> list[int]:
    """The genre group of each film; −1 where no genre is known."""
    places = {name: place for place, name in enumerate(GENRE_GROUPS)}
    groups = [genre_group(genres) for genres in items.genres]
    return [-1 if group == "other" else places[group] for group in groups]


@dataclass(slots=True, eq=False)
class GrowthStage:
    """The run that the session looks at, and the films of the ratings it learns from."""

    current: GrowthShown | None = None
    _data: Data | None = None
    _movies: Movies | None = None

    def data(self) -> Data:
        """The Recommender page's ratings if their movies have whole numbers, else the bundled."""
        found = runs().data
        return found if found.ratings.item_ids.dtype.kind in "iu" else _bundled()

    def movies(self, n: int) -> Movies:
        """The ``n`` most rated."""
        data = self.data()
        if self._movies is None or self._data is not data:
            ratings = data.ratings
            nothing = np.zeros((ratings.n_items, 2))
            self._movies = make_movies(ratings, nothing, nothing[:, 0], own=True, model="")
            self._data = data
        return self._movies.most_rated(n)

    def begin(self, request: GrowthRequest) -> GrowthShown:
        """Start a run; one under way is given up."""
        if self.current is not None:
            self.current.job.cancel()
        data, movies = self.data(), self.movies(request.n_movies)
        places = {item: place for place, item in enumerate(data.ratings.item_ids.tolist())}
        job = default_backend().submit(
            TASK,
            source=request.source,
            config=request.config.to_dict(),
            items=[places[item] for item in movies.item_ids.tolist()],
            labels=_labels(movies.items),
            method=request.method,
            perplexity=request.perplexity,
            normalize=request.normalize,
        )
        self.current = GrowthShown(request, movies, job)
        return self.current


def _bundled() -> Data:
    from optviz.recommender.data import load_ratings

    return remember("bundled ratings of the map", lambda: Data(load_ratings()))


def growth_stage() -> GrowthStage:
    """This session's map of a training; it outlives a visit to another page."""
    return remember("map of a training", GrowthStage)
