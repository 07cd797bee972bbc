// What Amazon has paid: each payment, whether its lines add up, and how far we have read.
import { useTranslation } from 'react-i18next';
import type { Remittance, RemittanceReading } from '../api/payments';
import { usePages, useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { useFilters } from '../shell/filters';
import { Badge, Banner, Card, Page, SearchField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Narrow, Table } from '../ui/patterns';

const STATUSES = ['IN_PROGRESS', 'SUCCESSFUL', 'FAILED'] as const;
const TONES = { IN_PROGRESS: 'info', SUCCESSFUL: 'success', FAILED: 'critical' } as const;

export default function Payments() {
  const { t } = useTranslation();
  const { number, money, day } = useFormat();
  const [filters, change] = useFilters(['search', 'status', 'currency']);
  const query = usePages<Remittance>('/remittances', filters, true);
  return (
    <Page
      heading={t('payments.title')}
      action={
        <>
          <To to="/invoices/payments/bank">{t('bank.title')}</To> ·{' '}
          <To to="/purchase-orders/files?kind=remittances">{t('payments.byFile')}</To>
        </>
      }
    >
      <Reading />
      <Card flush>
        <p className="subdued padded">{t('payments.what')}</p>
        <div className="filters">
          <SearchField
            label={t('payments.find')}
            value={filters.search}
            onChange={(search) => change({ search })}
          />
          <Narrow
            label={t('orders.state')}
            value={filters.status}
            values={STATUSES}
            word={(one) => t(`payments.statuses.${one}`)}
            onChange={(status) => change({ status })}
          />
        </div>
        <Listed
          query={query}
          empty={t(filters.search || filters.status ? 'common.noneFits' : 'payments.empty')}
        >
          {(rows) => (
            <Table
              label={t('payments.title')}
              rows={rows}
              rowKey={(row) => row.region + row.payment_id}
              columns={[
                {
                  key: 'number',
                  label: t('payments.number'),
                  show: (row) => (
                    <To
                      to={`/invoices/payments/${row.region}/${encodeURIComponent(row.payment_id)}`}
                    >
                      {row.number ?? row.payment_id}
                    </To>
                  ),
                },
                { key: 'paid', label: t('payments.paidOn'), show: (row) => day(row.paid_at) },
                {
                  key: 'status',
                  label: t('orders.state'),
                  show: (row) => (
                    <>
                      <PaymentStatus status={row.status} />{' '}
                      {!row.adds_up && <Badge tone="critical">{t('payments.doesNotAddUp')}</Badge>}{' '}
                      {row.disagrees && <Badge tone="critical">{t('payments.disagrees')}</Badge>}
                    </>
                  ),
                },
                {
                  key: 'source',
                  label: t('payments.source'),
                  show: (row) => t(`payments.sources.${row.source}`),
                },
                {
                  key: 'amount',
                  label: t('payments.amount'),
                  number: true,
                  show: (row) => money(row.amount),
                },
                {
                  key: 'lines',
                  label: t('payments.lines'),
                  number: true,
                  show: (row) => number(row.lines),
                },
              ]}
            />
          )}
        </Listed>
      </Card>
    </Page>
  );
}

export function PaymentStatus({ status }: { status: Remittance['status'] }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[status]}>{t(`payments.statuses.${status}`)}</Badge>;
}

function Reading() {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const query = useResource<Rows<Remittance> & { readings: RemittanceReading[] }>('/remittances', {
    limit: 1,
  });
  const readings = query.data?.readings ?? [];
  if (query.data && readings.length === 0) {
    return (
      <Banner tone="info" heading={t('payments.notRead')}>
        <To to="/invoices/billing">{t('payments.sayMarketplace')}</To>
      </Banner>
    );
  }
  return (
    <>
      {readings.map((one) => (
        <div key={`${one.connection_id} ${one.marketplace_id}`}>
          {one.error ? (
            <Banner tone="warning" heading={t('payments.unread', { at: time(one.tried_at) })}>
              {said(one.error)}{' '}
              <To to={`/settings/connections/${one.connection_id}`}>{t('payments.connection')}</To>
            </Banner>
          ) : (
            <p className="subdued padded">{t('payments.readTo', { at: time(one.read_to) })}</p>
          )}
        </div>
      ))}
    </>
  );
}
