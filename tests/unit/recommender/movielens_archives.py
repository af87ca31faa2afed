"""Small archives in the true formats of every MovieLens version, for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

# user, item, rating, timestamp: ids are sparse, two users agree on hardly anything.
ROWS = [
    (1, 1, 4, 964982703),
    (1, 11, 5, 964982931),
    (1, 2571, 3, 964983815),
    (7, 1, 2, 964982224),
    (7, 58559, 5, 964981179),
    (7, 117192, 1, 964983650),
    (42, 11, 3, 964982176),
    (42, 2571, 5, 964984041),
    (42, 58559, 4, 964984100),
    (300, 1, 5, 964980868),
    (300, 64997, 2, 964982546),
    (300, 34048, 4, 964982551),
]
# id, title, genres: a quoted comma, an article, no year, no genres, two movies of one name,
# letters beyond ASCII, and one movie that nobody rated.
MOVIES = [
    (1, "Toy Story (1995)", "Adventure|Animation|Comedy"),
    (11, "American President, The (1995)", "Comedy|Drama|Romance"),
    (2571, "Matrix, The (1999)", "Action|Sci-Fi|Thriller"),
    (9999, "Unseen (2001)", "Drama"),
    (34048, "War of the Worlds (2005)", "Action|Adventure|Sci-Fi"),
    (58559, "Amélie: le fabuleux destin (Destin d'Amélie, Le) (2001)", "Comedy|Romance"),
    (64997, "War of the Worlds (2005)", "Action|Sci-Fi"),
    (117192, "Doctor Who, Time of", ""),
]
_NAMES = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy "
    "Film-Noir Horror Musical Mystery Romance Sci-Fi Thriller War Western"
)
FLAGS = _NAMES.split()


def ml_100k() -> dict[str, bytes]:
    """u.data with TABs, u.item with pipes and flags in latin-1; parts of the ratings beside."""
    data = "".join(f"{u}\t{i}\t{r}\t{t}\n" for u, i, r, t in ROWS)
    item = "".join(
        f"{i}|{title}|01-Jan-1995||http://example.org|"
        + "|".join(str(int(flag in genres.split("|"))) for flag in FLAGS)
        + "\n"
        for i, title, genres in MOVIES
    )
    part = "".join(data.splitlines(keepends=True)[:5])
    genre = "".join(f"{name}|{place}\n" for place, name in enumerate(FLAGS))
    return {
        "ml-100k/u.data": data.encode(),
        "ml-100k/u.item": item.encode("latin-1"),
        "ml-100k/u.user": b"1|24|M|technician|85711\n2|53|F|other|94043\n",
        "ml-100k/u.genre": genre.encode(),
        "ml-100k/u1.base": part.encode(),
        "ml-100k/ua.test": part.encode(),
        "ml-100k/README": b"SUMMARY\n",
    }


def ml_1m() -> dict[str, bytes]:
    """The .dat files with double colons, in latin-1."""
    return {
        "ml-1m/ratings.dat": "".join(f"{u}::{i}::{r}::{t}\n" for u, i, r, t in ROWS).encode(),
        "ml-1m/movies.dat": _movies_dat().encode("latin-1"),
        "ml-1m/users.dat": b"1::F::1::10::48067\n2::M::56::16::70072\n",
    }


def ml_10m() -> dict[str, bytes]:
    """The .dat files with half stars, in UTF-8, with tags that look like numbers."""
    rows = [(u, i, r - 0.5, t) for u, i, r, t in ROWS]
    tags = "".join(f"{u}::{i}::{tag}::{t}\n" for (u, i, _, t), tag in zip(ROWS, TAGS, strict=True))
    return {
        "ml-10M100K/ratings.dat": "".join(
            f"{u}::{i}::{r:g}::{t}\n" for u, i, r, t in rows
        ).encode(),
        "ml-10M100K/movies.dat": _movies_dat().encode(),
        "ml-10M100K/tags.dat": tags.encode(),
    }


TAGS = ["1984", "dark", "boring!", "3", "classic", "fun", "war", "42", "long", "x", "y", "z"]


def ml_csv() -> dict[str, bytes]:
    """ratings, movies, tags, links as 20M, 25M, 32M and latest-small have them."""
    ratings = "userId,movieId,rating,timestamp\n" + "".join(
        f"{u},{i},{r - 0.5},{t}\n" for u, i, r, t in ROWS
    )
    movies = "movieId,title,genres\n" + "".join(
        f"{i},{_quoted(title)},{genres or '(no genres listed)'}\n" for i, title, genres in MOVIES
    )
    tags = "userId,movieId,tag,timestamp\n" + "".join(
        f"{u},{i},a very long tag to be larger than the ratings {tag},{t}\n"
        for (u, i, _, t), tag in zip(ROWS, TAGS, strict=True)
    )
    return {
        "ml-latest-small/ratings.csv": ratings.encode(),
        "ml-latest-small/movies.csv": movies.encode(),
        "ml-latest-small/tags.csv": tags.encode(),
        "ml-latest-small/links.csv": b"movieId,imdbId,tmdbId\n1,0114709,862\n",
        "ml-latest-small/README.txt": "A read-me, with an é.\n".encode(),
    }


ARCHIVES = {"100k": ml_100k, "1m": ml_1m, "10m": ml_10m, "csv": ml_csv}


def changed_files(
    files: Mapping[str, bytes], name: str, old: bytes, new: bytes
) -> dict[str, bytes]:
    """The same files, in the one whose path ends so the first ``old`` made ``new``."""
    return {
        path: data.replace(old, new, 1) if path.endswith(name) else data
        for path, data in files.items()
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """These files as the bytes of a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _movies_dat() -> str:
    return "".join(
        f"{i}::{title}::{genres or '(no genres listed)'}\n" for i, title, genres in MOVIES
    )


def _quoted(title: str) -> str:
    return f'"{title}"' if "," in title else title
