// What can be computed anew: quick-pay discounts by their terms, co-op charges by their agreements.
import { useTranslation } from 'react-i18next';
import type { Discount, Wrong } from '../api/audits';
import { addressOf } from '../api/deductions';
import { usePages, useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { Badge, Banner, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Table } from '../ui/patterns';
import { Agreements } from './audits/Agreements';
import { Charges } from './audits/Charges';

const TONES = { earned: 'success', late: 'critical', too_much: 'critical', no_terms: 'warning' };

export default function Audits() {
  const { t } = useTranslation();
  return (
    <Page heading={t('audits.title')} back={{ to: '/deductions', label: t('deductions.title') }}>
      <InQueue path="/quick-pay" />
      <InQueue path="/co-op-charges" />
      <Discounts />
      <Charges />
      <Agreements />
    </Page>
  );
}

function InQueue({ path }: { path: string }) {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  const query = useResource<Rows<unknown> & { wrong: Wrong[] }>(path, { limit: 1 });
  return (
    <>
      {(query.data?.wrong ?? []).map((one) => (
        <Banner
          key={one.kind + one.amount.currency}
          tone="warning"
          heading={t(`audits.wrong.${one.kind}`)}
          action={<To to={`/discrepancies?kind=${one.kind}`}>{t('audits.toQueue')}</To>}
        >
          {t('audits.inQueue', { count: one.deductions, number: number(one.deductions) })}{' '}
          {money(one.amount)}
        </Banner>
      ))}
    </>
  );
}

function Discounts() {
  const { t } = useTranslation();
  const { money, date, number } = useFormat();
  const query = usePages<Discount>('/quick-pay', {}, true);
  return (
    <Card flush heading={t('audits.quickPay')}>
      <p className="subdued padded">{t('audits.quickPayWhat')}</p>
      <Listed query={query} empty={t('audits.noDiscounts')}>
        {(rows) => (
          <Table
            label={t('audits.quickPay')}
            rows={rows}
            rowKey={(row) => addressOf(row.deduction)}
            columns={[
              {
                key: 'invoice',
                label: t('evidence.invoice'),
                show: (row) => <To to={addressOf(row.deduction)}>{row.deduction.reference}</To>,
              },
              {
                key: 'verdict',
                label: t('audits.verdict'),
                show: (row) => (
                  <Badge tone={TONES[row.verdict] as 'success'}>
                    {t(`audits.discounts.${row.verdict}`)}
                  </Badge>
                ),
              },
              {
                key: 'terms',
                label: t('audits.terms'),
                show: (row) =>
                  row.percent === null
                    ? '–'
                    : t('audits.termsOf', {
                        percent: row.percent,
                        days: number(row.days ?? 0),
                      }),
              },
              { key: 'last', label: t('audits.lastDay'), show: (row) => date(row.last_day) },
              { key: 'paid', label: t('payments.paidOn'), show: (row) => date(row.paid_at) },
              {
                key: 'gross',
                label: t('audits.gross'),
                number: true,
                show: (row) => money(row.gross),
              },
              {
                key: 'taken',
                label: t('deductions.taken'),
                number: true,
                show: (row) => money(row.taken),
              },
              {
                key: 'earned',
                label: t('audits.earned'),
                number: true,
                show: (row) => money(row.earned),
              },
              {
                key: 'wrong',
                label: t('audits.difference'),
                number: true,
                show: (row) => money(row.wrong),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}
