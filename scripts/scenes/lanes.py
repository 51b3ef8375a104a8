"""The 19 lanes: what each camera of the demo sees. Pure data.

`People` shows real people: a window of OpenCV's street scene (768x576), each with its own crop, mirror, tilt, light and
start. `Drawn` is a painted place with actors. Loops have different lengths, so that nothing repeats in step.
"""

from dataclasses import dataclass, field

from .actors import Actor
from .places import Place

DAY = ""
WARM = "colorbalance=rs=.08:bs=-.10,eq=saturation=1.1"
COOL = "colorbalance=rs=-.06:bs=.10,eq=brightness=.03:saturation=.85"
HAZY = "eq=contrast=.78:brightness=.07:saturation=.6"
DUSK = "eq=gamma=.72:saturation=.7,colorbalance=rs=.10:bs=-.04"
FADED = "eq=contrast=1.15:saturation=.45:gamma=1.1"
NIGHT = "hue=s=0,eq=gamma=.78:contrast=1.1,vignette=a=PI/4"
DARK = "hue=s=0,eq=gamma=.66:contrast=.95,vignette=a=PI/3.6"


@dataclass
class People:
    crop: tuple                   # width, height, x, y in the original
    start: float = 0.0            # second of the original at which the loop begins
    mirror: bool = False
    tilt: float = 0.0             # degrees
    light: str = DAY
    grain: int = 5                # sensor noise; more at night


@dataclass
class Drawn:
    place: Place
    actors: list = field(default_factory=list)
    view: dict = field(default_factory=dict)
    rain: int = 0                 # drops per picture
    light: str = DAY
    grain: int = 5


@dataclass
class Lane:
    label: str
    scene: object
    seconds: int = 24             # loop; a multiple of the two seconds between key frames
    codec: str = "h264"           # of main; sub is always H.264
    audio: str = ""               # aac | pcma
    corner: str = "top"           # where the name is burnt in


