import { expect, test } from 'vitest';
import { groupLinks, SECTIONS, whereabouts } from './sections';

test('an address belongs to the screen whose name it begins with, the longest one', () => {
  const at = (path: string) => whereabouts(path)?.link.to;
  expect(at('/invoices/payments/na/UP-1')).toBe('/invoices/payments');
  expect(at('/invoices/7')).toBe('/invoices');
  expect(at('/discrepancies/counts')).toBe('/discrepancies/counts');
  expect(at('/stockings')).toBeUndefined();
  expect(at('/')).toBeUndefined();
});

test('the admin can light the group of every screen', () => {
  const lit = (path: string) =>
    groupLinks(path)
      .filter(({ to }) => path === to || path.startsWith(`${to}/`))
      .map(({ word }) => word);
  expect(lit('/collisions')).toEqual(['stock']);
  expect(lit('/invoices/7')).toEqual(['money']);
  expect(lit('/evidence')).toEqual(['money']);
  expect(lit('/')).toEqual([]);
});

test('every group begins with the screen that the admin links to, and lists no screen twice', () => {
  for (const section of SECTIONS) expect(section.links[0].to).toBe(section.to);
  const all = SECTIONS.flatMap((section) => section.links.map((link) => link.to));
  expect(new Set(all).size).toBe(all.length);
});
