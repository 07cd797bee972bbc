// Two languages; the admin's unless the person chose one. Unknown ones become English. What the shell
// and the home screen say is there at once in English; the words of the other screens come beside them,
// and Chinese is loaded by whoever reads it.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import core from './en/core.json';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];

const CORE = {
  en: async () => ({ default: core }),
  'zh-CN': () => import('./zh-CN/core.json'),
};
const SCREENS = {
  en: () => import('./en/screens.json'),
  'zh-CN': () => import('./zh-CN/screens.json'),
};

/** The language to show for an admin's; Traditional Chinese is not shown as Simplified. */
export function localeFor(admin: string): Locale {
  const lower = admin.toLowerCase();
  return lower === 'zh' || lower.startsWith('zh-cn') || lower.startsWith('zh-hans')
    ? 'zh-CN'
    : 'en';
}

export async function startLanguage(locale: Locale): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: core } },
    interpolation: { escapeValue: false },
    // Words that come later are shown as soon as they are there.
    react: { bindI18nStore: 'added' },
  });
  await changeLanguage(locale);
}

export async function changeLanguage(locale: Locale): Promise<void> {
  const core = CORE[locale]();
  if (screensAreShown) add(locale, (await SCREENS[locale]()).default);
  add(locale, (await core).default);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

let screensAreShown = false;

/** The words of all screens but the home screen. A screen that waits for them shows no bare key. */
export async function loadScreens(): Promise<void> {
  screensAreShown = true;
  const locale = i18next.language as Locale;
  add(locale, (await SCREENS[locale]()).default);
}

function add(locale: Locale, words: object): void {
  i18next.addResourceBundle(locale, 'translation', words, true, true);
}
