// Who is here: the shop, its time zone, and the language this person chose.
import { createContext, type ReactNode, useContext, useEffect } from 'react';
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
