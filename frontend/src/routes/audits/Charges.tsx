// Co-op charges against their agreements; a person says which agreement and days one is about.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agreement, Charge } from '../../api/audits';
import { send } from '../../api/client';
import { addressOf } from '../../api/deductions';
import { usePages, useResource } from '../../api/queries';
import type { Page as Rows } from '../../api/types';
import { Badge, Button, Card, Select, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Listed, Table } from '../../ui/patterns';

const TONES = {
  agreed: 'success',
  over: 'critical',
  under: 'info',
  no_agreement: 'warning',
  cost_unknown: 'warning',
} as const;

export function Charges() {
  const { t } = useTranslation();
  const { money, number, date } = useFormat();
  const query = usePages<Charge>('/co-op-charges', {}, true);
  const [chosen, setChosen] = useState<Charge | null>(null);
  return (
    <Card flush heading={t('audits.charges')}>
      <p className="subdued padded">{t('audits.chargesWhat')}</p>
      <Listed query={query} empty={t('audits.noCharges')}>
        {(rows) => (
          <Table
            label={t('audits.charges')}
            rows={rows}
            rowKey={(row) => addressOf(row.deduction)}
            columns={[
              {
                key: 'reference',
                label: t('deductions.reference'),
                show: (row) => <To to={addressOf(row.deduction)}>{row.deduction.reference}</To>,
              },
              {
                key: 'verdict',
                label: t('audits.verdict'),
                show: (row) => (
                  <>
                    <Badge tone={TONES[row.verdict]}>{t(`audits.verdicts.${row.verdict}`)}</Badge>
                    {row.verdict === 'cost_unknown' && (
                      <div>
                        <To to="/invoices/billing">{t('eachCost.say')}</To>
                      </div>
                    )}
                  </>
                ),
              },
              {
                key: 'agreement',
                label: t('audits.agreement'),
                show: (row) => (
                  <span>
                    {row.agreement ?? '–'}{' '}
                    {row.agreement && !row.confirmed && (
                      <Badge tone="info">{t('audits.suggested')}</Badge>
                    )}
                    {row.from_day && (
                      <div className="subdued">
                        {date(row.from_day)} – {date(row.to_day)}
                      </div>
                    )}
                  </span>
                ),
              },
              {
                key: 'base',
                label: t('audits.base'),
                number: true,
                show: (row) => (
                  <span>
                    {money(row.base)}
                    {row.units !== null && (
                      <div className="subdued">
                        {number(row.units)} {t('orders.units')}
                      </div>
                    )}
                  </span>
                ),
              },
              {
                key: 'expected',
                label: t('audits.expected'),
                number: true,
                show: (row) => money(row.expected),
              },
              {
                key: 'charged',
                label: t('audits.charged'),
                number: true,
                show: (row) => money(row.charged),
              },
              {
                key: 'over',
                label: t('audits.difference'),
                number: true,
                show: (row) => money(row.over),
              },
              {
                key: 'say',
                label: '',
                show: (row) => <Button onClick={() => setChosen(row)}>{t('audits.say')}</Button>,
              },
            ]}
          />
        )}
      </Listed>
      {chosen && (
        <Confirm key={addressOf(chosen.deduction)} charge={chosen} done={() => setChosen(null)} />
      )}
    </Card>
  );
}

function Confirm({ charge, done }: { charge: Charge; done: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { deduction } = charge;
  const agreements = useResource<Rows<Agreement>>('/co-op-agreements').data?.data ?? [];
  const fitting = agreements.filter(
    (one) => one.region === deduction.region && one.currency === deduction.taken.currency,
  );
  const [agreement, setAgreement] = useState(`${charge.agreement_id ?? ''}`);
  const [from, setFrom] = useState(charge.from_day ?? '');
  const [to, setTo] = useState(charge.to_day ?? '');
  const sent = useMutation({
    mutationFn: () =>
      send<Charge>('PUT', '/co-op-charges', {
        region: deduction.region,
        reference: deduction.reference,
        currency: deduction.taken.currency,
        agreement_id: Number(agreement),
        from_day: from,
        to_day: to,
      }),
    onSuccess: done,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <div className="padded">
      {sent.error && <Failure error={sent.error} />}
      <div className="filters top">
        <Select
          label={`${t('audits.agreement')} · ${deduction.reference}`}
          value={agreement}
          onChange={setAgreement}
          options={[
            { value: '', label: '–' },
            ...fitting.map((one) => ({ value: `${one.agreement_id}`, label: one.name })),
          ]}
        />
        <TextField
          label={t('audits.fromDay')}
          details="2026-01-01"
          value={from}
          onChange={setFrom}
        />
        <TextField label={t('audits.toDay')} details="2026-01-31" value={to} onChange={setTo} />
        <Button
          primary
          busy={sent.isPending}
          disabled={!agreement || !from || !to}
          onClick={() => sent.mutate()}
        >
          {t('audits.confirm')}
        </Button>
        <Button onClick={done}>{t('audits.close')}</Button>
      </div>
    </div>
  );
}
