import { expect, test } from 'vitest';
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

const english = flat({ ...enCore, ...enScreens } as Tree);
const chinese = flat({ ...zhCore, ...zhScreens } as Tree);
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
