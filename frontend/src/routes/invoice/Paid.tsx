// What payments say of this invoice: paid, claimed back, repaid.
import { useTranslation } from 'react-i18next';
import type { InvoicePayment } from '../../api/payments';
import { Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Table } from '../../ui/patterns';
import { PaymentStatus } from '../Payments';

export function Paid({ payments }: { payments: InvoicePayment[] }) {
  const { t } = useTranslation();
  const { money, day } = useFormat();
  if (payments.length === 0) return null;
  return (
    <Card flush heading={t('payments.ofInvoice')}>
      <Table
        label={t('payments.ofInvoice')}
        rows={payments}
        rowKey={(one) => one.payment_id + one.reference}
        columns={[
          {
            key: 'payment',
            label: t('payments.number'),
            show: (one) => (
              <To to={`/invoices/payments/${one.region}/${encodeURIComponent(one.payment_id)}`}>
                {one.number ?? one.payment_id}
              </To>
            ),
          },
          { key: 'on', label: t('payments.paidOn'), show: (one) => day(one.paid_at) },
          {
            key: 'status',
            label: t('orders.state'),
            show: (one) => <PaymentStatus status={one.status} />,
          },
          {
            key: 'kind',
            label: t('payments.kind'),
            show: (one) => t(`payments.kinds.${one.kind}`),
          },
          {
            key: 'paid',
            label: t('payments.paid'),
            number: true,
            show: (one) => money(one.paid),
          },
        ]}
      />
    </Card>
  );
}
