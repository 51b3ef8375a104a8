"""Painting: value noise, a pinhole camera over a ground plane, and a canvas with polygons. Pure."""

import math
import random

NOISE = 256


def noise_table(seed):
    """Tileable fractal noise, NOISE x NOISE values in 0..1."""
    rng = random.Random(seed)
    table = [[0.0] * NOISE for _ in range(NOISE)]
    for cell, weight in ((64, 0.35), (16, 0.3), (4, 0.2), (1, 0.15)):
        n = NOISE // cell
        grid = [[rng.random() * weight for _ in range(n)] for _ in range(n)]
        for y in range(NOISE):
            top, bottom, fy = grid[y // cell], grid[(y // cell + 1) % n], y % cell / cell
            column = [a + (b - a) * fy for a, b in zip(top, bottom)]
            row = table[y]
            for x in range(NOISE):
                i, fx = x // cell, x % cell / cell
                row[x] += column[i] + (column[(i + 1) % n] - column[i]) * fx
    return table


class View:
    """A camera on a pole: `height` metres up, looking `down` degrees, `focal` in picture widths."""

    def __init__(self, width, height_px, height=3.4, down=13.0, focal=0.8, shift=0.0):
        self.w, self.h, self.up, self.x0 = width, height_px, height, shift
        self.f = focal * width
        self.sin, self.cos = math.sin(math.radians(down)), math.cos(math.radians(down))

    def ray(self, px, py):
        u, v = (px + 0.5 - self.w / 2) / self.f, (self.h / 2 - py - 0.5) / self.f
        return u, v * self.cos - self.sin, self.cos + v * self.sin

    def project(self, x, y, z):
        """Picture position of a point (metres: right of the lane's middle, up, away), and pixels per metre there."""
        y -= self.up
        depth = max(0.3, z * self.cos - y * self.sin)
        scale = self.f / depth
        return self.w / 2 + (x - self.x0) * scale, self.h / 2 - (y * self.cos + z * self.sin) * scale, scale


def lighter(amount):
    return bytes(min(255, int(i + (255 - i) * amount)) for i in range(256))


def darker(amount):
    return bytes(int(i * (1 - amount)) for i in range(256))


class Canvas:
    """An RGB picture."""

    def __init__(self, width, height, data=None):
        self.w, self.h = width, height
        self.data = bytearray(data) if data is not None else bytearray(3 * width * height)

    def copy(self):
        return Canvas(self.w, self.h, self.data)

    def span(self, y, a, b, paint):
        """Pixels a..b of row y: a colour (3 bytes) or a translation table (256 bytes: shadow, light)."""
        a, b = max(0, int(a)), min(self.w, int(b))
        if b > a and 0 <= y < self.h:
            i, j = 3 * (y * self.w + a), 3 * (y * self.w + b)
            self.data[i:j] = paint * (b - a) if len(paint) == 3 else self.data[i:j].translate(paint)

    def polygon(self, points, paint):
        ys = [p[1] for p in points]
        edges = list(zip(points, points[1:] + points[:1]))
        for y in range(max(0, math.ceil(min(ys) - 0.5)), min(self.h, math.floor(max(ys) + 0.5))):
            line, cuts = y + 0.5, []
            for (xa, ya), (xb, yb) in edges:
                if (ya <= line) != (yb <= line):
                    cuts.append(xa + (line - ya) * (xb - xa) / (yb - ya))
            cuts.sort()
            for a, b in zip(cuts[::2], cuts[1::2]):
                self.span(y, a + 0.5, b + 0.5, paint)

    def ellipse(self, x, y, rx, ry, paint):
        for row in range(math.ceil(y - ry), math.floor(y + ry) + 1):
            t = 1 - ((row - y) / ry) ** 2 if ry else 0
            if t > 0:
                half = rx * math.sqrt(t)
                self.span(row, x - half + 0.5, x + half + 0.5, paint)

    def line(self, x0, y0, x1, y1, thick, paint):
        length = math.hypot(x1 - x0, y1 - y0) or 1
        nx, ny = -(y1 - y0) / length * thick / 2, (x1 - x0) / length * thick / 2
        self.polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)], paint)
