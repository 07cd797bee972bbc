// How one connection to Amazon is let in: until when, authorise it again, or disconnect it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { ConnectionDetail } from '../../api/types';
import { openOnTop, toast } from '../../shell/appBridge';
import { Banner, Button, Card, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure } from '../../ui/patterns';

export function Access({ detail }: { detail: ConnectionDetail }) {
  const { t, i18n } = useTranslation();
  const { time } = useFormat();
  const queries = useQueryClient();
  const { connection } = detail;
  const marketplace = connection.details.marketplace;
  const [token, setToken] = useState('');
  const [isLeaving, setLeaving] = useState(false);
  const login = useMutation({
    mutationFn: () =>
      send<{ url: string }>('POST', '/connections/amazon/authorize', {
        region: connection.region,
        marketplace,
        locale: i18n.language,
      }),
    onSuccess: ({ url }) => openOnTop(url),
  });
  const paste = useMutation({
    mutationFn: () =>
      send('POST', '/connections/amazon', {
        region: connection.region,
        refresh_token: token,
        name: connection.name,
      }),
    onSuccess: () => {
      setToken('');
      toast(t('settings.connected'));
      return queries.invalidateQueries();
    },
  });
  const leave = useMutation({
    mutationFn: () => send('DELETE', `/connections/${connection.id}`),
    onSuccess: () => {
      setLeaving(false);
      return queries.invalidateQueries();
    },
  });
  const error = login.error ?? paste.error ?? leave.error;
  return (
    <Card heading={t('connection.access')}>
      {error && <Failure error={error} />}
      <p>
        {t(`settings.regions.${connection.region}`)} · {t(`connectionStates.${connection.state}`)}
      </p>
      {connection.state !== 'disconnected' && (
        <p>
          {detail.consent_ends_at
            ? t('connection.consentEnds', { when: time(detail.consent_ends_at) })
            : t('connection.consentOpen')}
        </p>
      )}
      {marketplace ? (
        <>
          <p className="subdued">{t('connection.againHint', { marketplace })}</p>
          <Button busy={login.isPending} onClick={() => login.mutate()}>
            {t('connection.again')}
          </Button>
        </>
      ) : (
        <div className="filters">
          <TextField
            label={t('connection.newToken')}
            details={t('settings.tokenHint')}
            value={token}
            onChange={setToken}
          />
          <div>
            <Button busy={paste.isPending} disabled={!token} onClick={() => paste.mutate()}>
              {t('connection.replace')}
            </Button>
          </div>
        </div>
      )}
      {connection.state !== 'disconnected' &&
        (isLeaving ? (
          <Banner tone="warning" heading={t('connection.leaveSure', { name: connection.name })}>
            <p>{t('connection.leaveHint')}</p>
            <Button busy={leave.isPending} onClick={() => leave.mutate()}>
              {t('connection.leave')}
            </Button>{' '}
            <Button onClick={() => setLeaving(false)}>{t('common.cancel')}</Button>
          </Banner>
        ) : (
          <p>
            <Button onClick={() => setLeaving(true)}>{t('connection.leave')}</Button>
          </p>
        ))}
      <p className="subdued">{t('settings.iam')}</p>
    </Card>
  );
}
