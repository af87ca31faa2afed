"""The surfaces once more, written independently for sympy, and what the literature says of them.

Formulas: Jamil & Yang, arXiv:1308.4008, and the sources the registry names. Values at critical
points were found by solving ∇f = 0 symbolically or with a root finder.
"""

import sympy as sp

x, y = sp.symbols("x y", real=True)
_R = sp.Rational
_s = 8 * (x - 1)

FORMULAS = {
    "bowl": (x**2 + 2 * y**2) / 2,
    "ravine": (x**2 + 100 * y**2) / 2,
    "tilted": (13 * x**2 - 24 * x * y + 13 * y**2) / 2,
    "rosenbrock": (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "beale": (_R(3, 2) - x + x * y) ** 2
    + (_R(9, 4) - x + x * y**2) ** 2
    + (_R(21, 8) - x + x * y**3) ** 2,
    "himmelblau": (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "booth": (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "matyas": _R(26, 100) * (x**2 + y**2) - _R(48, 100) * x * y,
    "styblinski_tang": sum(t**4 - 16 * t**2 + 5 * t for t in (x, y)) / 2,
    "rastrigin": 20 + sum(t**2 - 10 * sp.cos(2 * sp.pi * t) for t in (x, y)),
    "ackley": 20
    + sp.E
    - 20 * sp.exp(-sp.sqrt((x**2 + y**2) / 2) / 5)
    - sp.exp((sp.cos(2 * sp.pi * x) + sp.cos(2 * sp.pi * y)) / 2),
    "goldstein_price": (
        1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    )
    * (30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)),
    "six_hump_camel": (4 - _R(21, 10) * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
    "mccormick": sp.sin(x + y) + (x - y) ** 2 - _R(3, 2) * x + _R(5, 2) * y + 1,
    "branin": (y - _R(51, 10) / (4 * sp.pi**2) * x**2 + 5 / sp.pi * x - 6) ** 2
    + 10 * (1 - 1 / (8 * sp.pi)) * sp.cos(x)
    + 10,
    "saddle": (x**2 - y**2) / 2,
    "monkey_saddle": x**3 - 3 * x * y**2,
    "cliff": _R(5, 2) * (1 + _s / sp.sqrt(1 + _s**2)) + (x + 2) ** 2 / 20 + y**2 / 4,
}

VALUES = [  # surface, point, value, kind
    ("rosenbrock", (1, 1), 0, "minimum"),
    ("himmelblau", (3, 2), 0, "minimum"),
    ("himmelblau", (-2.805118, 3.131313), 0, "minimum"),
    ("himmelblau", (-3.779310, -3.283186), 0, "minimum"),
    ("himmelblau", (3.584428, -1.848127), 0, "minimum"),
    ("himmelblau", (-0.270845, -0.923039), 181.6165, "maximum"),
    ("himmelblau", (3.385154, 0.073852), 13.3119, "saddle"),
    ("himmelblau", (0.086678, 2.884255), 67.7192, "saddle"),
    ("himmelblau", (-3.073026, -0.081353), 104.0152, "saddle"),
    ("himmelblau", (-0.127961, -1.953715), 178.3372, "saddle"),
    ("beale", (3, 0.5), 0, "minimum"),
    ("beale", (0, 1), 14.203125, "saddle"),
    ("beale", (0.100538, -2.644514), 9.864512, "saddle"),
    ("booth", (1, 3), 0, "minimum"),
    ("matyas", (0, 0), 0, "minimum"),
    ("styblinski_tang", (-2.903534, -2.903534), -78.332331, "minimum"),
    ("rastrigin", (0, 0), 0, "minimum"),
    ("goldstein_price", (0, -1), 3, "minimum"),
    ("branin", (3.141593, 2.275), 0.397887, "minimum"),
    ("monkey_saddle", (0, 0), 0, "degenerate"),
    ("saddle", (0, 0), 0, "saddle"),
]
"""Figures printed in the literature."""

EIGENVALUES = [
    ("bowl", (0, 0), (1, 2)),
    ("ravine", (0, 0), (1, 100)),
    ("tilted", (0, 0), (1, 25)),
    ("rosenbrock", (1, 1), (0.399361, 1001.60064)),
    ("booth", (1, 3), (2, 18)),
    ("matyas", (0, 0), (0.04, 1)),
    ("rastrigin", (0, 0), (396.784176, 396.784176)),
    ("beale", (0, 1), (-27.75, 27.75)),
]
