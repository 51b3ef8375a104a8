"""Places: still views of a hamlet, ray-cast onto a ground plane and the walls along a lane. Pure.

Each place is a `Place` (sizes, seed, materials); `render` gives a Canvas, without anybody in it.
"""

import math
import random
from dataclasses import dataclass, field

from .paint import NOISE, Canvas, darker, noise_table

HAZE = (203, 210, 213)
PASTEL = ((214, 196, 150), (188, 203, 196), (222, 214, 200), (200, 172, 140), (176, 190, 208), (206, 160, 132), (232, 222, 186))
DOOR = ((70, 92, 110), (96, 62, 40), (58, 84, 66), (120, 122, 124))


@dataclass
class Place:
    seed: int = 1
    left: float = -1.9            # metres; where the left wall stands, None for open ground
    right: float = 1.9
    wall: str = "houses"          # houses | brick | hedge
    ground: str = "concrete"      # concrete | brick | earth | tiles
    beside: str = "grass"         # beyond the verge of open ground: grass | water | paddy
    verge: float = 2.4            # half width of the road on open ground
    hall: float = 0.0             # distance of a communal house across the view, 0 for none
    leaves: tuple = field(default=())   # swaying plants: (x, z, height) each
    poles: bool = True


def houses(rng, length=90):
    """Fronts along one side of a lane: (from, to, height, colour, door colour)."""
    out, z = [], -3.0
    while z < length:
        w = rng.uniform(3.4, 6.5)
        out.append((z, z + w, rng.uniform(2.3, 6.5), rng.choice(PASTEL), rng.choice(DOOR)))
        z += w
    return out


def front(houses_, z, y, n):
    """Colour of a house front at distance z and height y, None above the roof."""
    for a, b, top, wall, door in houses_:
        if a <= z < b:
            if y > top:
                return None
            u = (z - a) / (b - a)
            if y > top - 0.25:
                return (118, 66, 50)
            if 0.12 < u < 0.52 and y < 2.25:
                if 0.30 < u < 0.33 or y > 2.15:
                    return (40, 38, 36)
                k = 0.85 + 0.15 * (int(y * 9) & 1)
                return (door[0] * k, door[1] * k, door[2] * k)
            if 0.64 < u < 0.88 and 0.95 < y % 3.0 < 2.05:
                return (52, 62, 70) if int(u * 60) % 4 else (150, 150, 145)
            k = (0.80 + 0.25 * n) * (0.78 if y < 0.35 else 1.0)
            return (wall[0] * k, wall[1] * k, wall[2] * k)
    return None


def brick(a, y, n, scale=0.62):
    row = int(y / (0.16 * scale))
    if y % (0.16 * scale) < 0.02 * scale or (a + 0.17 * scale * (row & 1)) % (0.34 * scale) < 0.025 * scale:
        return (150, 142, 132)
    k = 0.75 + 0.4 * n
    return (158 * k, 86 * k, 62 * k)


def road(kind, x, z, n, fine):
    if kind == "concrete":
        k = 0.78 + 0.3 * n
        if z % 3.2 < 0.05 or abs(x) < 0.025 and n > 0.45:
            k *= 0.62
        return (158 * k, 154 * k, 146 * k)
    if kind == "brick":
        return brick(x + 50, z + 50, (n + fine) / 2, 1.0)
    if kind == "tiles":
        k = (0.82 + 0.25 * n) * (0.7 if x % 0.8 < 0.04 or z % 0.8 < 0.05 else 1)
        return (190 * k, 150 * k, 122 * k) if (int(x / 0.8 + 99) + int(z / 0.8)) & 1 else (176 * k, 166 * k, 150 * k)
    k = 0.65 + 0.5 * n + 0.15 * fine
    return (146 * k, 118 * k, 84 * k)


def beside(kind, x, z, n, fine):
    if kind == "water":
        k = 0.8 + 0.25 * n
        glint = 26 if fine > 0.62 else 0
        return (84 * k + glint, 104 * k + glint, 98 * k + glint)
    if kind == "paddy":
        k = (0.7 + 0.35 * n + 0.25 * fine) * (0.75 if z % 1.1 < 0.2 else 1)
        return (106 * k, 148 * k, 60 * k)
    k = 0.55 + 0.4 * n + 0.4 * fine
    return (92 * k, 118 * k, 58 * k)


