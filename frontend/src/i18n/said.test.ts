import { expect, test } from 'vitest';
import en from './en/sentences.json';
import { finder } from './said';
import zh from './zh-CN/sentences.json';

const english: Record<string, string> = en.sentences;
const chinese: Record<string, string> = zh.sentences;
const find = finder(english);
const holes = (text = '') => [...text.matchAll(/{{(\w+)}}/g)].map((hole) => hole[1]).sort();

test('every sentence exists in both languages, and leaves no value out that matters', () => {
  expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  for (const [name, text] of Object.entries(chinese))
    expect(holes(english[name]), name).toEqual(expect.arrayContaining(holes(text)));
});

test('a sentence that was stored finds its name and its values again', () => {
  expect(find('The mail server answers 550.')).toEqual({
    name: 'mail_answers',
    values: { status: '550' },
  });
  expect(find('Tried 8 times. Last: Shopify answered 502.')).toEqual({
    name: 'tried',
    values: { count: '8', said: 'Shopify answered 502.' },
  });
});

test('the more particular of two sentences is found', () => {
  const text = 'Amazon answered 403 to orders: Unauthorized Access (r-1).';
  expect(find(text)).toEqual({
    name: 'amazon_answered_words',
    values: { status: '403', operation: 'orders', words: 'Unauthorized Access', request: 'r-1' },
  });
  expect(find('Amazon answered 503 to orders.')?.name).toBe('amazon_answered');
});

test('every sentence finds itself, and what nobody said finds nothing', () => {
  for (const [name, text] of Object.entries(english)) {
    const filled = text.replace(/{{(\w+)}}/g, '7');
    expect(english[find(filled)?.name ?? ''], name).toBeDefined();
  }
  expect(find('Nobody has ever said this.')).toBeUndefined();
});
