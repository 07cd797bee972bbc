// A shortage over its truck: what Amazon booked on other orders of the same shipment.
import { useTranslation } from 'react-i18next';
import type { DisputeDetail } from '../../api/disputes';
import { Banner, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Figures, Table } from '../../ui/patterns';

export function NettingCard({ netting }: { netting: NonNullable<DisputeDetail['netting']> }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  return (
    <Card heading={t('disputes.netting')}>
      {netting.explained > 0 && (
        <Banner tone="info" heading={t('disputes.misreceipt')}>
          {t('disputes.misreceiptHint', { units: number(netting.explained) })}
        </Banner>
      )}
      <Figures
        figures={[
          { label: t('disputes.short'), value: number(netting.short) },
          { label: t('disputes.explained'), value: number(netting.explained) },
          { label: t('disputes.paidElsewhere'), value: number(netting.paid_elsewhere) },
          { label: t('disputes.toClaim'), value: number(netting.to_claim) },
        ]}
      />
      <Table
        label={t('disputes.netting')}
        rows={netting.lines}
        rowKey={(row) => `${row.number} ${row.line}`}
        columns={[
          {
            key: 'line',
            label: t('deductions.order'),
            show: (row) => (
              <To to={`/purchase-orders/${row.number}`}>
                {row.number} · {row.line}
              </To>
            ),
          },
          { key: 'asin', label: 'ASIN', show: (row) => row.asin ?? row.vendor_sku ?? '–' },
          {
            key: 'shipment',
            label: t('evidence.shipment'),
            show: (row) =>
              row.shipments.map((one) => (
                <div key={one}>
                  <To to={`/shipments/${one}`}>{one}</To>
                </div>
              )),
          },
          {
            key: 'shipped',
            label: t('disputes.shipped'),
            number: true,
            show: (row) => number(row.shipped),
          },
          {
            key: 'received',
            label: t('disputes.received'),
            number: true,
            show: (row) => number(row.received),
          },
          {
            key: 'difference',
            label: t('disputes.difference'),
            number: true,
            show: (row) => (
              <span className={row.difference < 0 ? 'negative' : ''}>{number(row.difference)}</span>
            ),
          },
          {
            key: 'billed',
            label: t('deductions.billed'),
            number: true,
            show: (row) => number(row.billed),
          },
        ]}
      />
    </Card>
  );
}
