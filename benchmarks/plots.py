"""A stored result -> the plots of docs/benchmarks.md, as SVG: bars and lines over logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from .measure import show_time

WIDTH, LEFT, RIGHT, ROW = 760, 190, 70, 22
COLOURS = ("#0b6e99", "#c2571a", "#4f7d2b", "#7a4fa3", "#8a6d3b", "#b03060")
STYLE = (
    "text{font:12px sans-serif;fill:#333}.t{font-weight:bold;font-size:14px}.g{stroke:#ddd}.a{text-anchor:end}"
    ".m{text-anchor:middle;fill:#777}"
)


def draw_plots(result: Mapping[str, Any]) -> dict[str, str]:
    """Return the plots by file name."""
    single = [one for one in result["results"] if one["of"] == "sample"]
    batch = [one for one in result["results"] if one["of"] == "batch"]
    plots = {}
    for size in result["worlds"]:
        own = {one["contender"]: one["ns"] for one in single if one["size"] == size}
        if own:
            plots[f"single-{size}.svg"] = draw_bars(f"One request at a time, size {size}: nanoseconds", own)
    for name, results in (("single", single), ("batch", batch)):
        lines: dict[str, dict[str, float]] = {}
        for one in results:
            lines.setdefault(one["contender"], {})[one["size"]] = one["ns"]
        many = {who: points for who, points in lines.items() if len(points) == len(result["worlds"]) > 1}
        if many:
            title = "One request at a time" if name == "single" else "Many requests in one call"
            sizes = list(result["worlds"])
            plots[f"{name}-sizes.svg"] = draw_lines(f"{title}, by size: nanoseconds per request", sizes, many)
    return plots


def draw_bars(title: str, values: Mapping[str, float]) -> str:
    """Return a bar for each value, the shortest on top."""
    ordered = sorted(values.items(), key=lambda item: item[1])
    low, high = _decades(list(values.values()))
    span = WIDTH - LEFT - RIGHT
    height = 50 + ROW * len(ordered) + 24

    def place(value: float) -> float:
        return LEFT + span * (math.log10(value) - low) / (high - low)

    parts = []
    for decade in range(low, high + 1):
        x = place(10.0**decade)
        parts.append(f'<line class="g" x1="{x:.1f}" y1="40" x2="{x:.1f}" y2="{height - 24}"/>')
        parts.append(f'<text class="m" x="{x:.1f}" y="{height - 8}">{show_time(10.0**decade)}</text>')
    for row, (name, value) in enumerate(ordered):
        y = 46 + ROW * row
        colour = COLOURS[0] if name.startswith("gatewright") else "#a8b4bc"
        parts.append(f'<text class="a" x="{LEFT - 8}" y="{y + 13}">{escape(name)}</text>')
        width = max(1.0, place(value) - LEFT)
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{ROW - 6}" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + width + 5:.1f}" y="{y + 13}">{show_time(value)}</text>')
    return _svg(title, height, parts)


def draw_lines(title: str, sizes: Sequence[str], lines: Mapping[str, Mapping[str, float]]) -> str:
    """Return a line for each contender over the sizes."""
    low, high = _decades([value for points in lines.values() for value in points.values()])
    bottom, top, right = 300, 44, WIDTH - 260

    def x_of(size: str) -> float:
        return 70 + (right - 90) * sizes.index(size) / max(1, len(sizes) - 1)

    def y_of(value: float) -> float:
        return bottom - (bottom - top) * (math.log10(value) - low) / (high - low)

    parts = []
    for decade in range(low, high + 1):
        y = y_of(10.0**decade)
        parts.append(f'<line class="g" x1="60" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(f'<text class="a" x="54" y="{y + 4:.1f}">{show_time(10.0**decade)}</text>')
    parts += [f'<text class="m" x="{x_of(size):.1f}" y="{bottom + 20}">{size}</text>' for size in sizes]
    names = sorted(lines, key=lambda name: -lines[name][sizes[-1]])
    for row, name in enumerate(names):
        colour = COLOURS[row % len(COLOURS)]
        points = " ".join(f"{x_of(size):.1f},{y_of(lines[name][size]):.1f}" for size in sizes)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        y = top + 10 + 20 * row
        parts.append(
            f'<line x1="{right + 14}" y1="{y}" x2="{right + 34}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<text x="{right + 40}" y="{y + 4}">{escape(name)}</text>')
    return _svg(title, max(bottom + 34, top + 20 * len(names) + 20), parts)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
    lines = [head, f"<style>{STYLE}</style>", f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>']
    return "\n".join([*lines, f'<text class="t" x="12" y="24">{escape(title)}</text>', *parts, "</svg>", ""])
