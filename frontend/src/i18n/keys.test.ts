import { describe, expect, test } from 'vitest';
import { type Asked, askedKeys } from './asked';
import enCore from './en/core.json';
import enScreens from './en/screens.json';
import zhCore from './zh-CN/core.json';
import zhScreens from './zh-CN/screens.json';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(path + key, value);
    else for (const [inner, text] of flat(value, `${path}${key}.`)) found.set(inner, text);
  }
  return found;
}

const start = { en: flat(enCore as Tree), 'zh-CN': flat(zhCore as Tree) };
const screens = { en: flat(enScreens as Tree), 'zh-CN': flat(zhScreens as Tree) };
const english = new Map([...screens.en, ...start.en]);
const chinese = new Map([...screens['zh-CN'], ...start['zh-CN']]);
const withoutPlural = (key: string) => key.replace(/_(one|other)$/, '');

test('every string exists in both languages', () => {
  const keys = (all: Map<string, string>) =>
    [...new Set([...all.keys()].map(withoutPlural))].sort();
  expect(keys(chinese)).toEqual(keys(english));
});

test('both languages fill in the same values', () => {
  const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((hole) => hole[1]).sort();
  for (const [key, text] of chinese) {
    const other = english.get(key) ?? english.get(`${withoutPlural(key)}_other`);
    expect(holes(text), key).toEqual(holes(other ?? ''));
  }
});

test('nothing is left untranslated', () => {
  const words = (text: string) => text.replace(/{{\w+}}/g, '');
  const same = [...chinese].filter(
    ([key, text]) =>
      english.get(key) === text && /[a-z]{3}/.test(words(text)) && !key.startsWith('names.'),
  );
  expect(same).toEqual([]);
});

// Reading all screens with their types takes the compiler some seconds.
describe('what the screens ask for', () => {
  const source = memo(() => askedKeys(process.cwd()));

  /** What is asked for and has no words; a key with a star needs one that fits it. */
  const missing = (asked: Asked[], words: Map<string, string>) => {
    const known = new Set([...words.keys()].flatMap((key) => [key, withoutPlural(key)]));
    const has = (key: string) =>
      key.includes('*') ? [...known].some((one) => fits(one, key)) : known.has(key);
    return asked.flatMap(({ at, keys }) =>
      keys.filter((key) => key !== '*' && !has(key)).map((key) => `${at} ${key}`),
    );
  };
  const fits = (key: string, pattern: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`).test(key);

  test('is there in both languages', { timeout: 90_000 }, () => {
    const { asked } = source();
    expect(asked.length).toBeGreaterThan(1_000);
    expect(missing(asked, english)).toEqual([]);
    expect(missing(asked, chinese)).toEqual([]);
  });

  test('is there from the start where it is asked for from the start', { timeout: 90_000 }, () => {
    const { asked, atStart } = source();
    const early = asked.filter((one) => atStart.has(one.file));
    expect(early.some((one) => one.file === 'src/routes/Home.tsx')).toBe(true);
    for (const words of Object.values(start)) expect(missing(early, words)).toEqual([]);
  });

  test('is found out when it has no words', () => {
    const asked = [{ at: 'a', file: 'a', keys: ['home.title', 'home.nowhere', 'nowhere.*'] }];
    expect(missing(asked, start.en)).toEqual(['a home.nowhere', 'a nowhere.*']);
  });
});

function memo<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
