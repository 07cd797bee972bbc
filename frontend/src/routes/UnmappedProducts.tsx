// Products that Amazon orders and no item of ours is yet: a person says which item each one is.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, send } from '../api/client';
import { usePages } from '../api/queries';
import type { Item, Page as PageOf, UnmappedProduct } from '../api/types';
import { toast } from '../shell/appBridge';
import { Button, Card, Page, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Named, Table } from '../ui/patterns';
import { orderPath } from './orderPath';

export default function UnmappedProducts() {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const query = usePages<UnmappedProduct>('/unmapped-products', {}, true);
  return (
    <Page heading={t('unmapped.title')}>
      <Card>
        <p className="subdued">{t('unmapped.what')}</p>
      </Card>
      <Card flush>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('unmapped.empty')}</Empty>;
            return (
              <Table
                label={t('unmapped.title')}
                rows={rows}
                rowKey={(row) => `${row.asin} ${row.vendor_sku}`}
                columns={[
                  {
                    key: 'product',
                    label: t('unmapped.product'),
                    show: (row) => (
                      <span>
                        {row.asin && <div>{t('unmapped.asin', { asin: row.asin })}</div>}
                        {row.vendor_sku && (
                          <div>{t('unmapped.vendorSku', { sku: row.vendor_sku })}</div>
                        )}
                      </span>
                    ),
                  },
                  {
                    key: 'units',
                    label: t('orders.units'),
                    number: true,
                    show: (row) => number(row.units),
                  },
                  {
                    key: 'orders',
                    label: t('unmapped.orders'),
                    show: (row) => (
                      <span>
                        {row.orders.map((one) => (
                          <div key={`${one.region} ${one.number}`}>
                            <To to={orderPath(one.number, one.region)}>{one.number}</To>
                          </div>
                        ))}
                      </span>
                    ),
                  },
                  { key: 'since', label: t('unmapped.since'), show: (row) => time(row.since) },
                  {
                    key: 'maybe',
                    label: t('unmapped.maybe'),
                    show: (row) => <Which product={row} />,
                  },
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

function Which({ product }: { product: UnmappedProduct }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [sku, setSku] = useState('');
  const [wrong, setWrong] = useState<string>();
  const confirm = useMutation({
    mutationFn: (item_id: number) =>
      send<{ numbers: string[] }>('POST', '/unmapped-products/map', {
        asin: product.asin,
        vendor_sku: product.vendor_sku,
        item_id,
      }),
    onSuccess: (mapped) => {
      toast(t('unmapped.done', { count: mapped.numbers.length }));
      return queries.invalidateQueries();
    },
  });
  const typed = useMutation({
    mutationFn: () => get<PageOf<Item>>('/items', { search: sku.trim() }),
    onSuccess: (found) => {
      const same = found.data.filter((one) => one.sku === sku.trim());
      const [item] = same;
      setWrong(
        item ? (same.length > 1 ? t('unmapped.ambiguous') : undefined) : t('unmapped.unknown'),
      );
      if (item && same.length === 1) confirm.mutate(item.id);
    },
  });
  const error = confirm.error ?? typed.error;
  return (
    <div>
      {error && <Failure error={error} />}
      {product.suggestions.length === 0 && <p className="subdued">{t('unmapped.noSuggestion')}</p>}
      {product.suggestions.map(({ item, reason }) => (
        <div key={item.id}>
          <Named item={item}>
            <To to={`/stock/${item.id}`}>{item.sku}</To>
          </Named>
          <div className="subdued">{t(`unmapped.reasons.${reason}`)}</div>
          <Button disabled={confirm.isPending} onClick={() => confirm.mutate(item.id)}>
            {t('unmapped.thisIs', { sku: item.sku })}
          </Button>
        </div>
      ))}
      <div className="filters">
        <TextField label={t('unmapped.sku')} value={sku} error={wrong} onChange={setSku} />
        <div>
          <Button
            busy={confirm.isPending || typed.isPending}
            disabled={!sku.trim()}
            onClick={() => typed.mutate()}
          >
            {t('unmapped.map')}
          </Button>
        </div>
      </div>
    </div>
  );
}
