// Purchase orders: what Amazon wants, what is held for it, and which ones wait for an answer.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { PurchaseOrderSummary } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';
import { TimeLeft } from '../ui/TimeLeft';
import { orderPath } from './orderPath';

const STATES = ['New', 'Acknowledged', 'Closed'];
const REGIONS = ['na', 'eu', 'fe'];

export default function PurchaseOrders() {
  const { t } = useTranslation();
  const { number, day } = useFormat();
  const [filters, change] = useFilters(['search', 'state', 'region']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<PurchaseOrderSummary>('/purchase-orders', filters, true);
  return (
    <Page
      heading={t('orders.title')}
      action={
        <>
          <To to="/purchase-orders/windows">{t('nav.windows')}</To> ·{' '}
          <To to="/purchase-orders/files">{t('files.title')}</To> ·{' '}
          <To to="/unmapped-products">{t('nav.unmapped')}</To> ·{' '}
          <To to="/purchase-orders/rules">{t('rules.title')}</To> ·{' '}
          <To to="/purchase-orders/costs">{t('costs.title')}</To>
        </>
      }
    >
      <Card flush>
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
              ...STATES.map((one) => ({ value: one, label: t(`orders.states.${one}`) })),
            ]}
          />
          <Select
            label={t('settings.region')}
            value={filters.region}
            onChange={(region) => change({ region })}
            options={[
              { value: '', label: t('common.all') },
              ...REGIONS.map((one) => ({ value: one, label: t(`settings.regions.${one}`) })),
            ]}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('orders.empty')}</Empty>;
            return (
              <Table
                label={t('orders.title')}
                rows={rows}
                rowKey={(row) => row.region + row.number}
                columns={[
                  {
                    key: 'number',
                    label: t('orders.number'),
                    show: (row) => <To to={orderPath(row.number, row.region)}>{row.number}</To>,
                  },
                  {
                    key: 'state',
                    label: t('orders.state'),
                    show: (row) => (
                      <span>
                        <StateBadge order={row} /> <Markers order={row} />
                      </span>
                    ),
                  },
                  {
                    key: 'by',
                    label: t('orders.answerBy'),
                    show: (row) => (
                      <TimeLeft by={row.state === 'New' ? row.acknowledge_by : null} />
                    ),
                  },
                  {
                    key: 'shipTo',
                    label: t('orders.shipTo'),
                    show: (row) => (
                      <>
                        {row.ship_to}
                        <div className="subdued">
                          {row.vendor_code} · {t(`settings.regions.${row.region}`)}
                        </div>
                      </>
                    ),
                  },
                  {
                    key: 'window',
                    label: t('orders.window'),
                    show: (row) => {
                      const window = row.ship_window ?? row.delivery_window;
                      return window ? `${day(window.start)} – ${day(window.end)}` : '–';
                    },
                  },
                  ...(['ordered', 'held', 'short', 'shipped', 'received'] as const).map((key) => ({
                    key,
                    label: t(`orders.${key}`),
                    number: true,
                    show: (row: PurchaseOrderSummary) => (
                      <span className={key === 'short' && row.units.short > 0 ? 'negative' : ''}>
                        {number(row.units[key])}
                      </span>
                    ),
                  })),
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

/** What makes an order other than a regular one that is invoiced. */
export function Markers({ order }: { order: PurchaseOrderSummary }) {
  const { t } = useTranslation();
  const marks = [
    ...(order.type && order.type !== 'RegularOrder' ? [`types.${order.type}`] : []),
    ...(order.payment_method &&
    order.payment_method !== 'Invoice' &&
    !(order.type === 'ConsignedOrder' && order.payment_method === 'Consignment')
      ? [`payments.${order.payment_method}`]
      : []),
  ];
  return (
    <>
      {marks.map((mark) => (
        <Badge key={mark} tone="info">
          {t(`orders.${mark}`)}
        </Badge>
      ))}
    </>
  );
}

/** The order's state, and what became of our answer. */
export function StateBadge({ order }: { order: PurchaseOrderSummary }) {
  const { t } = useTranslation();
  const said = useSaid();
  const tone = order.state === 'New' ? 'warning' : order.state === 'Closed' ? 'neutral' : 'success';
  const answer = order.acknowledgement;
  return (
    <span>
      <Badge tone={tone}>{t(`orders.states.${order.state}`)}</Badge>{' '}
      {answer && (
        <Badge tone={answer.error ? 'critical' : 'info'}>
          {answer.waits_for_a_person
            ? t('handOver.badge')
            : t(`orders.answer.${answer.error ? 'failed' : answer.state}`, {
                error: said(answer.error),
              })}
        </Badge>
      )}
    </span>
  );
}
