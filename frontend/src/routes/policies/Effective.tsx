// What applies to each item, and which policy says so.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/queries';
import type { Place, Effective as Row, Terms } from '../../api/types';
import { Button, Card, SearchField, Select } from '../../ui/elements';
import { Empty, Loaded, More, Named, Table } from '../../ui/patterns';
import type { Target } from './Edit';
import { FIELDS, shown } from './terms';

export function Effective(props: { places: Place[]; edit: (target: Target) => void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [place, setPlace] = useState('');
  const query = usePages<Row>('/policies/items', { search, location_id: place, limit: 20 });
  const location = props.places.find((one) => String(one.id) === place) ?? null;
  return (
    <Card heading={t('policies.applies')} flush>
      <div className="filters">
        <SearchField label={t('common.search')} value={search} onChange={setSearch} />
        <Select
          label={t('policies.location')}
          value={place}
          onChange={setPlace}
          options={[
            { value: '', label: t('policies.everywhere') },
            ...props.places.map((one) => ({ value: String(one.id), label: one.name })),
          ]}
        />
      </div>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0) return <Empty>{t('policies.noItems')}</Empty>;
          return (
            <Table
              label={t('policies.applies')}
              rows={rows}
              rowKey={(row) => row.item.id}
              columns={[
                {
                  key: 'item',
                  label: t('policies.item'),
                  show: (row) => (
                    <Named item={row.item}>
                      {row.item.sku}{' '}
                      {row.group && (
                        <span className="subdued">
                          {t('policies.groupOf', { name: row.group.name })}
                        </span>
                      )}
                    </Named>
                  ),
                },
                ...FIELDS.map((field) => ({
                  key: field,
                  label: t(`policies.fields.${field}`),
                  show: (row: Row) => <Value row={row} field={field} />,
                })),
                {
                  key: 'edit',
                  label: '',
                  show: (row) => (
                    <Button
                      onClick={() =>
                        props.edit({ scope: 'item', item: row.item, group: null, location })
                      }
                    >
                      {t('policies.change')}
                    </Button>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={query} />
    </Card>
  );
}

function Value({ row, field }: { row: Row; field: keyof Terms }) {
  const { t } = useTranslation();
  const { value, source } = row.fields[field];
  if (source.scope === 'default') return <span className="subdued">{shown(t, field, value)}</span>;
  const name =
    source.scope === 'group'
      ? t('policies.groupOf', { name: source.name })
      : t(`policies.${source.scope}`);
  return (
    <span>
      {shown(t, field, value)}
      <div className="subdued">
        {t('policies.from', { source: name })}{' '}
        {source.location && t('policies.at', { place: source.location })}
      </div>
    </span>
  );
}
