// Rules: which address is told of what, above which amount, how many days ahead.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRule, Alerts } from '../../api/alerts';
import { send } from '../../api/client';
import { Button, Card, NumberField, Select, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Table } from '../../ui/patterns';

export function Rules({ alerts }: { alerts: Alerts }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: (row: AlertRule) => send('DELETE', `/alert-rules/${row.id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  const [edited, setEdited] = useState<AlertRule | null>(null);
  const names = new Map(alerts.addresses.map((one) => [one.id, one.name]));
  return (
    <Card flush heading={t('alerts.rules')}>
      {remove.error && <Failure error={remove.error} />}
      {alerts.rules.length === 0 ? (
        <Empty>{t('alerts.noRules')}</Empty>
      ) : (
        <Table
          label={t('alerts.rules')}
          rows={alerts.rules}
          rowKey={(row) => row.id}
          columns={[
            { key: 'kind', label: t('alerts.what'), show: (row) => t(`alerts.kinds.${row.kind}`) },
            {
              key: 'from',
              label: t('alerts.from'),
              show: (row) =>
                [
                  ...(row.at_least ? [money(row.at_least)] : []),
                  ...(row.days === null ? [] : [t('alerts.dayCount', { count: row.days })]),
                ].join(', ') || t('common.all'),
            },
            { key: 'whom', label: t('alerts.whom'), show: (row) => names.get(row.address_id) },
            {
              key: 'standing',
              label: t('alerts.untold'),
              number: true,
              show: (row) => number(row.standing),
            },
            {
              key: 'act',
              label: t('alerts.act'),
              show: (row) => (
                <>
                  <Button onClick={() => setEdited(row)}>{t('alerts.change')}</Button>{' '}
                  <Button busy={remove.isPending} onClick={() => remove.mutate(row)}>
                    {t('alerts.remove')}
                  </Button>
                </>
              ),
            },
          ]}
        />
      )}
      {alerts.addresses.length > 0 && (
        <Rule key={edited?.id ?? 0} alerts={alerts} known={edited} onDone={() => setEdited(null)} />
      )}
    </Card>
  );
}

/** A new rule, or a known one to be said anew. */
function Rule(props: { alerts: Alerts; known: AlertRule | null; onDone: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { alerts, known } = props;
  const [kind, setKind] = useState<string>(known?.kind ?? 'discrepancy_opened');
  const [address, setAddress] = useState(`${known?.address_id ?? ''}`);
  const [amount, setAmount] = useState(known?.at_least ? `${Number(known.at_least.amount)}` : '');
  const [currency, setCurrency] = useState(known?.at_least?.currency ?? '');
  const [days, setDays] = useState(`${known?.days ?? ''}`);
  const chosen = alerts.kinds.find((one) => one.name === kind);
  const whom = address || String(alerts.addresses[0]?.id ?? '');
  const counts = chosen?.days ?? null;
  const save = useMutation({
    mutationFn: () =>
      send(known ? 'PUT' : 'POST', known ? `/alert-rules/${known.id}` : '/alert-rules', {
        address_id: Number(whom),
        kind,
        at_least: chosen?.takes_amount && amount ? amount : null,
        currency: chosen?.takes_amount && amount ? currency.trim().toUpperCase() || null : null,
        days: counts === null ? null : Number(days || counts),
      }),
    onSuccess: props.onDone,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <div className="filters top">
        <Select
          label={t('alerts.what')}
          value={kind}
          onChange={setKind}
          options={alerts.kinds.map((one) => ({
            value: one.name,
            label: t(`alerts.kinds.${one.name}`),
          }))}
        />
        <Select
          label={t('alerts.whom')}
          value={whom}
          onChange={setAddress}
          options={alerts.addresses.map((one) => ({ value: String(one.id), label: one.name }))}
        />
        {chosen?.takes_amount && (
          <>
            <NumberField
              label={t('alerts.atLeast')}
              details={t('alerts.emptyIsAll')}
              value={amount}
              onChange={setAmount}
            />
            <TextField label={t('alerts.currency')} value={currency} onChange={setCurrency} />
          </>
        )}
        {counts !== null && (
          <NumberField
            label={t('alerts.daysCount')}
            max={365}
            value={days || String(counts)}
            onChange={setDays}
          />
        )}
        <div>
          <Button primary busy={save.isPending} onClick={() => save.mutate()}>
            {t(known ? 'common.save' : 'alerts.addRule')}
          </Button>
          {known && <Button onClick={props.onDone}>{t('alerts.leave')}</Button>}
        </div>
      </div>
    </>
  );
}
