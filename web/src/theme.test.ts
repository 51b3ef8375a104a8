/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const here = new URL('./', import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, here), 'utf8');
const css = text('theme.css');

function tokens(selector: string): Map<string, string> {
  const at = css.indexOf(selector);
  expect(at, selector).toBeGreaterThanOrEqual(0);
  const block = css.slice(css.indexOf('{', at), css.indexOf('\n}', at));
  return new Map([...block.matchAll(/(--[a-z0-9-]+): ([^;]+);/g)].map((m) => [m[1]!, m[2]!]));
}
const dark = tokens(':root,\n::backdrop');
const THEMES = {
  dark,
  light: new Map([...dark, ...tokens(":root[data-theme='light']")]),
  contrast: new Map([...dark, ...tokens(":root[data-theme='contrast']")]),
};

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const x = parseInt(hex.slice(i, i + 2), 16) / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

const GROUNDS = ['--bg', '--surface', '--raised', '--raised-2', '--sunken'];
const INKS = ['--text', '--text-2', '--text-3', '--blue', '--ok', '--warn', '--bad', '--accent'];
const PAIRS = [
  ...INKS.flatMap((ink) => GROUNDS.map((ground) => [ink, ground] as const)),
  ...['good', 'hint', 'care', 'fault', 'on'].map((x) => [`--${x}-ink`, `--${x}`] as const),
  ['--accent-ink', '--accent'],
  ['--accent-ink', '--accent-2'],
  ['--playhead-ink', '--playhead'],
  ['--playhead-ink', '--live'],
  ['--text-2', '--track'],
  ['--warn', '--on'],
  ['--text', '--on'],
] as const;
/** Not words, and yet to be told apart from what is around. */
const SHAPES = [
  ['--line-strong', '--surface'],
  ['--line-strong', '--sunken'],
  ['--recorded', '--sunken'],
  ['--recorded-top', '--track'],
  ['--motion', '--recorded-deep'],
  ['--mark', '--recorded-deep'],
  ['--live', '--track'],
  ['--live', '--on'],
  ['--ok', '--on'],
  ['--zone', '--surface'],
  ['--zone-ignore', '--surface'],
] as const;

describe('the themes', () => {
  it.each(Object.entries(THEMES))('%s: words and shapes stand out from their ground', (name, theme) => {
    const least = name === 'contrast' ? { words: 7, shapes: 4.5 } : { words: 4.5, shapes: 3 };
    const faint = [
      ...PAIRS.map((p) => [...p, least.words] as const),
      ...SHAPES.map((p) => [...p, least.shapes] as const),
    ]
      .map(([a, b, need]) => ({ a, b, need, has: contrast(theme.get(a)!, theme.get(b)!) }))
      .filter((x) => !(x.has >= x.need))
      .map((x) => `${x.a} on ${x.b}: ${x.has.toFixed(2)}, not ${x.need}`);
    expect(faint).toEqual([]);
  });
  it('give every colour that is asked for, and no other file names one', () => {
    const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
    const wrong: string[] = [];
    for (const file of files.filter(
      (f) => /\.(svelte|css|ts)$/.test(f) && !/theme\.(css|test\.ts)$|schema\.d\.ts$/.test(f),
    )) {
      const all = text(file);
      const style = file.endsWith('.svelte') ? (all.split('<style>')[1] ?? '') : file.endsWith('.css') ? all : '';
      for (const m of style.matchAll(/#[0-9a-f]{3,8}\b|\b(rgba?|hsla?)\(|: *(white|black)\b/gi))
        wrong.push(`${file}: ${m[0]}`);
      for (const m of all.replace(style, '').matchAll(/['"`](#[0-9a-f]{3,8}|rgba?\(.*)['"`]/gi))
        wrong.push(`${file}: ${m[1]}`);
      // A token of the same name would lose its colour in there.
      for (const m of all.matchAll(/(?:style:|\n\s+)(--[a-z0-9-]+)[:=]/g))
        if (dark.has(m[1]!)) wrong.push(`${file}: ${m[1]} is a colour`);
      const own = new Set([...all.matchAll(/(--[a-z0-9-]+)[:=]/g)].map((m) => m[1]));
      for (const m of all.matchAll(/var\((--[a-z0-9-]+)\)/g))
        if (!dark.has(m[1]!) && !own.has(m[1]!) && !SHARED.has(m[1]!)) wrong.push(`${file}: ${m[0]} is nowhere`);
    }
    expect(wrong).toEqual([]);
  });
});

/** Set by app.css or by the component around. */
const SHARED = new Set(['--radius', '--touch', '--bar', '--font']);
