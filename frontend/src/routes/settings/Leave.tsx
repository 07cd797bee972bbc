// Leaving Holdfast: give everything back, watch it being told, take the file along.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Exit, ShopPreferences } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { useSession } from '../../shell/session';
import { Badge, Banner, Button, Card, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Figures, Loaded } from '../../ui/patterns';

export function Leave() {
  const { t } = useTranslation();
  const query = useResource<Exit>('/exit', {}, true);
  const preferences = useResource<ShopPreferences>('/shop-preferences');
  return (
    <Card heading={t('exit.title')}>
      <Loaded query={query}>{(exit) => <Standing exit={exit} />}</Loaded>
      <Loaded query={preferences}>
        {(kept) => <Recipient key={kept.exit_email} kept={kept} />}
      </Loaded>
    </Card>
  );
}

function Standing({ exit }: { exit: Exit }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const queries = useQueryClient();
  const session = useSession();
  const [typed, setTyped] = useState('');
  const domain = session?.shop.domain ?? '';
  const leaving = exit.leaving_at !== null;
  const act = useMutation({
    mutationFn: (stay: boolean) =>
      stay ? send('DELETE', '/exit') : send('POST', '/exit', { confirm: typed }),
    onSuccess: () => setTyped(''),
    onSettled: () => queries.invalidateQueries({ queryKey: ['/exit'] }),
  });
  const file = useMutation({ mutationFn: () => download('/exit/workbook') });
  const error = act.error ?? file.error;
  return (
    <>
      {error && <Failure error={error} />}
      {leaving && (
        <Banner
          tone={exit.done ? 'success' : exit.dead > 0 ? 'critical' : 'info'}
          heading={t(exit.done ? 'exit.done' : exit.dead > 0 ? 'exit.stuck' : 'exit.underWay')}
        >
          {t('exit.since', { when: time(exit.leaving_at) })}
        </Banner>
      )}
      <p>{t('exit.what')}</p>
      <Figures
        figures={[
          { label: t('exit.held'), value: number(exit.held_units) },
          { label: t('exit.waiting'), value: number(exit.waiting) },
          { label: t('exit.dead'), value: number(exit.dead) },
          { label: t('exit.others'), value: number(exit.held_for_others) },
        ]}
      />
      {!exit.connected && <Badge tone="critical">{t('exit.notConnected')}</Badge>}
      {!leaving && (
        <div className="filters">
          <TextField
            label={t('exit.confirm', { domain })}
            details={t('exit.confirmHint')}
            value={typed}
            onChange={setTyped}
          />
        </div>
      )}
      <div className="buttons">
        {leaving ? (
          <Button busy={act.isPending} onClick={() => act.mutate(true)}>
            {t('exit.stay')}
          </Button>
        ) : (
          <Button
            busy={act.isPending}
            disabled={typed.trim().toLowerCase() !== domain || !exit.connected}
            onClick={() => act.mutate(false)}
          >
            {t('exit.leave')}
          </Button>
        )}
        <Button busy={file.isPending} onClick={() => file.mutate()}>
          {t('exit.workbook')}
        </Button>
      </div>
    </>
  );
}

function Recipient({ kept }: { kept: ShopPreferences }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [address, setAddress] = useState(kept.exit_email ?? '');
  const save = useMutation({
    mutationFn: () => send('PUT', '/shop-preferences', { ...kept, exit_email: address || null }),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries({ queryKey: ['/shop-preferences'] });
    },
  });
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <div className="filters">
        <TextField
          label={t('exit.email')}
          details={t('exit.emailHint')}
          value={address}
          onChange={setAddress}
        />
        <div>
          <Button
            busy={save.isPending}
            disabled={address === (kept.exit_email ?? '')}
            onClick={() => save.mutate()}
          >
            {t('common.save')}
          </Button>
        </div>
      </div>
    </>
  );
}
