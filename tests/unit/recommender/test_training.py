"""Models, fitting, the task and the files, on small invented ratings and a little real data."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pickle
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

import optviz
from optviz.core.problem import Problem
from optviz.core.task import Cancelled, SilentContext
from optviz.recommender import storage, tasks
from optviz.recommender.als import AlsRun, solve_side
from optviz.recommender.baselines import fit_baseline, mse
from optviz.recommender.config import DEFAULTS, MODELS, make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import build_fit, train
from optviz.recommender.fitted import BATCH_NORM_EPS
from optviz.recommender.layers import layer_groups
from optviz.recommender.models import EmbeddingDotBias, EmbeddingNet
from optviz.recommender.presets import PRESETS
from optviz.recommender.split import lesson_order, split_baselines, split_rows
from optviz.recommender.structure import flow, formula, n_parameters, parts


@lru_cache(maxsize=1)
def small() -> Ratings:
    """40 users, 30 movies, tastes on one axis; the last movie has a single rating."""
    random = np.random.default_rng(0)
    taste, style = random.normal(size=40), random.normal(size=30)
    lines = ["user_id,item_id,rating"]
    for user in range(40):
        for item in random.choice(29, 15, replace=False):
            stars = np.clip(round(2 * (3 + taste[user] * style[item])) / 2, 0.5, 5)
            lines.append(f"{user + 1},{item + 1},{stars}")
    lines.append("1,30,5")
    return load_ratings("\n".join(lines).encode())


QUICK: dict[str, dict[str, Any]] = {
    "als": {"n_factors": 3, "epochs": 3},
    "joint": {"n_factors": 3, "epochs": 6, "regularization": 1.0},
    "dot": {"n_factors": 3, "epochs": 2, "batch_size": 50},
    "dot_bias": {"n_factors": 3, "epochs": 2, "batch_size": 50},
    "net": {"n_factors": 3, "epochs": 2, "batch_size": 50},
}


def quick(model: str, **controls: Any) -> Any:
    return train(model, small(), **{**QUICK[model], **controls})


@pytest.mark.parametrize("model", MODELS)
def test_train_gives_what_it_promises(model: str) -> None:
    run, data = quick(model), small()
    assert run.item_factors.shape == (data.n_items, 3)
    assert run.user_factors.shape == (data.n_users, 3)
    assert run.item_bias.shape == (data.n_items,)
    assert np.isfinite(run.valid_mse) and run.valid_mse == run.history.epochs[-1].valid_loss
    rows = run.valid_rows
    predicted = run.predict(data.user_idx[rows], data.item_idx[rows])
    truth = data.frame["rating"].to_numpy()[rows]
    # numpy in float64 repeats what torch computed in float32
    assert mse(predicted, truth) == pytest.approx(run.valid_mse, rel=1e-5)
    best = run.recommend(1, n=5)
    seen = set(data.frame["item_id"][data.frame["user_id"] == 1])
    assert not seen & {found.item_id for found in best}
    assert [r.rating for r in best] == sorted((r.rating for r in best), reverse=True)
    assert list(run.biases(1)["bias"]) == sorted(run.biases(1)["bias"], reverse=True)


@pytest.mark.parametrize("model", MODELS)
def test_same_seed_same_bits(model: str) -> None:
    torch.manual_seed(1)
    first = quick(model, seed=3)
    torch.manual_seed(2)
    again, other = quick(model, seed=3), quick(model, seed=4)
    assert first.history.to_json() == again.history.to_json()
    assert np.array_equal(first.item_factors, again.item_factors)
    assert not np.array_equal(first.item_factors, other.item_factors)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"lr_spread": 9.0},
        {"batch_norm": "on", "sigmoid": "off"},
        {"optimizer": "sparse_adam", "lr_spread": 9.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("model", MODELS)
def test_interrupted_equals_uninterrupted(model: str, more: dict[str, Any]) -> None:
    config = make_config(model, **QUICK[model], **more)
    whole, first, second = (build_fit(config, small()) for _ in range(3))
    while not whole.run.done:
        whole.run.step()
    for _ in range(4):
        first.run.step()
    second.run.load_state_dict(first.run.state_dict())
    while not second.run.done:
        second.run.step()
    assert second.run.history.to_dict() == whole.run.history.to_dict()
    for name, array in whole.weights().items():
        assert np.array_equal(second.weights()[name], array), name


@pytest.mark.parametrize(
    ("model", "more"),
    [*((model, {}) for model in MODELS), ("net", {"batch_norm": "on", "sigmoid": "off"})],
)
def test_files_bring_back_the_model(model: str, more: dict[str, Any], tmp_path: Any) -> None:
    run, data = quick(model, **more), small()
    storage.save_model(run, tmp_path / "model")
    again = storage.load_model(tmp_path / "model", data)
    everything = (data.user_idx, data.item_idx)
    assert np.array_equal(again.predict(*everything), run.predict(*everything))
    assert again.config == run.config
    assert again.history.to_json() == run.history.to_json()
    assert again.recommend(2) == run.recommend(2)


def test_bad_files_get_a_sentence(tmp_path: Any) -> None:
    content = storage.dump_model(quick("dot_bias"))
    for broken in (b"", b"nothing", content[:-7], content[:100], pickle.dumps({})):
        with pytest.raises(Problem, match="not a model saved by optviz"):
            storage.load_model(broken)
    with pytest.raises(Problem, match="not a model"):
        storage.load_model(tmp_path / "absent")
    with pytest.raises(Problem, match="other ratings"):
        storage.load_model(content, load_ratings())
    run = quick("dot_bias")
    for weights, said in (
        ({k: v for k, v in run.weights.items() if k != "item_bias"}, "lacks item_bias"),
        ({**run.weights, "user_factors": np.zeros((40, 9), np.float32)}, "user_factors"),
    ):
        with pytest.raises(Problem, match=said):
            storage.load_model(storage.dump_model(dataclasses.replace(run, weights=weights)))


class Watched(SilentContext):
    """Keeps the events; stops or cancels after some checkpoints."""

    def __init__(self, stop: int = 10**9, cancel: int = 10**9) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.done: tuple[float, float] = (0, 0)
        self.checks, self.stop, self.cancel = 0, stop, cancel

    @property
    def stop_requested(self) -> bool:  # type: ignore[override]
        return self.checks >= self.stop

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))

    def progress(self, done: float, total: float) -> None:
        self.done = (done, total)

    def checkpoint(self) -> None:
        self.checks += 1
        if self.checks > self.cancel:
            raise Cancelled


@pytest.fixture
def task_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "read_again", lambda source: small())


@pytest.mark.usefixtures("task_data")
@pytest.mark.parametrize("model", MODELS)
def test_the_task_tells_everything_once(model: str) -> None:
    config, context = make_config(model, **QUICK[model]), Watched()
    run = tasks.train_task(context, None, config.to_dict())
    assert context.events[0][0] == "baselines"
    batches = [data for kind, data in context.events if kind == "batch"]
    steps = np.concatenate([data["step"] for data in batches])
    assert steps.tolist() == list(range(1, len(run.history.batches) + 1))
    epochs = [data["valid_loss"] for kind, data in context.events if kind == "epoch"]
    assert epochs == [record.valid_loss for record in run.history.epochs]
    assert context.done[0] == context.done[1] > 0
    direct = train(**{**config.to_dict(), "ratings": small()})
    assert direct.history.to_json() == run.history.to_json()
    again = pickle.loads(pickle.dumps(run))  # as it crosses to the page
    assert again.ratings is None and again.attach(small()).recommend(1) == direct.recommend(1)


@pytest.mark.usefixtures("task_data")
def test_the_task_stops_and_cancels() -> None:
    config = make_config("dot_bias", **QUICK["dot_bias"]).to_dict()
    run = tasks.train_task(Watched(stop=4), None, config)
    assert len(run.history.batches) == 3 and np.isfinite(run.valid_mse)
    with pytest.raises(Cancelled):
        tasks.train_task(Watched(cancel=4), None, config)


@pytest.mark.parametrize(
    ("model", "shares"),
    [("net", [1 / 9, 1 / 3, 1]), ("dot_bias", [1 / 9, 1 / 3, 1]), ("dot", [1 / 9, 1])],
)
def test_each_layer_group_learns_at_its_share_of_the_rate(model: str, shares: list[float]) -> None:
    config = make_config(model, **QUICK[model], lr_spread=9, schedule="one_cycle", lr=0.02)
    run: Any = build_fit(config, small()).run
    groups = layer_groups(run.model)
    assert len(groups) == len(shares)
    for _ in range(5):
        record = run.step()
        rates = [group["lr"] for group in run.optimizer.param_groups]
        assert rates == pytest.approx([share * record.lr for share in shares])
    for group, params in zip(run.optimizer.param_groups, groups.values(), strict=True):
        assert {id(p) for p in group["params"]} == {id(p) for p in params}


def test_one_rate_for_all_is_one_group() -> None:
    run: Any = build_fit(make_config("net", **QUICK["net"]), small()).run
    assert len(run.optimizer.param_groups) == 1


def test_als_descends_and_solves_its_equations() -> None:
    data = small()
    rating = data.frame["rating"].to_numpy()
    rows = (data.user_idx, data.item_idx, rating)
    als = AlsRun(
        *rows, rows, n_users=data.n_users, n_items=data.n_items, n_factors=3,
        regularization=0.1, epochs=5, seed=0,
    )  # fmt: skip
    als.step()
    objective = als.objective()
    while not als.done:
        als.step()
        assert als.objective() <= objective * (1 + 1e-12)
        objective = als.objective()
    solved = solve_side(als._by_item, als.user_factors, 0.1)
    counts = np.bincount(data.item_idx)
    assert counts.min() < 3 < counts.max()  # both ways of solving are met
    for item in range(data.n_items):
        users = data.user_idx[data.item_idx == item]
        known = als.user_factors[users]
        error = rating[data.item_idx == item] - als.baseline.predict(
            users, np.full(len(users), item)
        )
        by_hand = np.linalg.solve(known.T @ known + 0.1 * len(users) * np.eye(3), known.T @ error)
        np.testing.assert_allclose(solved[item], by_hand, rtol=1e-9)


def test_the_models_are_the_lessons() -> None:
    generator = torch.Generator().manual_seed(0)
    dot = EmbeddingDotBias(4, 5, 2, (0.5, 5.0), 0.05, generator)
    net = EmbeddingNet(4, 5, 2, (0.5, 5.0), 0.05, generator)
    assert {n: tuple(p.shape) for n, p in net.named_parameters() if n.startswith("lin")} == {
        "lin1.weight": (10, 4), "lin1.bias": (10,), "lin2.weight": (1, 10), "lin2.bias": (1,)
    }  # fmt: skip
    with torch.no_grad():
        dot.item_bias.weight.fill_(100.0)
        net.lin2.bias.fill_(-100.0)
    pair = torch.tensor([0]), torch.tensor([1])
    assert dot(*pair).item() == pytest.approx(5.0)
    assert net.eval()(*pair).item() == pytest.approx(0.0)
    assert dot.user_factors.weight.abs().max() <= 0.05


def test_lesson_split_and_baselines_on_the_real_data() -> None:
    ratings = load_ratings()
    train_rows, valid_rows = split_rows(ratings, make_config("als"))
    assert len(valid_rows) == 20_000 and len(train_rows) == 80_004
    assert sorted(lesson_order(ratings.n_ratings)[:20_000]) == valid_rows.tolist()
    fit = build_fit(make_config("als"), ratings)
    assert fit.baselines["mean"] == pytest.approx(1.12, abs=0.005)
    assert fit.baselines["bias"] == pytest.approx(0.7845, abs=0.0002)
    assert fit.n_unseen == 742


def test_defaults_reach_the_lesson() -> None:
    ratings = optviz.load_ratings()
    assert optviz.train("als", ratings).valid_mse <= 0.765
    assert optviz.train("dot_bias", ratings).valid_mse <= 0.768
    assert optviz.train("net", ratings).valid_mse <= 0.785


def test_the_bundled_model_is_what_the_defaults_give() -> None:
    ratings = load_ratings()
    model, factors = storage.bundled_model().attach(ratings), storage.bundled_factors()
    assert model.config == DEFAULTS["dot_bias"]
    rows = model.valid_rows
    truth = ratings.frame["rating"].to_numpy()[rows]
    predicted = model.predict(ratings.user_idx[rows], ratings.item_idx[rows])
    assert mse(predicted, truth) == pytest.approx(model.valid_mse, abs=1e-4)  # half precision
    assert factors.ratings_key == ratings.key
    assert factors.item_factors.shape == (ratings.n_items, DEFAULTS["dot_bias"].n_factors)
    assert factors.item_bias.shape == (ratings.n_items,)


@pytest.mark.parametrize("batch_size", [50, 480])  # of 481 rows, the last one is alone
def test_batch_normalisation_is_torchs(batch_size: int) -> None:
    """Each step's hidden units, less their mean, over the root of variance + ε; γ = 1, β = 0."""
    fit = build_fit(
        make_config("net", **QUICK["net"] | {"batch_size": batch_size}, batch_norm="on"), small()
    )
    run: Any = fit.run
    assert fit.n_train == 481
    seen: list[Any] = []
    run.model.norm.register_forward_hook(lambda _, put, out: seen.append((put[0], out.detach())))
    while not run.done:
        run.step()
    hidden, normalised = seen[0]
    spread = torch.sqrt(hidden.var(0, correction=0) + BATCH_NORM_EPS)
    assert torch.allclose((hidden - hidden.mean(0)) / spread, normalised, atol=1e-4)
    model = fit.model()
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert np.array_equal(model.weights[f"norm.{name}"], getattr(run.model.norm, name).detach())
    predicted, truth = fit.predict(fit.n_valid)
    assert np.isfinite(predicted).all()
    assert mse(predicted, truth) == pytest.approx(model.valid_mse)


