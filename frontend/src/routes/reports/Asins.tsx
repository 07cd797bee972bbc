// What the newest reports say of each item, each a way into its weeks and forecasts.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/queries';
import type { AsinSummary } from '../../api/reports';
import { useFilters } from '../../shell/filters';
import { Card, SearchField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Loaded, More, Named, Table } from '../../ui/patterns';
import { useReported, useUnits } from './period';

export function Asins() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<AsinSummary>('/reports/asins', filters, true);
  return (
    <Card heading={t('reports.items')} flush>
      <div className="filters">
        <SearchField
          label={t('common.search')}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            change({ search: value });
          }}
        />
      </div>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0)
            return <Empty>{t(filters.search ? 'reports.noMatch' : 'reports.noItems')}</Empty>;
          return (
            <>
              <div className="padded">{rows[0] && <Days row={rows[0]} />}</div>
              <List rows={rows} />
            </>
          );
        }}
      </Loaded>
      <More query={query} />
    </Card>
  );
}

function List({ rows }: { rows: AsinSummary[] }) {
  const { t } = useTranslation();
  const { rounded } = useReported();
  const units = useUnits<AsinSummary>();
  return (
    <Table
      label={t('reports.items')}
      rows={rows}
      rowKey={(row) => row.asin + row.marketplace + row.connection_id}
      columns={[
        {
          key: 'item',
          label: t('arrivals.item'),
          show: (row) => <Item row={row} first={rows[0]} />,
        },
        ...units([
          ['sold', 'shipped_units'],
          ['sellable', 'sellable_units'],
          ['openUnits', 'open_purchase_order_units'],
        ]),
        {
          key: 'forecast',
          label: 'P70 / P80 / P90',
          number: true,
          show: (row) => [row.p70, row.p80, row.p90].map(rounded).join(' / '),
        },
      ]}
    />
  );
}

const days = (row: AsinSummary) => [row.sold_from, row.stood_on, row.forecast_from].join();

/** An item; where its figures are of other days than the list's first ones, these are said. */
function Item({ row, first }: { row: AsinSummary; first: AsinSummary | undefined }) {
  const own = first && days(row) !== days(first) && (
    <div>
      <Days row={row} />
    </div>
  );
  const where = (
    <span className="subdued">
      {row.asin} · {row.marketplace}
    </span>
  );
  const to = `/reports/${row.asin}`;
  if (!row.item)
    return (
      <div>
        <To to={to}>{row.asin}</To> <span className="subdued">{row.marketplace}</span>
        {own}
      </div>
    );
  return (
    <Named item={row.item}>
      <To to={to}>{row.item.sku}</To> {where}
      {own}
    </Named>
  );
}

/** Which days the figures are of. */
function Days({ row }: { row: AsinSummary }) {
  const { t } = useTranslation();
  const { date } = useFormat();
  return (
    <span className="subdued">
      {t('reports.days', {
        sold: date(row.sold_from),
        stood: date(row.stood_on),
        ahead: date(row.forecast_from),
      })}
    </span>
  );
}
