// Connecting a vendor group: by Login with Amazon, or by a private application's token.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { MARKETPLACES, withConsent } from '../../api/marketplaces';
import { openOnTop, toast } from '../../shell/appBridge';
import { Button, Card, Select, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

export function ConnectAmazon() {
  const { t, i18n } = useTranslation();
  const countries = new Intl.DisplayNames(i18n.language, { type: 'region' });
  const queries = useQueryClient();
  const [region, setRegion] = useState('na');
  const [marketplace, setMarketplace] = useState('US');
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  const paste = useMutation({
    mutationFn: () =>
      send('POST', '/connections/amazon', {
        region,
        refresh_token: token,
        ...(name.trim() && { name }),
      }),
    onSuccess: () => {
      setToken('');
      setName('');
      toast(t('settings.connected'));
      return queries.invalidateQueries();
    },
  });
  const login = useMutation({
    mutationFn: () =>
      send<{ url: string }>('POST', '/connections/amazon/authorize', {
        region,
        marketplace,
        locale: i18n.language,
      }),
    onSuccess: ({ url }) => openOnTop(url),
  });
  return (
    <Card heading={t('settings.amazon')}>
      {(paste.error ?? login.error) && <Failure error={(paste.error ?? login.error) as Error} />}
      <div className="filters">
        <Select
          label={t('settings.region')}
          value={region}
          onChange={(value) => {
            setRegion(value);
            setMarketplace(withConsent(value)[0] ?? '');
          }}
          options={Object.keys(MARKETPLACES).map((one) => ({
            value: one,
            label: t(`settings.regions.${one}`),
          }))}
        />
        <Select
          label={t('settings.marketplace')}
          details={t('settings.marketplaceHint')}
          value={marketplace}
          onChange={setMarketplace}
          options={withConsent(region).map((one) => ({
            value: one,
            label: `${countries.of(one === 'UK' ? 'GB' : one)} (${one})`,
          }))}
        />
        <div>
          <Button primary busy={login.isPending} onClick={() => login.mutate()}>
            {t('settings.withAmazon')}
          </Button>
        </div>
      </div>
      <p className="subdued">{t('settings.orToken')}</p>
      <div className="filters">
        <TextField
          label={t('settings.token')}
          details={t('settings.tokenHint')}
          value={token}
          onChange={setToken}
        />
        <TextField
          label={t('settings.name')}
          details={t('settings.nameHint')}
          value={name}
          onChange={setName}
        />
        <div>
          <Button busy={paste.isPending} disabled={!token} onClick={() => paste.mutate()}>
            {t('settings.connect')}
          </Button>
        </div>
      </div>
      <p className="subdued">{t('settings.iam')}</p>
    </Card>
  );
}