def test_without_a_sigmoid_a_prediction_may_leave_the_scale() -> None:
    run: Any = build_fit(make_config("net", **QUICK["net"], sigmoid="off"), small()).run
    with torch.no_grad():
        run.model.lin2.bias.fill_(100.0)
        run.model.lin2.weight.zero_()
        some = torch.zeros(3, dtype=torch.int64)
        assert run.model(some, some).tolist() == [100.0] * 3


@pytest.mark.parametrize(
    ("model", "more"), [*((model, {}) for model in MODELS), ("net", {"batch_norm": "on"})]
)
def test_structure_is_what_training_makes(model: str, more: dict[str, Any]) -> None:
    run, data = quick(model, **more), small()
    made = {name: array.shape for name, array in run.weights.items()}
    told = parts(run.config, data.n_users, data.n_items)
    assert {part.name: part.shape for part in told} == made
    total = n_parameters(run.config, data.n_users, data.n_items)
    learnt = [array for name, array in run.weights.items() if "running" not in name]
    assert total == sum(array.size for array in learnt)
    # What is drawn has these shapes, and a vector is as long as what makes it.
    boxes = [box for stage in flow(run.config, data.n_users, data.n_items) for box in stage]
    drawn = {box.name: box.shape for box in boxes if box.kind in ("table", "layer")}
    assert drawn.items() <= made.items()
    assert {name for name, shape in made.items() if len(shape) == 2} <= drawn.keys()
    lengths = [box.shape for box in boxes if box.kind == "vector"]
    assert lengths[:2] == [(3,), (3,)]
    if model == "net":
        assert lengths[2:] == [(6,), (run.config.hidden,)]
        assert ("bn" in [box.name for box in boxes]) == ("batch_norm" in more)


