"""Actors: people, motorbikes, a dog, swaying plants, rain; each drawn from its place in metres and the time. Pure."""

import math
import random
from dataclasses import dataclass

from .paint import darker, lighter

SHADOW, GLOW, BEAM, RAIN = darker(0.35), lighter(0.35), lighter(0.18), lighter(0.28)


def rgb(r, g, b):
    return bytes((r, g, b))


SKIN, STRAW, BLACK, TYRE, STEEL = rgb(176, 130, 100), rgb(216, 196, 140), rgb(30, 30, 34), rgb(26, 26, 26), rgb(120, 120, 124)
CLOTHES = (rgb(160, 40, 40), rgb(40, 70, 130), rgb(210, 210, 200), rgb(60, 100, 70), rgb(150, 110, 160), rgb(230, 170, 60))


@dataclass
class Actor:
    """Goes from (x0, z0) to (x1, z1) between two seconds of the loop; out of the picture at any other time."""
    kind: str                  # walker | rider | crosser | dog
    start: float
    end: float
    x0: float
    z0: float
    x1: float
    z1: float
    tone: int = 0
    lamp: bool = False         # at night: the headlight

    def place(self, t):
        k = (t - self.start) / (self.end - self.start)
        return self.x0 + (self.x1 - self.x0) * k, self.z0 + (self.z1 - self.z0) * k


def draw(canvas, view, actor, t):
    x, z = actor.place(t)
    if actor.start <= t < actor.end and z > 0.8:
        ACTORS[actor.kind](canvas, view, actor, x, z, t)


class Pen:
    """Draws in metres relative to a foot point, upright towards the camera."""

    def __init__(self, canvas, view, x, z, flip=1):
        self.c, self.flip = canvas, flip
        self.px, self.py, self.s = view.project(x, 0, z)
        self.squeeze = view.cos      # what is upright looks shorter from above

    def at(self, dx, y):
        return self.px + dx * self.s * self.flip, self.py - y * self.s * self.squeeze

    def poly(self, paint, *points):
        self.c.polygon([self.at(*p) for p in points], paint)

    def oval(self, paint, dx, y, rx, ry):
        x, py = self.at(dx, y)
        self.c.ellipse(x, py, rx * self.s, ry * self.s * self.squeeze, paint)

    def limb(self, paint, x0, y0, x1, y1, thick):
        self.c.line(*self.at(x0, y0), *self.at(x1, y1), max(1.0, thick * self.s), paint)

    def shadow(self, rx):
        self.c.ellipse(self.px + 0.15 * self.s, self.py, rx * self.s, 0.16 * rx * self.s + 1, SHADOW)


def walker(canvas, view, actor, x, z, t):
    pen, swing = Pen(canvas, view, x, z), math.sin(t * 6.5 + actor.start)
    shirt = CLOTHES[actor.tone % len(CLOTHES)]
    pen.shadow(0.45)
    pen.limb(BLACK, -0.08, 0.85, -0.08 + 0.20 * swing, 0.0, 0.15)
    pen.limb(BLACK, 0.08, 0.85, 0.08 - 0.20 * swing, 0.0, 0.15)
    pen.poly(shirt, (-0.22, 1.42), (0.22, 1.42), (0.19, 0.80), (-0.19, 0.80))
    pen.limb(shirt, -0.24, 1.36, -0.30 - 0.12 * swing, 0.88, 0.10)
    pen.limb(shirt, 0.24, 1.36, 0.30 - 0.12 * swing, 0.88, 0.10)
    pen.oval(SKIN, 0, 1.55, 0.11, 0.14)
    if actor.tone % 2:
        pen.poly(STRAW, (-0.30, 1.56), (0.0, 1.82), (0.30, 1.56))    # a conical hat
    else:
        pen.oval(BLACK, 0, 1.62, 0.12, 0.10)


def rider(canvas, view, actor, x, z, t):
    """A motorbike towards us or away."""
    pen, coming = Pen(canvas, view, x, z), actor.z1 < actor.z0
    shirt = CLOTHES[actor.tone % len(CLOTHES)]
    pen.shadow(0.6)
    if actor.lamp and coming:
        for r in (1.6, 1.1, 0.7):
            canvas.ellipse(pen.px, pen.py + 0.5 * pen.s, r * pen.s, 0.5 * r * pen.s, BEAM)
    pen.oval(TYRE, 0, 0.30, 0.07, 0.30)
    pen.limb(BLACK, -0.30, 0.10, -0.15, 0.62, 0.13)
    pen.limb(BLACK, 0.30, 0.10, 0.15, 0.62, 0.13)
    pen.poly(CLOTHES[(actor.tone + 1) % len(CLOTHES)], (-0.21, 0.86), (0.21, 0.86), (0.15, 0.35), (-0.15, 0.35))
    pen.poly(shirt, (-0.25, 1.38), (0.25, 1.38), (0.21, 0.80), (-0.21, 0.80))
    pen.limb(shirt, -0.26, 1.32, -0.38, 1.02, 0.11)
    pen.limb(shirt, 0.26, 1.32, 0.38, 1.02, 0.11)
    pen.limb(STEEL, -0.42, 1.02, 0.42, 1.02, 0.05)
    pen.oval(SKIN if coming else BLACK, 0, 1.54, 0.12, 0.15)
    pen.oval(CLOTHES[(actor.tone + 3) % len(CLOTHES)], 0, 1.62, 0.15, 0.13)
    if coming:
        pen.oval(rgb(250, 248, 225) if actor.lamp else rgb(210, 210, 200), 0, 0.86, 0.09, 0.08)
        if actor.lamp:
            for r in (0.8, 0.5, 0.28):
                pen.oval(GLOW, 0, 0.86, r, r)
    else:
        pen.oval(rgb(200, 30, 24), 0, 0.74, 0.07, 0.05)


