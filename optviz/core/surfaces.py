"""The surfaces of the laboratory, each with what the literature knows about it.

The formulas are in :mod:`optviz.core.functions`. Minima, saddles and maxima are checked by the
tests, symbolically and with a root finder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from optviz.core import functions
from optviz.core.problem import Problem
from optviz.core.slice_surfaces import SLICES
from optviz.core.slices import LossSlice
from optviz.core.surface import Point, Surface

__all__ = ["FORMULAS", "SURFACES", "Surface", "get_surface", "is_formula"]

_TWO_PI = 2 * math.pi
_JAMIL = "Jamil & Yang, A literature survey of benchmark functions (2013), arXiv:1308.4008"
_GOH = "Goh, Why Momentum Really Works, Distill (2017), doi:10.23915/distill.00006"


def _mirrored(*points: Point) -> tuple[Point, ...]:
    """Each point and its mirror image through the origin."""
    return tuple(p for x, y in points for p in ((x, y), (-x, -y)))


def _rastrigin_minima() -> tuple[Point, ...]:
    """All minimisers in the box but the global one.

    In one dimension 2x + 20π sin 2πx = 0 has one minimum near every integer; Newton's method
    from there gives it to the last digit.
    """
    line = []
    for k in range(-5, 6):
        x = float(k)
        for _ in range(20):
            slope = 2 * x + 20 * math.pi * math.sin(_TWO_PI * x)
            x -= slope / (2 + 40 * math.pi**2 * math.cos(_TWO_PI * x))
        line.append(x)
    return tuple((x, y) for x in line for y in line if x or y)


_ST_LOW, _ST_TOP, _ST_HIGH = -2.903534027771177, 0.156731256779867, 2.746802770991310
"""Roots of 4t³ − 32t + 5: the two wells of Styblinski–Tang and the hill between them."""

_SURFACES = (
    Surface(
        name="bowl",
        function=functions.bowl,
        x_range=(-3, 3),
        y_range=(-3, 3),
        latex=r"f(x,y)=\tfrac12\left(x^2+2y^2\right)",
        source=_GOH,
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        start=(-2.5, 2.0),
        steps=100,
        gradient_tolerance=0.002,
    ),
    Surface(
        name="ravine",
        function=functions.ravine,
        x_range=(-12, 12),
        y_range=(-3, 3),
        latex=r"f(x,y)=\tfrac12\left(x^2+100\,y^2\right)",
        source=_GOH,
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        start=(-10.0, 1.0),
        steps=300,
        gradient_tolerance=0.01,
    ),
    Surface(
        name="tilted",
        function=functions.tilted,
        x_range=(-4, 4),
        y_range=(-4, 4),
        latex=r"f(x,y)=\tfrac12\left(13x^2-24xy+13y^2\right)",
        source=_GOH,
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        start=(-3.5, -1.5),
        steps=200,
        gradient_tolerance=0.01,
    ),
    Surface(
        name="rosenbrock",
        function=functions.rosenbrock,
        x_range=(-2, 2),
        y_range=(-1, 3),
        latex=r"f(x,y)=(1-x)^2+100\left(y-x^2\right)^2",
        source="Rosenbrock, The Computer Journal 3 (1960), doi:10.1093/comjnl/3.3.175",
        minima=((1.0, 1.0),),
        minimum_value=0.0,
        start=(-1.2, 1.0),
        steps=500,
        gradient_tolerance=0.01,
        log_levels=True,
    ),
    Surface(
        name="beale",
        function=functions.beale,
        x_range=(-4.5, 4.5),
        y_range=(-4.5, 4.5),
        latex=(
            r"f(x,y)=\left(\tfrac32-x+xy\right)^2+\left(\tfrac94-x+xy^2\right)^2"
            r"+\left(\tfrac{21}8-x+xy^3\right)^2"
        ),
        source=_JAMIL,
        minima=((3.0, 0.5),),
        minimum_value=0.0,
        saddles=((0.0, 1.0), (0.100537937324, -2.64451358502)),
        start=(1.0, 1.5),
        steps=300,
        gradient_tolerance=0.005,
        log_levels=True,
    ),
    Surface(
        name="himmelblau",
        function=functions.himmelblau,
        x_range=(-5, 5),
        y_range=(-5, 5),
        latex=r"f(x,y)=\left(x^2+y-11\right)^2+\left(x+y^2-7\right)^2",
        source="Himmelblau, Applied Nonlinear Programming (McGraw-Hill, 1972)",
        minima=(
            (3.0, 2.0),
            (-2.80511808695, 3.13131251825),
            (-3.77931025338, -3.28318599129),
            (3.58442834033, -1.84812652696),
        ),
        minimum_value=0.0,
        saddles=(
            (3.38515418361, 0.0738518798377),
            (0.0866775045554, 2.88425470117),
            (-3.07302575076, -0.081353044288),
            (-0.127961346731, -1.95371498024),
        ),
        maxima=((-0.270844590667, -0.92303855648),),
        start=(0.0, -0.5),
        steps=150,
        gradient_tolerance=0.02,
        log_levels=True,
    ),
    Surface(
        name="booth",
        function=functions.booth,
        x_range=(-10, 10),
        y_range=(-10, 10),
        latex=r"f(x,y)=(x+2y-7)^2+(2x+y-5)^2",
        source=_JAMIL,
        minima=((1.0, 3.0),),
        minimum_value=0.0,
        start=(-8.0, -6.0),
        steps=150,
        gradient_tolerance=0.02,
        log_levels=True,
    ),
    Surface(
        name="matyas",
        function=functions.matyas,
        x_range=(-10, 10),
        y_range=(-10, 10),
        latex=r"f(x,y)=0.26\left(x^2+y^2\right)-0.48\,xy",
        source=_JAMIL,
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        start=(-9.0, -4.0),
        steps=200,
        gradient_tolerance=0.002,
        log_levels=True,
    ),
    Surface(
        name="styblinski_tang",
        function=functions.styblinski_tang,
        x_range=(-5, 5),
        y_range=(-5, 5),
        latex=r"f(x,y)=\tfrac12\sum_{t\in\{x,y\}}\left(t^4-16t^2+5t\right)",
        source=_JAMIL,
        minima=((_ST_LOW, _ST_LOW),),
        minimum_value=-78.33233140754284,
        local_minima=((_ST_HIGH, _ST_LOW), (_ST_LOW, _ST_HIGH), (_ST_HIGH, _ST_HIGH)),
        saddles=(
            (_ST_LOW, _ST_TOP),
            (_ST_TOP, _ST_LOW),
            (_ST_HIGH, _ST_TOP),
            (_ST_TOP, _ST_HIGH),
        ),
        maxima=((_ST_TOP, _ST_TOP),),
        start=(0.5, 0.0),
        steps=100,
        gradient_tolerance=0.02,
    ),
    Surface(
        name="rastrigin",
        function=functions.rastrigin,
        x_range=(-5.12, 5.12),
        y_range=(-5.12, 5.12),
        latex=r"f(x,y)=20+\sum_{t\in\{x,y\}}\left(t^2-10\cos 2\pi t\right)",
        source="Rastrigin, Systems of Extremal Control (Nauka, 1974); " + _JAMIL,
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        local_minima=_rastrigin_minima(),
        complete=False,
        start=(-3.6, 2.7),
        steps=150,
        gradient_tolerance=0.05,
    ),
    Surface(
        name="ackley",
        function=functions.ackley,
        x_range=(-5, 5),
        y_range=(-5, 5),
        latex=(
            r"f(x,y)=20+e-20\,e^{-0.2\sqrt{(x^2+y^2)/2}}"
            r"-e^{(\cos 2\pi x+\cos 2\pi y)/2}"
        ),
        source="Ackley, A Connectionist Machine for Genetic Hillclimbing (Kluwer, 1987)",
        minima=((0.0, 0.0),),
        minimum_value=0.0,
        complete=False,
        start=(-3.7, 2.6),
        steps=150,
        gradient_tolerance=0.002,
    ),
    Surface(
        name="goldstein_price",
        function=functions.goldstein_price,
        x_range=(-2, 2),
        y_range=(-2, 2),
        latex=(
            r"\begin{aligned}f(x,y)=&\left[1+(x+y+1)^2(19-14x+3x^2-14y+6xy+3y^2)\right]\\"
            r"&\times\left[30+(2x-3y)^2(18-32x+12x^2+48y-36xy+27y^2)\right]\end{aligned}"
        ),
        source="Goldstein & Price, Mathematics of Computation 25 (1971)",
        minima=((0.0, -1.0),),
        minimum_value=3.0,
        local_minima=((-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)),
        saddles=((-0.4, -0.6), (1.2, -0.2), (1.4, 0.6), (0.6, 0.4)),
        maxima=((0.8, 0.2),),
        start=(-1.5, -1.6),
        steps=300,
        gradient_tolerance=0.5,
        log_levels=True,
    ),
    Surface(
        name="six_hump_camel",
        function=functions.six_hump_camel,
        x_range=(-2.1, 2.1),
        y_range=(-1.2, 1.2),
        latex=r"f(x,y)=\left(4-2.1x^2+\tfrac13x^4\right)x^2+xy+\left(4y^2-4\right)y^2",
        source="Dixon & Szegő, Towards Global Optimisation 2 (North-Holland, 1978)",
        minima=_mirrored((0.0898420131003, -0.712656403021)),
        minimum_value=-1.0316284534898774,
        local_minima=_mirrored((1.70360671497, -0.796083568673), (1.60710475292, 0.568651454884)),
        saddles=(
            (0.0, 0.0),
            *_mirrored(
                (1.1092053368, -0.76826809251),
                (1.63806798419, 0.228674069044),
                (1.29607026717, 0.605084388039),
            ),
        ),
        maxima=_mirrored((1.23022987652, 0.162334584459)),
        start=(-1.1, 0.15),
        steps=100,
        gradient_tolerance=0.002,
    ),
    Surface(
        name="mccormick",
        function=functions.mccormick,
        x_range=(-1.5, 4),
        y_range=(-3, 4),
        latex=r"f(x,y)=\sin(x+y)+(x-y)^2-1.5x+2.5y+1",
        source="McCormick, Mathematical Programming 10 (1976), doi:10.1007/BF01580665",
        minima=((0.5 - math.pi / 3, -0.5 - math.pi / 3),),
        minimum_value=-math.sqrt(3) / 2 - math.pi / 3,
        local_minima=((0.5 + 2 * math.pi / 3, -0.5 + 2 * math.pi / 3),),
        saddles=((0.5 + math.pi / 3, -0.5 + math.pi / 3),),
        start=(1.2, 3.0),
        steps=100,
        gradient_tolerance=0.005,
    ),
    Surface(
        name="branin",
        function=functions.branin,
        x_range=(-5, 10),
        y_range=(0, 15),
        latex=(
            r"f(x,y)=\left(y-\tfrac{5.1}{4\pi^2}x^2+\tfrac5\pi x-6\right)^2"
            r"+10\left(1-\tfrac1{8\pi}\right)\cos x+10"
        ),
        source="Branin, IBM Journal of Research and Development 16 (1972), doi:10.1147/rd.165.0504",
        minima=((-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)),
        minimum_value=10 / (8 * math.pi),
        saddles=((0.0, 6.0), (2 * math.pi, 1.1)),
        start=(0.5, 11.0),
        steps=150,
        gradient_tolerance=0.01,
    ),
    Surface(
        name="saddle",
        function=functions.saddle,
        x_range=(-2, 2),
        y_range=(-2, 2),
        latex=r"f(x,y)=\tfrac12\left(x^2-y^2\right)",
        source="Dauphin et al., Identifying and attacking the saddle point problem (2014), "
        "arXiv:1406.2572",
        saddles=((0.0, 0.0),),
        start=(-1.6, 0.05),
        steps=60,
        gradient_tolerance=0.001,
    ),
    Surface(
        name="monkey_saddle",
        function=functions.monkey_saddle,
        x_range=(-1.5, 1.5),
        y_range=(-1.5, 1.5),
        latex=r"f(x,y)=x^3-3xy^2",
        source="Hilbert & Cohn-Vossen, Geometry and the Imagination (Chelsea, 1952)",
        saddles=((0.0, 0.0),),
        start=(1.2, 0.05),
        steps=100,
        gradient_tolerance=0.002,
    ),
    Surface(
        name="cliff",
        function=functions.cliff,
        x_range=(-6, 6),
        y_range=(-4, 4),
        latex=(
            r"f(x,y)=\tfrac52\left(1+\tfrac{s}{\sqrt{1+s^2}}\right)"
            r"+\tfrac1{20}(x+2)^2+\tfrac14y^2,\quad s=8(x-1)"
        ),
        source="After Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural "
        "networks (2013), arXiv:1211.5063; the formula is ours",
        minima=((-2.01422698301, 0.0),),
        minimum_value=0.002157052956690997,
        start=(4.5, 2.5),
        steps=150,
        gradient_tolerance=0.001,
    ),
)

SURFACES: Mapping[str, Surface] = MappingProxyType({s.name: s for s in (*_SURFACES, *SLICES)})
"""Registry key → surface, in the order in which a lesson would meet them."""


def is_formula(surface: Surface) -> bool:
    """Whether symbols, and a program for the browser, can be made of a surface's function."""
    return not isinstance(surface.function, LossSlice)


FORMULAS = tuple(name for name, surface in SURFACES.items() if is_formula(surface))
"""Those of the registry that are formulas; the others are slices of real losses."""


def get_surface(name: str) -> Surface:
    """The surface called ``name``; one that begins with ``=`` is a formula of x and y.

    Raises:
        Problem: There is none (the message lists those there are), or the formula is none.

    Example:
        >>> get_surface("=x^2 + y^2 @ -1,1,-1,1").minima
        ((0.0, 0.0),)
    """
    if name.startswith("="):
        from optviz.core.own import own_surface

        return own_surface(name)
    if name not in SURFACES:
        raise Problem(
            "problem.core.unknown_name", kind="surface", name=name, known=", ".join(SURFACES)
        )
    return SURFACES[name]