@pytest.mark.parametrize(
    ("model", "more"),
    [
        *((model, {}) for model in MODELS),
        *(("net", {"batch_norm": bn, "sigmoid": s}) for bn in ("on", "off") for s in ("on", "off")),
    ],
)
def test_the_formula_says_what_is_drawn(model: str, more: dict[str, Any]) -> None:
    config = make_config(model, **more)
    drawn = {box.name for stage in flow(config, 671, 9066) for box in stage}
    written = formula(config)
    for box, symbol in {"σ": r"\sigma", "bn": r"\mathrm{bn}", "relu": r"\mathrm{relu}"}.items():
        assert (symbol in written) == (box in drawn)
    assert written.count("{") == written.count("}")
    assert written.count(r"\left") == written.count(r"\right")


@pytest.mark.parametrize("split", [{}, {"split": "random", "valid_fraction": 0.3, "seed": 5}])
def test_baselines_are_known_before_a_run(split: dict[str, Any]) -> None:
    config = make_config("als", **QUICK["als"], **split)
    assert split_baselines(small(), config) == build_fit(config, small()).baselines


def test_a_net_without_biases_stands_in_for_them() -> None:
    run, data = quick("net"), small()
    users, items = np.divmod(np.arange(data.n_users * data.n_items), data.n_items)
    table = run.predict(users, items).reshape(data.n_users, data.n_items)
    expected = table.mean(0) - table.mean()
    np.testing.assert_allclose(run.item_bias, expected, atol=1e-12)


