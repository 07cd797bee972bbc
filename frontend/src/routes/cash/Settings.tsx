// What a person says for cash: rates of exchange by day, and the alarm for orders not settled.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rate } from '../../api/cash';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import { Button, Card, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Export, Failure, Loaded, Table } from '../../ui/patterns';
import { SaveForm } from '../../ui/SaveForm';

const NOTHING = { base: '', quote: '', day: '', rate: '', source: '' };
const FIELDS = ['base', 'quote', 'day', 'rate', 'source'] as const;

export function Rates() {
  const { t } = useTranslation();
  const { date } = useFormat();
  const client = useQueryClient();
  const query = useResource<{ data: Rate[] }>('/cash/rates');
  const [form, setForm] = useState(NOTHING);
  const again = () => client.invalidateQueries();
  const say = useMutation({
    mutationFn: () => send('POST', '/cash/rates', form),
    onSuccess: () => {
      setForm(NOTHING);
      return again();
    },
  });
  const forget = useMutation({
    mutationFn: (one: Rate) => send('DELETE', `/cash/rates/${one.base}/${one.quote}/${one.day}`),
    onSuccess: again,
  });
  return (
    <Card heading={t('cash.rates')}>
      <p className="subdued">{t('cash.ratesWhat')}</p>
      <Loaded query={query}>
        {(found) =>
          found.data.length === 0 ? (
            <Empty>{t('cash.noRates')}</Empty>
          ) : (
            <Table
              label={t('cash.rates')}
              rows={found.data}
              rowKey={(one) => one.base + one.quote + one.day}
              columns={[
                { key: 'day', label: t('cash.day'), show: (one) => date(one.day) },
                {
                  key: 'rate',
                  label: t('cash.rate'),
                  show: (one) => `1 ${one.base} = ${one.rate} ${one.quote}`,
                },
                { key: 'source', label: t('cash.source'), show: (one) => one.source },
                {
                  key: 'forget',
                  label: '',
                  show: (one) => (
                    <Button onClick={() => forget.mutate(one)}>{t('cash.forget')}</Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <div className="footer">
        <Export asked={{ path: '/cash/rates', query: {} }} />
      </div>
      <div className="filters">
        {FIELDS.map((name) => (
          <TextField
            key={name}
            label={t(`cash.${name}`)}
            value={form[name]}
            onChange={(value) => setForm({ ...form, [name]: value })}
          />
        ))}
      </div>
      <Button busy={say.isPending} onClick={() => say.mutate()}>
        {t('cash.say')}
      </Button>
      {say.error && <Failure error={say.error} />}
      {forget.error && <Failure error={forget.error} />}
    </Card>
  );
}

export function Alarm({ days }: { days: number | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [typed, setTyped] = useState(days === null ? '' : String(days));
  const save = useMutation({
    mutationFn: () =>
      send('PUT', '/cash/rules', { unsettled_after_days: typed ? Number(typed) : null }),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <Card heading={t('cash.alarm')}>
      <p className="subdued">{t('cash.alarmWhat')}</p>
      <SaveForm
        busy={save.isPending}
        onSave={() => save.mutate()}
        onDiscard={() => setTyped(days === null ? '' : String(days))}
      >
        <TextField
          label={t('cash.alarmDays')}
          value={typed}
          onChange={(value) => setTyped(value.replace(/\D/g, '').slice(0, 3))}
        />
      </SaveForm>
      {save.error && <Failure error={save.error} />}
    </Card>
  );
}