def render(place, view):
    """The still picture."""
    noise, rng = noise_table(place.seed), random.Random(place.seed)
    left_side, right_side = houses(rng), houses(rng)
    w, h, mask = view.w, view.h, NOISE - 1
    canvas = Canvas(w, h)
    data, i = canvas.data, 0
    up, x0, f, sin, cos = view.up, view.x0, view.f, view.sin, view.cos
    left = place.left if place.left is not None else -1e9
    right = place.right if place.right is not None else 1e9
    open_ground = place.left is None or place.right is None
    for py in range(h):
        v = (h / 2 - py - 0.5) / f
        dy, dz = v * cos - sin, cos + v * sin
        t_ground = -up / dy if dy < 0 else 1e9
        sky = max(0.0, min(1.0, py / h * 2.2))
        for px in range(w):
            dx = (px + 0.5 - w / 2) / f
            t_wall = (left - x0) / dx if dx < 0 else (right - x0) / dx if dx > 0 else 1e9
            color, t = None, 0.0
            if t_wall < t_ground:
                z, y = t_wall * dz, up + t_wall * dy
                n = noise[int(y * 40) & mask][int(z * 28) & mask]
                if place.wall == "houses":
                    color = front(left_side if dx < 0 else right_side, z, y, n)
                elif place.wall == "brick":
                    color = brick(z, y, n) if y < 2.1 + 0.1 * n else None
                elif y < 1.3 + 1.3 * noise[int(z * 9) & mask][3]:
                    k = 0.35 + 0.6 * n + 0.3 * noise[int(y * 90) & mask][int(z * 70) & mask]
                    color = (74 * k, 104 * k, 46 * k)
                t = t_wall
                if color and y < 0.5 and dx > 0:
                    color = tuple(c * (0.75 + 0.5 * y) for c in color)
            if color is None and place.hall and place.hall / dz < min(t_ground, t_wall):
                t = place.hall / dz
                color = hall(x0 + t * dx, up + t * dy, noise[int((x0 + t * dx) * 30) & mask][int(t * dy * 40) & mask])
            if color is None and t_ground < 1e8 and t_ground <= t_wall:
                t, x, z = t_ground, x0 + t_ground * dx, t_ground * dz
                n, fine = noise[int(x * 22) & mask][int(z * 22) & mask], noise[int(x * 90) & mask][int(z * 90) & mask]
                if open_ground and not -place.verge < x < place.verge:
                    edge = abs(x) - place.verge
                    color = beside("grass", x, z, n, fine) if edge < 0.7 + 0.5 * n else beside(place.beside, x, z, n, fine)
                else:
                    color = road(place.ground, x, z, n, fine)
                if x < left + 1.1 + 0.25 * n:
                    color = tuple(c * 0.66 for c in color)     # the wall's shadow
            if color is None:
                n = noise[int(py * 0.35) & mask][int(px * 0.22) & mask]
                if t_wall == 1e9 or py > h * 0.02 + view.h * 0.2 + 26 * noise[7][int(px * 0.9) & mask] - 13:
                    k = 0.5 + 0.6 * n + 0.25 * noise[(py * 2) & mask][(px * 2) & mask]
                    r, g, b, fog = 92 * k, 112 * k, 78 * k, 0.45   # far trees
                else:
                    k = 0.88 + 0.16 * n
                    r, g, b, fog = (176 + 30 * sky) * k, (196 + 14 * sky) * k, 216 * k, 0.0
            else:
                r, g, b = color
                fog = 1 - math.exp(-t / 95)
            data[i] = min(255, int(r + (HAZE[0] - r) * fog))
            data[i + 1] = min(255, int(g + (HAZE[1] - g) * fog))
            data[i + 2] = min(255, int(b + (HAZE[2] - b) * fog))
            i += 3
    if place.poles:
        poles(canvas, view, left if left > -1e8 else -place.verge - 0.6)
    return canvas


def hall(x, y, n):
    """A communal house across the view: tiled roof, columns, dark doors."""
    if abs(x) > 9 or y > 6.2 or y < 0:
        return None
    eave = 3.1 + 0.25 * (abs(x) / 9) ** 4 * 4
    if y > eave:
        if abs(x) > 9 - (y - eave) * 1.1:
            return None
        k = 0.8 + 0.3 * n - (0.25 if x % 0.35 < 0.08 else 0)
        return (150 * k, 74 * k, 52 * k)
    if y > eave - 0.3:
        return (96, 52, 36)
    if y < 0.5:
        return (150, 146, 138)
    if abs(x) % 2.2 < 0.32:
        return (120, 60, 42)
    k = 0.75 + 0.4 * n
    return (70 * k, 44 * k, 32 * k) if x % 0.55 > 0.06 else (36, 26, 20)


def poles(canvas, view, x):
    """Power poles on the left and their sagging wires."""
    tops = []
    for z in (9, 24, 42, 66):
        bx, by, s = view.project(x + 0.25, 0, z)
        tx, ty, _ = view.project(x + 0.25, 7.0, z)
        canvas.line(bx, by, tx, ty, max(1.5, 0.22 * s), bytes((128, 126, 120)))
        canvas.line(bx + 0.06 * s, by, tx + 0.06 * s, ty, max(1.0, 0.07 * s), darker(0.3))
        tops.append(z)
    for sag in (6.7, 6.3, 5.9):
        last = None
        for step in range(0, 120):
            z = 3 + step * 0.55
            y = sag - 0.5 * math.sin(math.pi * ((z - 9) % 16.5) / 16.5)
            px, py, s = view.project(x + 0.3, y, z)
            if last:
                canvas.line(*last, px, py, max(1.2, 0.03 * s), bytes((38, 38, 40)))
            last = (px, py)
