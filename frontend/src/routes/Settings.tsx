// Settings: the language, and how the shop reaches Shopify and Amazon.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import { useResource } from '../api/queries';
import type { Connection, Page as Rows, ShopPreferences } from '../api/types';
import { LOCALES } from '../i18n';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { useSession } from '../shell/session';
import { Badge, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Loaded } from '../ui/patterns';
import { OptionalScopes } from './OptionalScopes';
import { ConnectAmazon } from './settings/ConnectAmazon';
import { Leave } from './settings/Leave';
import { Shipping } from './settings/Shipping';

export default function Settings() {
  const { t } = useTranslation();
  const query = useResource<Rows<Connection>>('/connections', {}, true);
  return (
    <Page heading={t('settings.title')}>
      <Language />
      <Card heading={t('settings.connections')}>
        <Loaded query={query}>
          {(page) => (
            <ul className="plain">
              {page.data.map((connection) => (
                <One key={connection.id} connection={connection} />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      <ConnectAmazon />
      <Shipping />
      <Differences />
      <Leave />
    </Page>
  );
}

function One({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  return (
    <li>
      <strong>{t(`names.${connection.channel}`)}</strong>{' '}
      {connection.channel === 'amazon' ? (
        <To to={`/settings/connections/${connection.id}`}>{connection.name}</To>
      ) : (
        connection.name
      )}{' '}
      {connection.region && (
        <span className="subdued">{t(`settings.regions.${connection.region}`)} </span>
      )}
      <Badge tone={connection.state === 'connected' ? 'success' : 'critical'}>
        {t(`connectionStates.${connection.state}`)}
      </Badge>{' '}
      <span className="subdued">
        {t('settings.lastGood', {
          when: connection.last_good_at ? time(connection.last_good_at) : t('common.never'),
        })}
      </span>
      {connection.error && <div className="negative">{said(connection.error)}</div>}
      {connection.optional.map((access) => (
        <OptionalScopes key={access.name} access={access} />
      ))}
    </li>
  );
}

function Language() {
  const { t } = useTranslation();
  const session = useSession();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (locale: string) => send('PUT', '/preferences', { locale: locale || null }),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries({ queryKey: ['/session'] });
    },
  });
  return (
    <Card heading={t('settings.language')}>
      {save.error && <Failure error={save.error} />}
      <Select
        label={t('settings.language')}
        hideLabel
        value={session?.locale ?? ''}
        onChange={(locale) => save.mutate(locale)}
        options={[
          { value: '', label: t('settings.adminLanguage') },
          ...LOCALES.map((locale) => ({ value: locale, label: t(`names.${locale}`) })),
        ]}
      />
      <p className="subdued">{t('settings.languageHint')}</p>
    </Card>
  );
}

function Differences() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const query = useResource<ShopPreferences>('/shop-preferences');
  const save = useMutation({
    mutationFn: (body: ShopPreferences) => send('PUT', '/shop-preferences', body),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries({ queryKey: ['/shop-preferences'] });
    },
  });
  return (
    <Card heading={t('settings.adopt')}>
      {save.error && <Failure error={save.error} />}
      <Loaded query={query}>
        {(kept) => (
          <Select
            label={t('settings.adopt')}
            hideLabel
            value={kept.adopt_differences}
            onChange={(value) =>
              save.mutate({
                ...kept,
                adopt_differences: value as ShopPreferences['adopt_differences'],
              })
            }
            options={[
              { value: 'never', label: t('settings.adoptNever') },
              { value: 'person', label: t('settings.adoptPerson') },
              { value: 'all', label: t('settings.adoptAll') },
            ]}
          />
        )}
      </Loaded>
      <p className="subdued">{t('settings.adoptHint')}</p>
    </Card>
  );
}
