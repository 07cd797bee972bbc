// Who is here: the shop, its time zone, and the language this person chose.
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { Session } from '../api/types';
import { changeLanguage, localeFor } from '../i18n';
import { adminLocale } from './appBridge';

const Current = createContext<Session | undefined>(undefined);

export function SessionProvider(props: { children: ReactNode }) {
  const { data } = useResource<Session>('/session');
  useEffect(() => {
    if (data) changeLanguage(localeFor(data.locale ?? adminLocale()));
  }, [data]);
  return <Current.Provider value={data}>{props.children}</Current.Provider>;
}

export function useSession(): Session | undefined {
  return useContext(Current);
}

/** Says who did something, from the actor that stands beside it in the books. */
export function useWho(): (actor: string | null | undefined) => string {
  const { t } = useTranslation();
  const staff = useSession()?.staff;
  return (actor) => {
    if (!actor) return '';
    const [kind, id] = actor.split(':');
    if (actor === 'shopify') return t('names.shopify');
    if (kind === 'user' && id) return staff?.[id] ?? t('who.person', { id });
    return t(`who.${actor}`, { defaultValue: actor });
  };
}