def test_a_run_that_left_the_numbers_says_where() -> None:
    run = quick("dot_bias", lr=1e9, optimizer="sgd", epochs=50)
    assert run.diverged_at == len(run.history.batches)
    assert not run.finite and np.isnan(run.valid_mse)
    again = storage.load_model(storage.dump_model(run))
    assert np.isnan(again.valid_mse) and again.diverged_at == run.diverged_at
    assert quick("dot_bias").diverged_at is None and quick("dot_bias").finite


def test_any_damage_to_a_file_gets_a_sentence() -> None:
    content = storage.dump_model(quick("net"))
    random = np.random.default_rng(0)
    header = int.from_bytes(content[:8], "little") + 8
    for _ in range(400):
        broken = bytearray(content)
        for place in random.integers(0, header, random.integers(1, 4)):
            broken[place] = int(random.integers(0, 256))
        with contextlib.suppress(Problem):  # anything else is a failure
            storage.load_model(bytes(broken), small()).recommend(1)


def test_long_histories_fit_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    run = quick("dot_bias")
    monkeypatch.setattr(storage, "_MOST_BATCHES", 5)
    again = storage.load_model(storage.dump_model(run))
    assert 1 < len(again.history.batches) <= 5
    assert again.history.epochs == run.history.epochs


def test_given_ratings_are_read_as_a_task(tmp_path: Any) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "user,item,rating\n" + "".join(f"{u},{i},{u % 5}\n" for u in range(9) for i in range(9))
    )
    ratings, baselines = tasks.read_task(SilentContext(), str(path))
    assert ratings.n_ratings == 81
    assert baselines == build_fit(make_config("als", n_factors=2), ratings).baselines
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(Problem, match="incomplete or damaged"):
        tasks.read_task(SilentContext(), str(path))


