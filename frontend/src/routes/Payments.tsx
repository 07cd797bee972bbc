// What Amazon has paid: each payment, whether its lines add up, and how far we have read.
import { useTranslation } from 'react-i18next';
import type { Remittance, RemittanceReading } from '../api/payments';
import { usePages, useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { Badge, Banner, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';

const TONES = { IN_PROGRESS: 'info', SUCCESSFUL: 'success', FAILED: 'critical' } as const;

export default function Payments() {
  const { t } = useTranslation();
  const { number, money, day } = useFormat();
  const query = usePages<Remittance>('/remittances', {}, true);
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
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('payments.empty')}</Empty>;
            return (
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
                        {!row.adds_up && (
                          <Badge tone="critical">{t('payments.doesNotAddUp')}</Badge>
                        )}{' '}
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
            );
          }}
        </Loaded>
        <More query={query} />
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
