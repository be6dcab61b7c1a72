#!/usr/bin/env python3
"""Draws learn.svg: a training that was cut off and went on, as runs that follow each other.

    learn_curve.py PAIR_LOSS RUN.json... > learn.svg

RUN.json: what `ringscope runs show RUN --json` prints; PAIR_LOSS: what `ringscope data show` says.
"""
import json
import sys

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 16, 44
TEXT, MUTED, LINE, MODE, ACCENT = "#1B1F27", "#59616F", "#D5D9E0", "#B85C00", "#1F5FBF"


def main(pair_loss, files):
    runs = []
    for name in files:
        with open(name, encoding="utf-8") as file:
            runs.append(json.load(file)["runs"][0])
    steps = runs[-1]["first_step"] + len(runs[-1]["losses"])
    low, high = 1.5, 6.0

    def x(step):
        return LEFT + step / steps * (WIDTH - LEFT - RIGHT)

    def y(loss):
        return TOP + (high - min(loss, high)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
           f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>']

    def line(points, colour, more=""):
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" {more}/>')

    def text(a, b, words, colour=MUTED, anchor="start"):
        out.append(f'<text x="{a:.1f}" y="{b:.1f}" fill="{colour}" text-anchor="{anchor}">{words}</text>')

    for loss in (2.0, 3.0, 4.0, 5.0, 6.0):
        line([(LEFT, y(loss)), (WIDTH - RIGHT, y(loss))], LINE)
        text(LEFT - 8, y(loss) + 4, f"{loss:.1f}", anchor="end")
    for step in range(0, steps + 1, 40):
        text(x(step), HEIGHT - BOTTOM + 18, step, anchor="middle")
    text(x(steps / 2), HEIGHT - 8, "training step", anchor="middle")
    line([(LEFT, y(pair_loss)), (WIDTH - RIGHT, y(pair_loss))], ACCENT, 'stroke-dasharray="6 4"')
    text(WIDTH - RIGHT, y(pair_loss) - 6, f"the token before alone: {pair_loss:.3f}", ACCENT, "end")
    for run in runs:
        first = run["first_step"]
        line([(x(first + i), y(loss)) for i, loss in enumerate(run["losses"])], MODE,
             'stroke-width="1.5" stroke-opacity="0.55"')
        for found in run["validations"]:
            out.append(f'<circle cx="{x(found["step"]):.1f}" cy="{y(found["loss"]):.1f}" r="4" fill="{MODE}"/>')
    for run in runs[1:]:
        a = x(run["first_step"])
        line([(a, TOP), (a, HEIGHT - BOTTOM)], TEXT, 'stroke-dasharray="2 3"')
        text(a + 5, TOP + 12, f"cut off, goes on at step {run['first_step']}", TEXT)
    last = runs[-1]["validations"][-1]
    text(WIDTH - RIGHT, y(last["loss"]) + 24, f"dots: validation, {last['loss']:.3f} at the end", MODE, "end")
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