def test_wrong_input_gets_a_sentence() -> None:
    for controls, said in (
        ({"lr": "fast"}, "lr must be"), ({"learning_rate": 1}, "no control called"),
        ({"epochs": 2.5}, "whole number"), ({"optimizer": "lion"}, "cannot be"),
        ({"seed": True}, "seed must be"), ({"n_factors": float("nan")}, "n_factors must be"),
    ):  # fmt: skip
        with pytest.raises(Problem, match=said):
            train("dot_bias", small(), **controls)
    with pytest.raises(Problem, match="cannot be"):
        train("oracle", small())
    with pytest.raises(Problem, match="at least"):
        few = load_ratings("\n".join(["user,item,rating", *(f"{n},{n % 3},{n % 5}"
                                       for n in range(12))]).encode())  # fmt: skip
        split_rows(few, make_config("als", split="random", valid_fraction=0.1))
    run = quick("als")
    for users, items in (([0], [0, 1]), ([99], [0]), ([0], [-1]), ([0.5], [1])):
        with pytest.raises(Problem):
            run.predict(users, items)
    with pytest.raises(Problem):
        run.recommend(99)
    with pytest.raises(Problem, match="at least 1"):
        run.recommend(1, n=0)
    with pytest.raises(Problem, match="attach"):
        dataclasses.replace(run, ratings=None).recommend(1)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_a_huge_rate_is_reported_not_raised(model: str, optimizer: str) -> None:
    run = quick(model, lr=1e9, optimizer=optimizer)
    storage.load_model(storage.dump_model(run))
    assert run.history.batches


def test_presets_and_defaults_are_valid() -> None:
    for config in [*DEFAULTS.values(), *(preset.config for preset in PRESETS.values())]:
        assert make_config(**config.to_dict()) == config
        json.dumps(config.to_dict())


def test_the_baseline_fits_what_is_there() -> None:
    users, items = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    rating = np.array([5.0, 4.0, 3.0, 2.0])
    model = fit_baseline(users, items, rating, 2, 2, damping=0)
    np.testing.assert_allclose(model.predict(users, items), rating)
