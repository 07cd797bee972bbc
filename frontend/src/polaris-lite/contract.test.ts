import { readdirSync, readFileSync } from 'node:fs';
import official from '@shopify/polaris-types/custom-elements';
import { expect, test } from 'vitest';
import { ELEMENTS } from './index';

interface Declaration {
  tagName?: string;
  attributes?: { name: string }[];
  slots?: { name: string }[];
}
const modules = (official as { modules: { declarations?: Declaration[] }[] }).modules;
const known = new Map(
  modules
    .flatMap((one) => one.declarations ?? [])
    .filter((one) => one.tagName)
    .map((one) => [one.tagName as string, one]),
);

test.each(Object.entries(ELEMENTS))('%s has only what Polaris has', (tag, kind) => {
  const real = known.get(tag);
  expect(real, `${tag} is not a Polaris element`).toBeDefined();
  const attributes = (real?.attributes ?? []).map((one) => one.name);
  for (const prop of kind.props) expect(attributes).toContain(prop.toLowerCase());
  const element = document.createElement(tag);
  document.body.append(element);
  const slots = [...(element.shadowRoot?.querySelectorAll('slot') ?? [])].map((one) => one.name);
  const names = (real?.slots ?? []).map((one) => one.name);
  for (const slot of slots) expect(names).toContain(slot);
  element.remove();
});

test('the screens use only elements that we have stand-ins for', () => {
  const folder = `${process.cwd()}/src/ui`;
  const used = readdirSync(folder)
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .flatMap((source) => [...source.matchAll(/<(s-[a-z-]+)/g)].map((match) => match[1] as string));
  for (const tag of new Set(used)) if (tag !== 's-app-nav') expect(ELEMENTS).toHaveProperty(tag);
});