def crosser(canvas, view, actor, x, z, t):
    """A motorbike from the side."""
    pen = Pen(canvas, view, x, z, 1 if actor.x1 > actor.x0 else -1)
    shirt = CLOTHES[actor.tone % len(CLOTHES)]
    pen.shadow(1.0)
    for wheel in (-0.62, 0.62):
        pen.oval(TYRE, wheel, 0.29, 0.29, 0.29)
        pen.oval(STEEL, wheel, 0.29, 0.17, 0.17)
    pen.poly(CLOTHES[(actor.tone + 1) % len(CLOTHES)], (-0.75, 0.78), (-0.15, 0.66), (0.10, 0.42), (0.42, 0.50), (0.50, 0.95), (0.30, 0.55), (-0.30, 0.45))
    pen.limb(STEEL, 0.62, 0.29, 0.45, 1.02, 0.07)
    pen.limb(BLACK, -0.12, 0.80, 0.22, 0.60, 0.16)
    pen.limb(BLACK, 0.22, 0.60, 0.18, 0.22, 0.13)
    pen.poly(shirt, (-0.28, 0.80), (0.02, 0.80), (0.12, 1.36), (-0.16, 1.40))
    pen.limb(shirt, 0.02, 1.30, 0.40, 1.04, 0.10)
    pen.oval(SKIN, 0.04, 1.52, 0.11, 0.13)
    pen.oval(CLOTHES[(actor.tone + 3) % len(CLOTHES)], 0.02, 1.59, 0.15, 0.13)


def dog(canvas, view, actor, x, z, t):
    pen, coat = Pen(canvas, view, x, z, 1 if actor.x1 > actor.x0 else -1), (rgb(150, 104, 60), rgb(60, 50, 44), rgb(200, 190, 170))[actor.tone % 3]
    swing = math.sin(t * 11)
    pen.shadow(0.4)
    for hip, phase in ((-0.22, 1), (-0.16, -1), (0.20, -1), (0.26, 1)):
        pen.limb(coat, hip, 0.30, hip + 0.10 * swing * phase, 0.0, 0.06)
    pen.oval(coat, 0, 0.38, 0.34, 0.13)
    pen.oval(coat, 0.36, 0.52, 0.12, 0.10)
    pen.limb(coat, -0.32, 0.42, -0.46, 0.60 + 0.04 * swing, 0.05)


ACTORS = dict(walker=walker, rider=rider, crosser=crosser, dog=dog)


def plant(canvas, view, x, z, height, t, loop):
    """Long leaves in the wind; the sway fits the loop a whole number of times."""
    rng = random.Random(int(x * 100 + z * 7))
    px, py, s = view.project(x, 0, z)
    for i in range(16):
        lean, reach = rng.uniform(-1, 1), rng.uniform(0.6, 1.0) * height
        turns = max(1, round(loop * rng.uniform(0.25, 0.5)))
        sway = 0.13 * math.sin(2 * math.pi * turns * t / loop + rng.uniform(0, 6))
        g = rng.randrange(74, 128)
        tip = (px + (lean * 0.75 + sway) * reach * s, py - reach * s * 0.95)
        mid = (px + (lean * 0.22 + sway * 0.3) * reach * s, py - reach * s * 0.6)
        wide = 0.07 * s
        canvas.polygon([(px - wide / 3, py), (mid[0] - wide, mid[1]), tip, (mid[0] + wide, mid[1]), (px + wide / 3, py)],
                       rgb(g * 2 // 3, g, g * 2 // 5))


def rain(canvas, frame, drops):
    """Streaks; every frame its own, as seen at 15 pictures a second."""
    rng = random.Random(frame)
    for _ in range(drops):
        x, y, length = rng.randrange(canvas.w), rng.randrange(-20, canvas.h), rng.randrange(10, 34)
        for row in range(length):
            canvas.span(y + row, x - row * 0.12, x - row * 0.12 + 1.4, RAIN)
