// Who is here: the shop, its time zone, and the language this person chose.
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
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
  useIntroduction(data);
  return <Current.Provider value={data}>{props.children}</Current.Provider>;
}

/** Has whoever is here asked for by name, once an opening, until Shopify gives it. */
function useIntroduction(session: Session | undefined) {
  const queries = useQueryClient();
  const isStranger = session !== undefined && !session.staff[session.user_id];
  useEffect(() => {
    if (!isStranger) return;
    send<{ name: string | null }>('POST', '/session/name')
      .then(({ name }) =>
        name ? queries.invalidateQueries({ queryKey: ['/session'] }) : undefined,
      )
      .catch(() => undefined); // They stay a number for now.
  }, [isStranger, queries]);
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
