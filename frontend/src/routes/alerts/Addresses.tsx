// Where people are told: e-mail, Slack, a webhook or another service; each can be tried.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertAddress, Alerts } from '../../api/alerts';
import { send } from '../../api/client';
import { useSaid } from '../../i18n/useSaid';
import { toast } from '../../shell/appBridge';
import { Badge, Banner, Button, Card, NumberField, Select, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Table } from '../../ui/patterns';

const KINDS = ['email', 'slack', 'webhook', 'other'];
const RHYTHMS = ['at_once', 'daily', 'weekly'];
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];
const LANGUAGES = ['en', 'zh-CN'];
const NEW = {
  name: '',
  kind: 'email',
  address: '',
  language: 'en',
  rhythm: 'at_once',
  hour: '8',
  weekday: '0',
};

export function Addresses({ alerts }: { alerts: Alerts }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: ({ row, test }: { row: AlertAddress; test: boolean }) =>
      test
        ? send('POST', `/alert-addresses/${row.id}/test`)
        : send('DELETE', `/alert-addresses/${row.id}`),
    onSuccess: (_answer, { test }) => toast(t(test ? 'alerts.testAsked' : 'common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  const [edited, setEdited] = useState<AlertAddress | null>(null);
  return (
    <Card flush heading={t('alerts.addresses')}>
      {act.error && <Failure error={act.error} />}
      {!alerts.mail_is_set && alerts.addresses.some((one) => one.kind === 'email') && (
        <Banner tone="warning" heading={t('alerts.noMail')} />
      )}
      {alerts.addresses.length === 0 ? (
        <Empty>{t('alerts.noAddresses')}</Empty>
      ) : (
        <Table
          label={t('alerts.addresses')}
          rows={alerts.addresses}
          rowKey={(row) => row.id}
          columns={[
            { key: 'name', label: t('alerts.name'), show: (row) => row.name },
            {
              key: 'address',
              label: t('alerts.address'),
              show: (row) => `${t(`alerts.kindsOfAddress.${row.kind}`)}: ${row.hint}`,
            },
            {
              key: 'rhythm',
              label: t('alerts.rhythm'),
              show: (row) =>
                row.next_digest_at
                  ? t('alerts.next', {
                      rhythm: t(`alerts.rhythms.${row.rhythm}`),
                      when: time(row.next_digest_at),
                    })
                  : t(`alerts.rhythms.${row.rhythm}`),
            },
            { key: 'newest', label: t('alerts.newest'), show: (row) => <Newest row={row} /> },
            {
              key: 'act',
              label: t('alerts.act'),
              show: (row) => (
                <>
                  <Button
                    busy={act.isPending && act.variables.row.id === row.id && act.variables.test}
                    onClick={() => act.mutate({ row, test: true })}
                  >
                    {t('alerts.test')}
                  </Button>{' '}
                  <Button onClick={() => setEdited(row)}>{t('alerts.change')}</Button>{' '}
                  <Button onClick={() => act.mutate({ row, test: false })}>
                    {t('alerts.remove')}
                  </Button>
                </>
              ),
            },
          ]}
        />
      )}
      <Address
        key={edited?.id ?? 0}
        others={alerts.others}
        known={edited}
        onDone={() => setEdited(null)}
      />
    </Card>
  );
}

function Newest({ row }: { row: AlertAddress }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const { newest } = row;
  if (newest === null) return <>–</>;
  if (newest.state === 'done') return <Badge tone="success">{time(newest.finished_at)}</Badge>;
  return (
    <>
      <Badge tone={newest.state === 'dead' ? 'critical' : 'info'}>
        {t(newest.state === 'dead' ? 'alerts.failed' : 'alerts.sending')}
      </Badge>{' '}
      <To to={`/activity/${newest.message_id}`}>{said(newest.error) || t('common.details')}</To>
    </>
  );
}

/** A new address, or a known one to be said anew; where nothing is typed, it stays where it was. */
function Address(props: { others: string[]; known: AlertAddress | null; onDone: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { others, known } = props;
  const [typed, setTyped] = useState(
    known
      ? {
          name: known.name,
          kind: known.kind,
          address: '',
          language: known.language,
          rhythm: known.rhythm,
          hour: `${known.hour}`,
          weekday: `${known.weekday}`,
        }
      : NEW,
  );
  const change = (values: Partial<typeof NEW>) => setTyped({ ...typed, ...values });
  const save = useMutation({
    mutationFn: () =>
      send(known ? 'PUT' : 'POST', `/alert-addresses${known ? `/${known.id}` : ''}`, {
        ...typed,
        address: typed.address || null,
        hour: Number(typed.hour),
        weekday: Number(typed.weekday),
      }),
    onSuccess: () => {
      setTyped(NEW);
      props.onDone();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <div className="filters top">
        <TextField
          label={t('alerts.name')}
          value={typed.name}
          onChange={(name) => change({ name })}
        />
        <Select
          label={t('alerts.by')}
          value={typed.kind}
          onChange={(kind) => change({ kind })}
          options={(known && !typed.address ? [known.kind] : KINDS).map((one) => ({
            value: one,
            label: t(`alerts.kindsOfAddress.${one}`),
          }))}
        />
        <TextField
          label={t('alerts.address')}
          details={
            known
              ? t('alerts.staysAs', { hint: known.hint })
              : t(`alerts.hints.${typed.kind}`, {
                  services: others.map((one) => `${one}://`).join(', '),
                })
          }
          value={typed.address}
          onChange={(address) => change({ address })}
        />
        <Select
          label={t('alerts.language')}
          value={typed.language}
          onChange={(language) => change({ language })}
          options={LANGUAGES.map((one) => ({ value: one, label: t(`names.${one}`) }))}
        />
        <Select
          label={t('alerts.rhythm')}
          value={typed.rhythm}
          onChange={(rhythm) => change({ rhythm })}
          options={RHYTHMS.map((one) => ({ value: one, label: t(`alerts.rhythms.${one}`) }))}
        />
        {typed.rhythm !== 'at_once' && (
          <NumberField
            label={t('alerts.hour')}
            max={23}
            value={typed.hour}
            onChange={(hour) => change({ hour })}
          />
        )}
        {typed.rhythm === 'weekly' && (
          <Select
            label={t('alerts.weekday')}
            value={typed.weekday}
            onChange={(weekday) => change({ weekday })}
            options={WEEKDAYS.map((one) => ({ value: `${one}`, label: t(`alerts.days.${one}`) }))}
          />
        )}
        <div>
          <Button
            busy={save.isPending}
            disabled={!typed.name.trim() || (!known && !typed.address.trim())}
            onClick={() => save.mutate()}
          >
            {t(known ? 'common.save' : 'alerts.addAddress')}
          </Button>
          {known && <Button onClick={props.onDone}>{t('alerts.leave')}</Button>}
        </div>
      </div>
    </>
  );
}
