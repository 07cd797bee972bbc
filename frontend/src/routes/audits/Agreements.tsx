// Co-op agreements as Vendor Central shows them: entered, changed, taken away.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Agreement, BASES, PERIODS, PURPOSES } from '../../api/audits';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Page as Rows } from '../../api/types';
import { Button, Card, NumberField, Select, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Export, Failure, Loaded, Table } from '../../ui/patterns';

const NOTHING = {
  region: 'na',
  number: '',
  name: '',
  purpose: 'damage_allowance',
  base: 'receipts',
  percent: '',
  amount: '',
  currency: 'USD',
  period: 'month',
  starts_on: '',
  ends_on: '',
};
type Said = typeof NOTHING;

export function Agreements() {
  const { t } = useTranslation();
  const { money, date } = useFormat();
  const queries = useQueryClient();
  const query = useResource<Rows<Agreement>>('/co-op-agreements');
  const [edited, setEdited] = useState<Agreement | null>(null);
  const removed = useMutation({
    mutationFn: (id: number) => send('DELETE', `/co-op-agreements/${id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('audits.agreements')}>
      {removed.error && <Failure error={removed.error} />}
      <Loaded query={query}>
        {(page) =>
          page.data.length === 0 ? (
            <Empty>{t('audits.noAgreements')}</Empty>
          ) : (
            <Table
              label={t('audits.agreements')}
              rows={page.data}
              rowKey={(row) => row.agreement_id}
              columns={[
                {
                  key: 'name',
                  label: t('audits.name'),
                  show: (row) => (
                    <span>
                      {row.name}
                      <div className="subdued">{row.number}</div>
                    </span>
                  ),
                },
                {
                  key: 'purpose',
                  label: t('audits.purpose'),
                  show: (row) => t(`audits.purposes.${row.purpose}`),
                },
                {
                  key: 'rate',
                  label: t('audits.rate'),
                  show: (row) =>
                    row.rate === null
                      ? `${money(row.amount)} · ${t(`audits.periods.${row.period}`)}`
                      : t('audits.rateOf', {
                          percent: Number((Number(row.rate) * 100).toFixed(4)),
                          base: t(`audits.bases.${row.base}`),
                        }),
                },
                {
                  key: 'days',
                  label: t('audits.inForce'),
                  show: (row) => `${date(row.starts_on)} – ${row.ends_on ? date(row.ends_on) : ''}`,
                },
                {
                  key: 'actions',
                  label: '',
                  show: (row) => (
                    <>
                      <Button onClick={() => setEdited(row)}>{t('audits.change')}</Button>{' '}
                      <Button
                        busy={removed.isPending && removed.variables === row.agreement_id}
                        onClick={() => removed.mutate(row.agreement_id)}
                      >
                        {t('evidence.remove')}
                      </Button>
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <div className="footer">
        <Export asked={{ path: '/co-op-agreements', query: {} }} />
      </div>
      <Enter key={edited?.agreement_id ?? 0} known={edited} done={() => setEdited(null)} />
    </Card>
  );
}

function saidOf(known: Agreement): Said {
  return {
    ...NOTHING,
    region: known.region,
    number: known.number,
    name: known.name,
    purpose: known.purpose,
    base: known.base,
    percent: known.rate === null ? '' : `${Number((Number(known.rate) * 100).toFixed(4))}`,
    amount: known.amount?.amount ?? '',
    currency: known.currency,
    period: known.period,
    starts_on: known.starts_on,
    ends_on: known.ends_on ?? '',
  };
}

function Enter({ known, done }: { known: Agreement | null; done: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [said, setSaid] = useState<Said>(known ? saidOf(known) : NOTHING);
  const set = (changed: Partial<Said>) => setSaid({ ...said, ...changed });
  const isFixed = said.base === 'fixed';
  const sent = useMutation({
    mutationFn: () => {
      const { percent, amount, ends_on, ...rest } = said;
      const body = {
        ...rest,
        vendor_code: known?.vendor_code ?? null,
        rate: isFixed ? null : (Number(percent) / 100).toFixed(6),
        amount: isFixed ? amount : null,
        ends_on: ends_on || null,
      };
      return known
        ? send<Agreement>('PUT', `/co-op-agreements/${known.agreement_id}`, body)
        : send<Agreement>('POST', '/co-op-agreements', body);
    },
    onSuccess: () => {
      setSaid(NOTHING);
      done();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const select = (
    name: 'purpose' | 'base' | 'period',
    words: string,
    values: readonly string[],
  ) => (
    <Select
      label={t(`audits.${name}`)}
      value={said[name]}
      onChange={(value) => set({ [name]: value })}
      options={values.map((one) => ({ value: one, label: t(`audits.${words}.${one}`) }))}
    />
  );
  return (
    <>
      {sent.error && <Failure error={sent.error} />}
      <div className="filters top">
        <TextField label={t('audits.name')} value={said.name} onChange={(name) => set({ name })} />
        <TextField
          label={t('audits.number')}
          details={t('audits.numberHint')}
          value={said.number}
          onChange={(number) => set({ number })}
        />
        {select('purpose', 'purposes', PURPOSES)}
        {select('base', 'bases', BASES)}
        {isFixed ? (
          <NumberField
            label={t('audits.amount')}
            value={said.amount}
            step={0.01}
            onChange={(amount) => set({ amount })}
          />
        ) : (
          <NumberField
            label={t('audits.percent')}
            value={said.percent}
            step={0.01}
            onChange={(percent) => set({ percent })}
          />
        )}
        {select('period', 'periods', PERIODS)}
        <Select
          label={t('settings.region')}
          value={said.region}
          onChange={(region) => set({ region })}
          options={['na', 'eu', 'fe'].map((one) => ({
            value: one,
            label: t(`settings.regions.${one}`),
          }))}
        />
        <TextField
          label={t('disputes.currency')}
          value={said.currency}
          onChange={(currency) => set({ currency: currency.toUpperCase() })}
        />
        <TextField
          label={t('audits.fromDay')}
          details="2026-01-01"
          value={said.starts_on}
          onChange={(starts_on) => set({ starts_on })}
        />
        <TextField
          label={t('audits.toDay')}
          value={said.ends_on}
          onChange={(ends_on) => set({ ends_on })}
        />
        <Button
          primary
          busy={sent.isPending}
          disabled={!said.name || !said.starts_on}
          onClick={() => sent.mutate()}
        >
          {t(known ? 'audits.keep' : 'audits.enter')}
        </Button>
        {known && <Button onClick={done}>{t('audits.close')}</Button>}
      </div>
    </>
  );
}
