"""Encoding: a lane's scene to main and sub clips, in one run of ffmpeg."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from . import actors, paint, places
from .lanes import Drawn

PAINT_W, PAINT_H = 960, 540   # painted places are enlarged, as cheap cameras do
FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf")
CROSSFADE_S = 1


@dataclass
class Format:
    main: tuple = (1280, 720)
    main_fps: int = 15
    main_kbit: int = 2000
    sub: tuple = (640, 360)
    sub_fps: int = 8
    sub_kbit: int = 320
    gop_s: int = 2
    preset: str = "superfast"


def font():
    for path in FONTS:
        if os.path.exists(path):
            return path
    raise SystemExit("footage: no font with Vietnamese letters; apt-get install fonts-dejavu-core")


def video_args(codec, fps, kbit, gop_s, preset):
    gop = fps * gop_s
    rate = ["-b:v", f"{kbit}k", "-maxrate", f"{kbit * 5 // 4}k", "-bufsize", f"{kbit}k", "-pix_fmt", "yuv420p"]
    if codec == "h265":
        # Closed GOPs: x265's default CRA pictures are no place to begin.
        params = f"log-level=none:bframes=0:open-gop=0:keyint={gop}:min-keyint={gop}:scenecut=0:pools=none:frame-threads=1"
        return ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", params, *rate]
    return ["-c:v", "libx264", "-profile:v", "main", "-preset", preset, "-threads", "1", "-bf", "0", "-g", str(gop),
            "-keyint_min", str(gop), "-sc_threshold", "0", *rate]


def graph(lane, fmt, text_file, fps_in, seconds):
    """The filter graph: [0:v] to [main] and [sub]."""
    s, (w, h) = lane.scene, fmt.main
    steps = []
    if isinstance(s, Drawn):
        steps += [f"[0:v]scale={w}:{h}:flags=bicubic"]
    else:
        cw, ch, cx, cy = s.crop
        tilt = s.tilt * 3.14159265 / 180
        pre = f"crop={cw}:{ch}:{cx}:{cy}" + (",hflip" if s.mirror else "")
        if tilt:
            # Enlarged a little, so that the turned picture has no empty corners.
            pre += f",scale={int(w * 1.1) // 2 * 2}:{int(h * 1.1) // 2 * 2}:flags=bicubic,rotate={tilt:.4f}:ow={w}:oh={h}"
        else:
            pre += f",scale={w}:{h}:flags=bicubic"
        # The last second fades into the one before the start: the loop has no jump. (A few frames more
        # than the fade, because xfade keeps the last one of its second input to itself; -t cuts to length.)
        steps += [f"[0:v]fps={fps_in},{pre},unsharp=5:5:.6,split[a][b]",
                  f"[a]trim=0:{CROSSFADE_S + 0.3},setpts=PTS-STARTPTS[head]",
                  f"[b]trim={CROSSFADE_S}:{seconds + CROSSFADE_S},setpts=PTS-STARTPTS[body]",
                  f"[body][head]xfade=transition=fade:duration={CROSSFADE_S}:offset={seconds - CROSSFADE_S}"]
    light = f"{s.light}," if s.light else ""
    y = f"h-text_h-{h // 40}" if lane.corner == "bottom" else f"{h // 40}"
    steps[-1] += (f",fps={fmt.main_fps},{light}noise=alls={s.grain}:allf=t,"
                  f"drawtext=fontfile={font()}:textfile={text_file}:expansion=none:fontsize={h // 20}:fontcolor=white:"
                  f"borderw={max(2, h // 240)}:bordercolor=black@0.8:x={w // 64}:y={y},format=yuv420p,split[main][small]")
    steps.append(f"[small]fps={fmt.sub_fps},scale={fmt.sub[0]}:{fmt.sub[1]}:flags=area[sub]")
    return ";".join(steps)


def audio_source(kind, seconds):
    """Insects, a far-off beat: something to hear, made from nothing."""
    rate = 8000 if kind == "pcma" else 16000
    voice = "0.04*(random(0)-0.5)+0.06*sin(2*PI*440*t)*lt(mod(t\\,2)\\,0.12)+0.03*sin(2*PI*2900*t)*gt(sin(2*PI*9*t)\\,0.4)*lt(mod(t\\,3)\\,1.2)"
    return ["-f", "lavfi", "-t", str(seconds), "-i", f"aevalsrc={voice}:s={rate}"], \
        ["-c:a", "pcm_alaw", "-ac", "1"] if kind == "pcma" else ["-c:a", "aac", "-b:a", "32k", "-ac", "1"]


def paint_frames(scene, seconds, fps, out):
    """The pictures of a painted place, as raw RGB."""
    view = paint.View(PAINT_W, PAINT_H, **scene.view)
    still = places.render(scene.place, view)
    for n in range(int(seconds * fps)):
        t, canvas = n / fps, still.copy()
        for actor in sorted(scene.actors, key=lambda a: -a.place(t)[1]):   # far ones first
            actors.draw(canvas, view, actor, t)
        for x, z, height in scene.place.leaves:
            actors.plant(canvas, view, x, z, height, t, seconds)
        if scene.rain:
            actors.rain(canvas, n, scene.rain)
        out.write(canvas.data)


def encode(lane, fmt, people, out, name):
    """Makes out/NAME.main.* and NAME.sub.*; returns their file names. `people` is the street scene or None."""
    scene, seconds = lane.scene, lane.seconds
    end = "mov" if lane.audio == "pcma" else "mp4"
    files = [f"{name}.{kind}.{end}" for kind in ("main", "sub")]
    with tempfile.TemporaryDirectory(prefix=".part-", dir=out) as work:
        text = os.path.join(work, "name.txt")
        with open(text, "w", encoding="utf-8") as f:
            f.write(lane.label)
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-filter_complex_threads", "1"]
        if isinstance(scene, Drawn):
            command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{PAINT_W}x{PAINT_H}", "-r", str(fmt.main_fps), "-i", "pipe:0"]
            command.remove("-nostdin")
        else:
            command += ["-threads", "1", "-stream_loop", "-1", "-ss", str(scene.start), "-t", str(seconds + CROSSFADE_S + 1), "-i", people]
        sound = [[], []]
        if lane.audio:
            source, codec = audio_source(lane.audio, seconds)
            command += source
            sound = [["-map", "1:a", *codec], ["-map", "1:a", *codec]]
        command += ["-filter_complex", graph(lane, fmt, text, fmt.main_fps, seconds)]
        for kind, fps, kbit, codec, audio, file in (("main", fmt.main_fps, fmt.main_kbit, lane.codec, sound[0], files[0]),
                                                    ("sub", fmt.sub_fps, fmt.sub_kbit, "h264", sound[1], files[1])):
            command += ["-map", f"[{kind}]", *audio, *video_args(codec, fps, kbit, fmt.gop_s, fmt.preset),
                        "-t", str(seconds), os.path.join(work, file)]
        if isinstance(scene, Drawn):
            with subprocess.Popen(command, stdin=subprocess.PIPE) as p:
                try:
                    paint_frames(scene, seconds, fmt.main_fps, p.stdin)
                    p.stdin.close()
                except BrokenPipeError:
                    pass               # ffmpeg has said why
            code = p.returncode
        else:
            code = subprocess.run(command).returncode
        if code:
            raise SystemExit(f"footage: ffmpeg failed on {name} ({lane.label})")
        for file in files:
            shutil.move(os.path.join(work, file), os.path.join(out, file))
    return files
