// Shipped lines on which the sources differ: what left, what Amazon's status says, what it matched.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { ReceiptLine } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';

const TONES = {
  on_its_way: 'info',
  searched: 'warning',
  short: 'critical',
  over: 'warning',
  disagree: 'warning',
} as const;
const DAY = 86_400_000;

export default function Receipts() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'state']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<ReceiptLine>('/receipts', filters, true);
  return (
    <Page heading={t('receipts.title')}>
      <Card flush>
        <p className="subdued padded">{t('receipts.what')}</p>
        <div className="filters">
          <SearchField
            label={t('common.search')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Select
            label={t('orders.state')}
            value={filters.state}
            onChange={(state) => change({ state })}
            options={[
              { value: '', label: t('common.all') },
              ...Object.keys(TONES).map((one) => ({
                value: one,
                label: t(`receipts.states.${one}`),
              })),
            ]}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('receipts.empty')}</Empty>;
            return <Lines rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}

function Lines({ rows }: { rows: ReceiptLine[] }) {
  const { t } = useTranslation();
  const { number, money, time } = useFormat();
  const age = (since: string) =>
    t('receipts.days', { count: Math.floor((Date.now() - Date.parse(since)) / DAY) });
  return (
    <Table<ReceiptLine>
      label={t('receipts.title')}
      rows={rows}
      rowKey={(row) => `${row.region}${row.number}/${row.line}`}
      columns={[
        {
          key: 'order',
          label: t('receipts.order'),
          show: (row) => (
            <>
              <To to={`/purchase-orders/${row.number}`}>{row.number}</To>
              <div className="subdued">{row.item?.sku ?? row.asin ?? row.vendor_sku}</div>
            </>
          ),
        },
        {
          key: 'state',
          label: t('orders.state'),
          show: (row) => (
            <>
              <Badge tone={TONES[row.state]}>{t(`receipts.states.${row.state}`)}</Badge>
              <div className="subdued">
                {row.state === 'searched'
                  ? t('receipts.until', { when: time(row.searched_until) })
                  : t('receipts.left', { age: age(row.left_at) })}
              </div>
            </>
          ),
        },
        {
          key: 'shipped',
          label: t('receipts.shipped'),
          number: true,
          show: (row) => number(row.shipped),
        },
        {
          key: 'received',
          label: t('receipts.received'),
          number: true,
          show: (row) => (
            <>
              {number(row.received)}
              {row.status_read_at && <div className="subdued">{time(row.status_read_at)}</div>}
            </>
          ),
        },
        {
          key: 'matched',
          label: t('receipts.matched'),
          number: true,
          show: (row) =>
            row.matched === null ? (
              <span className="subdued">{t('receipts.unmatched')}</span>
            ) : (
              <>
                {number(row.matched)}
                {row.matched_at && <div className="subdued">{time(row.matched_at)}</div>}
              </>
            ),
        },
        {
          key: 'missing',
          label: t('receipts.missing'),
          number: true,
          show: (row) => number(row.missing),
        },
        {
          key: 'value',
          label: t('receipts.value'),
          number: true,
          show: (row) => (row.value ? money(row.value) : '–'),
        },
      ]}
    />
  );
}
