// Two languages; the admin's unless the person chose one. Unknown ones become English, which is
// always there; Chinese is loaded by whoever reads it.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];

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
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  await changeLanguage(locale);
}

export async function changeLanguage(locale: Locale): Promise<void> {
  if (locale === 'zh-CN' && !i18next.hasResourceBundle(locale, 'translation')) {
    const { default: words } = await import('./zh-CN.json');
    i18next.addResourceBundle(locale, 'translation', words);
  }
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}
