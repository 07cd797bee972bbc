// Shipped lines on which the sources differ: what left, what Amazon's status says, what it matched.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { ReceiptLine } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';
import { CostUnknown } from './CostUnknown';
import { orderPath } from './orderPath';

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
        <div className="subdued padded">
          <p>{t('receipts.what')}</p>
          <p>{t('receipts.disagreeWhat')}</p>
        </div>
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
              <To to={orderPath(row.number, row.region)}>{row.number}</To>
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
          key: 'reported',
          label: t('receipts.reported'),
          show: (row) => <ByReport row={row} />,
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
          show: (row) =>
            row.cost_unknown ? (
              <CostUnknown reason={row.cost_unknown} code={row.vendor_code} />
            ) : (
              money(row.value)
            ),
        },
      ]}
    />
  );
}

const REPORT_TONES = { more: 'warning', fewer: 'warning', same: 'success' } as const;

/** What the inventory reports say of the line's product, or why they say nothing. */
function ByReport({ row }: { row: ReceiptLine }) {
  const { t } = useTranslation();
  const { number, date, time } = useFormat();
  const told = row.reported;
  if (!told)
    return (
      <span className="subdued">
        {t(`receipts.notReported.${row.not_reported}`)}{' '}
        {row.not_reported === 'marketplace' && (
          <To to={`/invoices/billing?code=${encodeURIComponent(row.vendor_code)}`}>
            {t('eachCost.say')}
          </To>
        )}
      </span>
    );
  const figures = { units: number(told.units), statuses: number(told.by_status) };
  return (
    <>
      <Badge tone={REPORT_TONES[told.says]}>{t(`receipts.reportSays.${told.says}`)}</Badge>
      <div>
        <To to={`/reports/${encodeURIComponent(row.asin ?? '')}`}>
          {t('receipts.reportFigures', figures)}
        </To>
      </div>
      <div className="subdued">
        {date(told.starts_on)} – {date(told.ends_on)}, {told.marketplace}
        {told.gaps > 0 && `, ${t('receipts.gaps', { count: told.gaps })}`}
      </div>
      <div className="subdued">{t('receipts.readAt', { when: time(told.read_at) })}</div>
    </>
  );
}
