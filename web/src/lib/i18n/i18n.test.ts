import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { learn, translate, type Key } from './index';
import { vi } from './vi';

const keys = Object.keys(vi) as Key[];
const holes = (s: string): string[] => (s.match(/\{\w+\}/g) ?? []).sort();

describe('dictionary', () => {
  it('has the same parameters in both languages and no empty text', () => {
    for (const k of keys) {
      expect(holes(en[k]), k).toEqual(holes(vi[k]));
      expect(vi[k].trim(), k).not.toBe('');
    }
  });
  it('is stored composed (NFC), so that search and fonts behave', () => {
    for (const k of keys) expect(vi[k], k).toBe(vi[k].normalize('NFC'));
  });
  it('has no English left in Vietnamese', () => {
    const same = keys.filter((k) => vi[k] === en[k] && !/^[\d\W]*$/.test(vi[k]) && vi[k].length > 3);
    const fine = ['lang.vi', 'lang.en', 'tl.value', 'play.range', 'health.cameras'];
    expect(same.filter((k) => !fine.includes(k))).toEqual([]);
  });
  it('calls what is to be pressed as it is called where it is pressed', () => {
    for (const words of [vi, en]) {
      for (const k of ['nav.more', 'al.nav', 'al.device_turn_on'] as const)
        for (const what of ['healthdo.alerts_nobody', 'healthdo.alerts_nobody_left'] as const)
          expect(words[what]).toContain(words[k]);
      expect(words['inst.allow']).toContain(words['al.device_turn_on']);
    }
  });
  it('fills in parameters and leaves unknown ones to be seen', async () => {
    await learn('en');
    expect(translate('vi', 'tile.late', { seconds: 4 })).toBe('Chậm 4 giây');
    expect(translate('en', 'tile.late')).toBe('{seconds} s late');
  });
});

const files = Object.entries(
  import.meta.glob<string>('/src/**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true }),
)
  .filter(([name]) => !/\.test\.ts$|\/i18n\/(vi|en)(-\w+)?\.ts$|schema\.d\.ts$/.test(name))
  .map(([name, text]) => ({ name, text }));

interface Node {
  type: string;
  name?: string;
  data?: string;
  value?: true | Node | Node[];
  [key: string]: unknown;
}
function* nodes(x: unknown): Generator<Node> {
  if (Array.isArray(x)) for (const y of x) yield* nodes(y);
  else if (x && typeof x === 'object') {
    if ('type' in x) yield x as Node;
    for (const y of Object.values(x)) yield* nodes(y);
  }
}

/** Attributes that are read or heard. */
const READ = ['title', 'placeholder', 'alt', 'label', 'aria-label', 'aria-valuetext', 'aria-description'];
const WORD = /\p{L}{2,}/u;
/** Names: of the product, of protocols, of what stands in addresses and codes. */
const NAMES = ['lanewatch', 'TCP', 'UDP', 'SHA-256', 'XXXX-XXXX-XXXX-XXXX'];
const KEYS_ON_BOARD = /\((Shift\+\w|Esc)\)/;
const words = (s = ''): boolean =>
  WORD.test(s.replace(KEYS_ON_BOARD, '')) && !NAMES.includes(s.trim()) && !/^rtsps?:\/\//.test(s);

/** What an attribute may come to, as far as it is written there: not what is only compared. */
function results(n: unknown): string[] {
  if (Array.isArray(n)) return n.flatMap(results);
  const node = n as Node | null;
  switch (node?.type) {
    case 'Text':
      return [node.data ?? ''];
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [];
    case 'ExpressionTag':
      return results(node.expression);
    case 'ConditionalExpression':
      return results([node.consequent, node.alternate]);
    case 'LogicalExpression':
      return results([node.left, node.right]);
    case 'TemplateLiteral':
      return (node.quasis as { value: { cooked: string } }[]).map((q) => q.value.cooked);
    default:
      return [];
  }
}

function literals(text: string): string[] {
  const { fragment } = parse(text, { modern: true });
  const found: string[] = [];
  for (const n of nodes(fragment))
    if (n.type === 'Attribute' && READ.includes(n.name ?? ''))
      found.push(
        ...results(n.value)
          .filter(words)
          .map((said) => `${n.name}: ${said}`),
      );
  const between = (n: unknown): void => {
    if (Array.isArray(n)) return n.forEach(between);
    if (!n || typeof n !== 'object') return;
    const node = n as Node;
    if (node.type === 'Text' && words(node.data)) found.push(node.data!.trim());
    for (const [key, child] of Object.entries(node)) if (key !== 'attributes' && key !== 'expression') between(child);
  };
  between(fragment);
  return found;
}

describe('markup', () => {
  it('has no words that are not in the dictionary', () => {
    const svelte = files.filter((f) => f.name.endsWith('.svelte'));
    expect(svelte.length).toBeGreaterThan(20);
    expect(svelte.flatMap((f) => literals(f.text).map((l) => `${f.name}: ${l}`))).toEqual([]);
  });
  it('would be found out', () => {
    expect(literals('<p title="Đóng">Lưu {x} <b aria-label={on ? "Mở" : t("a")}>1</b></p>')).toEqual(['title: Đóng', 'aria-label: Mở', 'Lưu']); // prettier-ignore
    expect(literals("<p title={t('common.close')} class=\"box\">{t('common.save')} · 22:14</p>")).toEqual([]);
  });
});

describe('keys', () => {
  const all = files.map((f) => f.text).join('\n');
  const literal = new Set([...all.matchAll(/'([a-z]\w*(?:\.\w+)+)'/g)].map((m) => m[1]!));
  /** Keys that are put together: `zone.${kind}`, keyOr('cause', ...), and the codes of the recorder by their group. */
  const made = [
    ...[...all.matchAll(/`([a-z]\w*(?:\.\w*)+)\$\{/g)].map((m) => m[1]!),
    ...[...all.matchAll(/keyOr\(\s*'([\w.]+)'/g)].map((m) => `${m[1]}.`),
  ];

  it('are all used', () => {
    expect(keys.filter((k) => !literal.has(k) && !made.some((prefix) => k.startsWith(prefix)))).toEqual([]);
  });
  it('that are asked for by name all exist', () => {
    const asked = [...all.matchAll(/\bt\(\s*'([^']+)'/g)].map((m) => m[1]!);
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((k) => !(k in vi))).toEqual([]);
  });
});
