// Development only: draws small looping "lane cameras" with ffmpeg and cuts them into
// fMP4 fragments that the mock recorder re-stamps to absolute time. Nothing here ships.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const run = promisify(execFile);
const DIR = fileURLToPath(new URL('./media/', import.meta.url));

export const LOOP_S = 20;
export const FPS = 12;
const GOP = 24;

/** A night street made of boxes: enough to see movement, contrast and noise. */
function scene(i, label, w, h) {
  const u = w / 640;
  const hue = (i * 47) % 360;
  const px = (n) => Math.round(n * u);
  const houses = Array.from({ length: 6 }, (_, k) => {
    const x = ((k * 113 + i * 61) % 640) - 30;
    const hh = 60 + ((i * 37 + k * 53) % 110);
    const lit = (i + k) % 3 === 0;
    return (
      `drawbox=x=${px(x)}:y=${px(210 - hh)}:w=${px(92)}:h=${px(hh + 20)}:color=0x${20 + k}2${k}3a@0.9:t=fill,` +
      `drawbox=x=${px(x + 20)}:y=${px(226 - hh)}:w=${px(18)}:h=${px(22)}:color=0x${lit ? 'e8c27a' : '3b4552'}@0.9:t=fill,` +
      `drawbox=x=${px(x + 54)}:y=${px(226 - hh)}:w=${px(18)}:h=${px(22)}:color=0x${lit ? '5a5040' : '46525e'}@0.9:t=fill`
    );
  }).join(',');
  const speed = 40 + ((i * 29) % 70);
  return (
    `gradients=s=${w}x${h}:r=${FPS}:c0=0x1d2733:c1=0x55606a:x0=0:y0=0:x1=0:y1=${h}:nb_colors=2:speed=0.00001:d=${LOOP_S},` +
    `${houses},drawbox=x=0:y=${px(230)}:w=${w}:h=${px(130)}:color=0x4a4d4f:t=fill,` +
    `drawbox=x=0:y=${px(292)}:w=${w}:h=${px(3)}:color=0x8a8a80@0.6:t=fill,hue=h=${hue / 12}:s=0.8[bg];` +
    `color=c=0x9a3f36:s=${px(46)}x${px(26)}:r=${FPS}:d=${LOOP_S}[a];color=c=0xc8cdd2:s=${px(14)}x${px(40)}:r=${FPS}:d=${LOOP_S}[b];` +
    `[bg][a]overlay=x='mod(t*${speed * u},${w + px(120)})-${px(60)}':y=${px(300)}[c];` +
    `[c][b]overlay=x='${w}-mod(t*${22 * u}+${px(i * 33)},${w + px(60)})':y=${px(236)},noise=alls=6:allf=t,vignette=PI/5,` +
    `drawtext=fontfile=/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf:text='${label} %{frame_num}':x=${px(12)}:y=${px(10)}:fontsize=${px(15)}:fontcolor=white@0.85`
  );
}

async function encode(i, label, rendition) {
  const base = `${DIR}${String(i).padStart(2, '0')}-${rendition}`;
  if (existsSync(`${base}.rec.mp4`)) return;
  const [w, h, rate] = rendition === 'main' ? [1280, 720, '1500k'] : [640, 360, '300k'];
  const quiet = ['-hide_banner', '-loglevel', 'error', '-y'];
  const fragments = ['-c', 'copy', '-video_track_timescale', '90000'];
  await run('ffmpeg', [
    ...quiet, '-filter_complex', scene(i, label, w, h), '-t', String(LOOP_S), '-c:v', 'libx264', '-preset', 'veryfast',
    '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', String(GOP), '-sc_threshold', '0', '-b:v', rate, '-maxrate', rate, '-bufsize', rate,
    '-video_track_timescale', '90000', `${base}.mp4`,
  ]); // prettier-ignore
  await run('ffmpeg', [
    ...quiet,
    '-i',
    `${base}.mp4`,
    ...fragments,
    '-movflags',
    'frag_every_frame+empty_moov+default_base_moof',
    `${base}.live.mp4`,
  ]);
  await run('ffmpeg', [...quiet, '-i', `${base}.mp4`, ...fragments, '-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-frag_duration', '1000000', `${base}.rec.mp4`]); // prettier-ignore
}

/** Top-level boxes of an fMP4 file: the init segment and the fragments (moof+mdat). */
function cut(path) {
  const b = readFileSync(path);
  const init = [];
  const fragments = [];
  for (let o = 0; o + 8 <= b.length;) {
    const size = b.readUInt32BE(o);
    const type = b.toString('latin1', o + 4, o + 8);
    const box = b.subarray(o, o + size);
    if (type === 'ftyp' || type === 'moov') init.push(box);
    if (type === 'moof') fragments.push([box]);
    if (type === 'mdat') fragments.at(-1).push(box);
    o += size;
  }
  const out = fragments.map((p) => {
    const bytes = Buffer.concat(p);
    const tfdt = bytes.indexOf('tfdt') + 8;
    const start = Number(bytes.readBigUInt64BE(tfdt));
    return { bytes, tfdt, start };
  });
  const total = LOOP_S * 90000;
  out.forEach((f, k) => {
    f.duration = (out[k + 1]?.start ?? total) - f.start;
    f.key = f.start % ((GOP / FPS) * 90000) === 0;
  });
  const initBytes = Buffer.concat(init);
  const avcc = initBytes.indexOf('avcC') + 5;
  return { init: initBytes, fragments: out, codec: `avc1.${initBytes.toString('hex', avcc, avcc + 3)}` };
}

/** A copy of a fragment with its absolute 90 kHz decode time. */
export function stamped(fragment, start90k) {
  const copy = Buffer.from(fragment.bytes);
  copy.writeBigUInt64BE(BigInt(Math.round(start90k)), fragment.tfdt);
  return copy;
}

/** All media of camera `i`; encodes on first use (a minute for 19 cameras, then cached in dev/media). */
export async function media(i, label) {
  mkdirSync(DIR, { recursive: true });
  const out = {};
  for (const rendition of ['sub', 'main']) {
    await encode(i, label, rendition);
    const base = `${DIR}${String(i).padStart(2, '0')}-${rendition}`;
    out[rendition] = { live: cut(`${base}.live.mp4`), rec: cut(`${base}.rec.mp4`) };
  }
  return out;
}
