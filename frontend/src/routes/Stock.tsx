// Stock: every item with what stands where; each number opens into its movements.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { Item, State } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Card, Checkbox, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Named, Table } from '../ui/patterns';

const COLUMNS: State[] = ['available', 'committed', 'reserved', 'amazon_transit', 'amazon'];

export default function Stock() {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [filters, change] = useFilters(['search', 'in_collision', 'sort']);
  const [typed, setTyped] = useState(filters.search);
  const sort = filters.sort || 'sku';
  const query = usePages<Item>('/items', { ...filters, sort }, true);
  return (
    <Page heading={t('stock.title')}>
      <Card flush>
        <div className="filters">
          <SearchField
            label={t('stock.searchLabel')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Select
            label={t('stock.sort')}
            value={sort}
            onChange={(value) => change({ sort: value })}
            options={[
              { value: 'sku', label: t('stock.sortSku') },
              { value: 'available', label: t('stock.sortAvailable') },
            ]}
          />
          <Checkbox
            label={t('stock.onlyColliding')}
            checked={filters.in_collision === 'true'}
            onChange={(on) => change({ in_collision: on ? 'true' : null })}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0)
              return <Empty>{filters.search ? t('stock.noMatch') : t('stock.empty')}</Empty>;
            return (
              <Table
                label={t('stock.title')}
                rows={rows}
                rowKey={(row) => row.id}
                columns={[
                  {
                    key: 'item',
                    label: t('stock.item'),
                    show: (row) => (
                      <Named item={row}>
                        <To to={`/stock/${row.id}`}>{row.sku || row.title}</To>{' '}
                        {row.in_collision && (
                          <To to="/collisions">
                            <Badge tone="warning">{t('stock.colliding')}</Badge>
                          </To>
                        )}
                        {!row.tracked && <Badge>{t('stock.untracked')}</Badge>}
                      </Named>
                    ),
                  },
                  {
                    key: 'on_hand',
                    label: t('stock.onHand'),
                    number: true,
                    show: (row) => number(row.on_hand),
                  },
                  ...COLUMNS.map((state) => ({
                    key: state,
                    label: t(`states.${state}`),
                    number: true,
                    show: (row: Item) => (
                      <To
                        to={`/stock/${row.id}?state=${state}`}
                        label={`${row.sku} ${t(`states.${state}`)} ${number(row.totals[state])}`}
                      >
                        <span className={row.totals[state] < 0 ? 'negative' : ''}>
                          {number(row.totals[state])}
                        </span>
                      </To>
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
