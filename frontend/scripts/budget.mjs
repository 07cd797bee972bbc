// Fails the build when what a first visit loads grows over its budget (gzip, in kB).
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUILD = new URL('../../app/static/app/', import.meta.url);
const BUDGET = { initialScripts: 130, lazyScript: 40, styles: 10 };

const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', BUILD)));
const size = (file) => gzipSync(readFileSync(new URL(file, BUILD))).length / 1000;
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
const first = [entry.file, ...(entry.imports ?? []).map((name) => manifest[name].file)];
const initialScripts = first.reduce((sum, file) => sum + size(file), 0);
const styles = (entry.css ?? []).reduce((sum, file) => sum + size(file), 0);
const lazy = readdirSync(new URL('assets/', BUILD))
  .map((name) => `assets/${name}`)
  .filter((name) => name.endsWith('.js') && !first.includes(name))
  .map((name) => [name, size(name)]);

const over = lazy.filter(([, kilobytes]) => kilobytes > BUDGET.lazyScript).map(([name]) => name);
if (initialScripts > BUDGET.initialScripts) over.push('the first scripts');
if (styles > BUDGET.styles) over.push('the styles');
console.log(
  `first visit: ${initialScripts.toFixed(1)} kB of scripts, ${styles.toFixed(1)} kB of styles`,
);
if (over.length > 0) {
  console.error(`Over budget: ${over.join(', ')}`);
  process.exit(1);
}
