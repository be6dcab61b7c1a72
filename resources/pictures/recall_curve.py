#!/usr/bin/env python3
"""Draws recall.svg: right answers of builtin:recall by distance, dense attention and each pattern.

    ringscope report @last -o recall.json && recall_curve.py recall.json "PATTERN"... > recall.svg

PATTERN: words behind "pattern=" in the labels of the configurations to draw, in this order; without
any, all are drawn.
"""
import json
import sys
from math import log2

WIDTH, HEIGHT = 840, 380
LEFT, RIGHT, TOP, BOTTOM = 52, 270, 16, 48
MUTED, LINE = "#59616F", "#D5D9E0"
COLOURS = ["#1B1F27", "#5E7D0A", "#8C3B2A", "#1F6FB2", "#B85C00", "#7A3E9D", "#0E7C86", "#A61E4D", "#7C5A1E",
           "#2E7D32"]
GUESS = 12.5  # per cent, of eight values


def configurations(report):
    """Label and last validation of each configuration, in the order of the report."""
    runs = {run["id"]: run for run in report["runs"]}
    comparison = report["comparison"]
    for group in [comparison["baseline"]] + comparison["candidates"]:
        found = [runs[name]["validations"][-1] for name in group["runs"] if runs[name]["validations"]]
        if found:
            yield group["label"].partition("pattern=")[2] or group["label"], found[0]["recall"]


def spread(places, room):
    """The places, moved so that none is nearer to the one before it than `room`."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for before, here in zip(order, order[1:]):
        moved[here] = max(moved[here], moved[before] + room)
    over = max(0, max(moved) - (HEIGHT - BOTTOM))
    return [place - over for place in moved]


def main(name, wanted):
    with open(name, encoding="utf-8") as file:
        found = dict(configurations(json.load(file)))
    lines = [(label, found[label]) for label in (wanted or found)]
    ends = [part["up_to"] for part in lines[0][1]]

    def x(distance):
        share = log2(distance / ends[0]) / log2(ends[-1] / ends[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(percent):
        return TOP + (100 - percent) / 100 * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
           f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>']

    def text(a, b, words, colour=MUTED, anchor="start"):
        out.append(f'<text x="{a:.1f}" y="{b:.1f}" fill="{colour}" text-anchor="{anchor}">{words}</text>')

    def line(points, colour, more=""):
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" {more}/>')

    for percent in range(0, 101, 20):
        line([(LEFT, y(percent)), (WIDTH - RIGHT, y(percent))], LINE)
        text(LEFT - 8, y(percent) + 4, f"{percent} %", anchor="end")
    for end, begin in zip(ends, [0] + ends):
        text(x(end), HEIGHT - BOTTOM + 18, f"{begin + 1}–{end}", anchor="middle")
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "tokens back", anchor="middle")
    line([(LEFT, y(GUESS)), (WIDTH - RIGHT, y(GUESS))], MUTED, 'stroke-dasharray="2 4"')
    text(LEFT + 4, y(GUESS) + 14, "guessing")
    shares = [[100 * part["accuracy"] for part in parts] for _, parts in lines]
    places = spread([y(share[-1]) for share in shares], 15)
    for (label, _), share, place, colour in zip(lines, shares, places, COLOURS):
        points = [(x(end), y(percent)) for end, percent in zip(ends, share)]
        line(points, colour, 'stroke-width="2"')
        for a, b in points:
            out.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>')
        text(WIDTH - RIGHT + 12, place + 4, "dense" if label == "none" else label, colour)
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
