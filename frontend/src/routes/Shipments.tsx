// Shipments to Amazon: drafts at the packing table, and what became of those that left.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { ShipmentSummary } from '../api/shipping';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';
import { orderPath } from './orderPath';

const STATES = ['draft', 'waiting', 'sent', 'accepted', 'failed', 'cancelled'];

export default function Shipments() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'state']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<ShipmentSummary>('/shipments', filters, true);
  return (
    <Page heading={t('shipping.title')}>
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
              ...STATES.map((one) => ({ value: one, label: t(`shipping.states.${one}`) })),
            ]}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('shipping.empty')}</Empty>;
            return <ShipmentTable rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}

/** Shipments in short, each a link to its packing screen. */
export function ShipmentTable({ rows }: { rows: ShipmentSummary[] }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  return (
    <Table
      label={t('shipping.title')}
      rows={rows}
      rowKey={(row) => row.region + row.identifier}
      columns={[
        {
          key: 'identifier',
          label: t('shipping.shipment'),
          show: (row) => <To to={`/shipments/${row.identifier}`}>{row.identifier}</To>,
        },
        { key: 'state', label: t('orders.state'), show: (row) => <ShipmentBadge shipment={row} /> },
        { key: 'shipTo', label: t('orders.shipTo'), show: (row) => row.ship_to },
        {
          key: 'orders',
          label: t('orders.title'),
          show: (row) => (
            <span>
              {row.numbers.map((one) => (
                <span key={one}>
                  <To to={orderPath(one, row.region)}>{one}</To>{' '}
                </span>
              ))}
            </span>
          ),
        },
        {
          key: 'when',
          label: t('shipping.departs'),
          show: (row) => time(row.shipped_at ?? row.departs_at),
        },
        {
          key: 'cartons',
          label: t('orders.cartons'),
          number: true,
          show: (row) => number(row.carton_count),
        },
        {
          key: 'units',
          label: t('orders.units'),
          number: true,
          show: (row) => number(row.units),
        },
      ]}
    />
  );
}

/** Where a shipment stands between the table and Amazon. */
export function ShipmentBadge({ shipment }: { shipment: ShipmentSummary }) {
  const { t } = useTranslation();
  const tones = {
    draft: 'neutral',
    waiting: 'info',
    sent: 'info',
    accepted: 'success',
    failed: 'critical',
    cancelled: 'neutral',
  } as const;
  const shown = shipment.state === 'accepted' && shipment.seen_at ? 'seen' : shipment.state;
  return (
    <span>
      <Badge tone={shipment.waits_for_a_person ? 'warning' : tones[shipment.state]}>
        {shipment.waits_for_a_person ? t('handOver.badge') : t(`shipping.states.${shown}`)}
      </Badge>{' '}
      {shipment.is_correcting && <Badge tone="warning">{t('shipping.correcting')}</Badge>}{' '}
      {shipment.departed_at && <Badge tone="neutral">{t('shipping.departed')}</Badge>}
    </span>
  );
}
