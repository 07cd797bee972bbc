// What to do about money next: three sums by currency, each opening into its rows.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { Money } from '../../api/types';
import { Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Loaded, Table } from '../../ui/patterns';

interface Action {
  currency: string | null;
  count: number;
  amount: Money | null;
  by: string | null;
}
type Name = 'closing' | 'not_invoiced' | 'overdue';

const OPENS = {
  closing: '/disputes',
  not_invoiced: '/reconciliation?step=not_invoiced',
  overdue: '/cash',
} as const;
const NAMES = ['closing', 'not_invoiced', 'overdue'] as const;

export function MoneyNext() {
  const { t } = useTranslation();
  const { number, money, date } = useFormat();
  const query = useResource<Record<Name, Action[]>>('/money');
  return (
    <Card heading={t('home.money.title')} flush>
      <Loaded query={query}>
        {(found) => {
          const rows = NAMES.flatMap((name) => found[name].map((one) => ({ name, ...one })));
          if (rows.length === 0) return <Empty>{t('home.money.nothing')}</Empty>;
          return (
            <Table
              label={t('home.money.title')}
              rows={rows}
              rowKey={(row) => row.name + row.currency}
              columns={[
                {
                  key: 'what',
                  label: t('home.money.what'),
                  show: (row) => (
                    <>
                      <To to={OPENS[row.name]}>{t(`home.money.do.${row.name}`)}</To>
                      <div className="subdued">{t(`home.money.why.${row.name}`)}</div>
                    </>
                  ),
                },
                {
                  key: 'count',
                  label: t('home.money.count'),
                  number: true,
                  show: (row) => number(row.count),
                },
                {
                  key: 'amount',
                  label: t('home.money.amount'),
                  number: true,
                  show: (row) => money(row.amount),
                },
                { key: 'by', label: t('home.money.by'), show: (row) => date(row.by) },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