LANES = [
    Lane("Ngõ 1 - cổng làng", People((560, 315, 208, 60), 0), 26),
    Lane("Ngõ 2 - nhà văn hoá", People((448, 252, 300, 96), 14, mirror=True, light=WARM), 24, audio="aac"),
    Lane("Ngõ 3 - giếng làng", Drawn(Place(seed=3), [
        Actor("rider", 1, 11, .7, 62, .8, 1, 1), Actor("walker", 4, 22, -1.0, 2.2, -.9, 24, 1),
        Actor("dog", 13, 19, -1.6, 9, 1.7, 7.5)]), 24),
    Lane("Ngõ 4 - sân đình", Drawn(Place(seed=9, left=None, right=None, hall=24, ground="tiles", verge=11, poles=False), [
        Actor("walker", 1, 14, -13, 15, 12, 12, 3), Actor("crosser", 6, 11, 16, 19, -16, 18, 2), Actor("walker", 12, 25, 9, 7, -9, 9, 2)],
        dict(down=10)), 26, audio="pcma"),
    Lane("Ngõ 5 - chùa", People((480, 270, 40, 110), 30, tilt=-3, light=COOL), 22, corner="bottom"),
    Lane("Ngõ 6 - ao làng", Drawn(Place(seed=8, left=None, right=3.0, wall="hedge", beside="water"), [
        Actor("crosser", 2, 5, 4, 13, -.5, 30, 4), Actor("walker", 4, 21, .6, 30, -.6, 3, 1), Actor("rider", 13, 22, 1.1, 1, 1.1, 60, 0)],
        dict(shift=.4)), 24),
    Lane("Ngõ 7 - cổng đình", People((400, 225, 352, 118), 44, light=DAY, mirror=True), 28),
    Lane("Ngõ 8 - trường mầm non", People((640, 360, 110, 40), 52, mirror=True, light=HAZY), 24),
    Lane("Ngõ 9 - trạm bơm", Drawn(Place(seed=21, right=2.4), [
        Actor("rider", 3, 12, .9, 66, .8, 1, 3, lamp=True), Actor("walker", 14, 23, -.8, 18, .4, 3, 2)],
        light=NIGHT, grain=14), 26),
    Lane("Ngõ 10 - chợ chiều", People((512, 288, 236, 76), 22, tilt=2, light=WARM, grain=7), 26, audio="aac", corner="bottom"),
    Lane("Ngõ Gạch", Drawn(Place(seed=5, wall="brick", ground="brick", left=-1.7, right=1.7, poles=False), [
        Actor("walker", 2, 18, .5, 34, .6, 2.4, 1), Actor("rider", 9, 17, -.4, 1, -.5, 55, 5)], dict(height=3.0, down=15)), 22),
    Lane("Ngõ 12 - xóm Đông", Drawn(Place(seed=17, left=-2.4, right=2.1), [
        Actor("rider", 4, 15, .6, 60, .7, 1, 2, lamp=True), Actor("walker", 10, 23, -1.2, 4, -1.1, 22, 3)],
        dict(down=12, shift=-.3), rain=300, light="eq=contrast=.85:brightness=-.06:saturation=.55", grain=8), 24),
    Lane("Ngõ Tre", Drawn(Place(seed=14, left=-2.3, right=2.3, wall="hedge", ground="earth", poles=False,
                                leaves=((2.3, 12, 4.2), (-2.3, 10, 4.0), (2.0, 6.5, 3.4), (-2.1, 5, 3.2))), [
        Actor("walker", 6, 20, -.5, 28, .3, 2.4, 1), Actor("dog", 17, 22, 1.8, 12, -1.8, 10, 1)]), 24),
    Lane("Đường liên thôn", People((600, 338, 168, 0), 8, light=COOL, grain=6), 28, codec="h265"),
    Lane("Bờ mương - cầu đá", Drawn(Place(seed=33, left=None, right=2.6, wall="brick", beside="water", verge=2.0), [
        Actor("rider", 2, 11, .6, 1, .4, 64, 1), Actor("walker", 9, 23, -.4, 25, -.7, 2.5, 4)],
        dict(height=4.0, down=16), light=DARK, grain=16), 24, corner="bottom"),
    Lane("Trạm biến áp", People((448, 252, 20, 60), 36, light=NIGHT, grain=16, mirror=True), 24),
    Lane("Bãi gửi xe", People((420, 236, 348, 20), 58, tilt=-2, light=DUSK, grain=9), 18),
    Lane("Sân kho", People((512, 288, 90, 180), 40, light=FADED), 26, corner="bottom"),
    Lane("Đường ra đồng", Drawn(Place(seed=12, left=None, right=None, beside="paddy", verge=1.7), [
        Actor("crosser", 3, 8, -24, 17, 24, 17, 0), Actor("walker", 5, 25, .4, 45, -.3, 3, 1), Actor("dog", 10, 16, .9, 20, .6, 6, 2)],
        dict(down=9)), 26),
]

# An alley where nothing happens: what a camera sees most of the time.
CALM = [Lane("calm", Drawn(Place(seed=21, right=2.4)), 20)]

# One alley, with nobody in it, and with people who walk from the first picture on; then the same in rain and wind.
WALKERS = [Actor("walker", -1, 9, -1.1, 9, 1.2, 4, 1), Actor("walker", 8, 20, 1.3, 4.5, -1.0, 11, 2)]
WET = dict(rain=300, light="eq=contrast=.85:brightness=-.06:saturation=.55", grain=8)
HEDGE = Place(seed=21, right=2.4, leaves=((2.2, 12, 4.0), (-2.3, 9, 3.4)))
ALLEY = [Lane("alley", Drawn(Place(seed=21, right=2.4)), 20), Lane("alley", Drawn(Place(seed=21, right=2.4), WALKERS), 20),
         Lane("alley", Drawn(HEDGE, **WET), 20), Lane("alley", Drawn(HEDGE, WALKERS, **WET), 20)]

# Full-size clips for measurements: few, so that 19 cameras of them start quickly; the fleet pads them to a steady rate.
LOAD = [
    Lane("load 1", People((640, 360, 110, 60), 0), 20),
    Lane("load 2", Drawn(Place(seed=3), [Actor("rider", 1, 11, .7, 62, .8, 1, 1), Actor("walker", 4, 19, -1, 2.2, -.9, 24, 1)]), 20),
    Lane("load 3", People((512, 288, 236, 76), 30, mirror=True, light=NIGHT, grain=12), 20),
    Lane("load 4", Drawn(Place(seed=17, left=-2.4), [Actor("walker", 2, 18, -1.2, 4, -1.1, 22, 3)], rain=250), 20),
]
