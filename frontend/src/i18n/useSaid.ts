// The server's sentences in the person's language. English is as the server said it; for another language
// both lists of sentences are loaded with the first sentence that is shown.
import i18next, { type TFunction } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { type Found, finder } from './said';

const OTHERS = { 'zh-CN': () => import('./zh-CN/sentences.json') };
type Other = keyof typeof OTHERS;

let find: ((text: string) => Found | undefined) | undefined;
const begun = new Set<Other>();

async function load(language: Other): Promise<void> {
  const [own, worded] = await Promise.all([import('./en/sentences.json'), OTHERS[language]()]);
  find = finder(own.default.sentences);
  i18next.addResourceBundle(language, 'translation', worded.default, true, true);
}

/** What somebody stored or answered, as the person reads it; whose words nobody knows are quoted. */
export function useSaid(): (text: string | null | undefined) => string {
  const { t, i18n } = useTranslation();
  const language = i18n.language in OTHERS ? (i18n.language as Other) : undefined;
  useEffect(() => {
    if (!language || begun.has(language)) return;
    begun.add(language);
    load(language).catch(() => begun.delete(language));
  }, [language]);
  return (text) => {
    if (!text || !language || !find) return text ?? '';
    return worded(text, i18n.t) ?? t('common.inTheirWords', { words: text });
  };
}

/** A sentence by its name; a hole named said… is itself something that was said, and may be unknown. */
function worded(text: string, word: TFunction): string | undefined {
  const found = find?.(text);
  if (!found) return undefined;
  const values = Object.entries(found.values).map(([hole, value]) => [
    hole,
    hole.startsWith('said') ? (worded(value, word) ?? value) : value,
  ]);
  return String(word(`sentences.${found.name}`, Object.fromEntries(values)));
}
