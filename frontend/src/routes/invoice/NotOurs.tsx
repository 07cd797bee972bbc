// Invoices that Amazon's finance has and we have not: they were sent by another door.
import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/queries';
import type { Money } from '../../api/types';
import { Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Loaded, More, Table } from '../../ui/patterns';

interface FinanceInvoice {
  region: string;
  payee_code: string;
  number: string;
  status: string;
  purchase_orders: string[];
  issued_at: string;
  due_at: string | null;
  total: Money;
  message_id: number | null;
}

export function NotOurs() {
  const { t } = useTranslation();
  const { date, money } = useFormat();
  const query = usePages<FinanceInvoice>('/finance-invoices', {});
  return (
    <Loaded query={query}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.data);
        if (rows.length === 0) return null;
        return (
          <Card heading={t('invoices.notOurs.title')} flush>
            <p className="subdued padded">
              {t('invoices.notOurs.what')}{' '}
              <To to="/purchase-orders/files">{t('invoices.notOurs.bring')}</To>
            </p>
            <Table
              label={t('invoices.notOurs.title')}
              rows={rows}
              rowKey={(row) => row.region + row.payee_code + row.number}
              columns={[
                {
                  key: 'number',
                  label: t('orders.number'),
                  show: (row) =>
                    row.message_id ? (
                      <To to={`/activity/${row.message_id}`}>{row.number}</To>
                    ) : (
                      row.number
                    ),
                },
                {
                  key: 'orders',
                  label: t('invoices.notOurs.orders'),
                  show: (row) =>
                    row.purchase_orders.map((one) => (
                      <span key={one}>
                        <To to={`/purchase-orders/${encodeURIComponent(one)}`}>{one}</To>{' '}
                      </span>
                    )),
                },
                {
                  key: 'issued',
                  label: t('invoices.notOurs.issued'),
                  show: (row) => date(row.issued_at),
                },
                { key: 'due', label: t('invoices.notOurs.due'), show: (row) => date(row.due_at) },
                {
                  key: 'total',
                  label: t('invoices.notOurs.total'),
                  number: true,
                  show: (row) => money(row.total),
                },
              ]}
            />
            <More query={query} />
          </Card>
        );
      }}
    </Loaded>
  );
}
