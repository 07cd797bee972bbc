// What an item is made of, when Amazon orders it as one unit and it is held as its parts.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Item, ItemBrief, Kit as KitOf, Page } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Button, Card, NumberField, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Loaded } from '../../ui/patterns';

interface Part {
  item: ItemBrief;
  units: number;
}

export function Kit({ id }: { id: number }) {
  const { t } = useTranslation();
  const query = useResource<KitOf>(`/kits/${id}`);
  return (
    <Card heading={t('kit.title')}>
      <p className="subdued">{t('kit.what')}</p>
      <Loaded query={query}>{(kit) => <Parts id={id} parts={kit.parts} />}</Loaded>
    </Card>
  );
}

function Parts({ id, parts }: { id: number; parts: Part[] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const [sku, setSku] = useState('');
  const [units, setUnits] = useState('1');
  const [unknown, setUnknown] = useState(false);
  const keep = useMutation({
    mutationFn: (wanted: Part[]) =>
      send('PUT', `/kits/${id}`, {
        parts: wanted.map((one) => ({ item_id: one.item.id, units: one.units })),
      }),
    onSuccess: () => {
      setSku('');
      setUnits('1');
      toast(t('common.saved'));
      return queries.invalidateQueries();
    },
  });
  const add = async () => {
    const found = await get<Page<Item>>('/items', { search: sku.trim() });
    const item = found.data.find((one) => one.sku === sku.trim());
    setUnknown(!item);
    if (item) keep.mutate([...parts, { item, units: Number(units) }]);
  };
  return (
    <>
      {keep.error && <Failure error={keep.error} />}
      {parts.length === 0 && <p>{t('kit.none')}</p>}
      <ul className="plain">
        {parts.map((part) => (
          <li key={part.item.id}>
            {number(part.units)} × <To to={`/stock/${part.item.id}`}>{part.item.sku}</To>{' '}
            <span className="subdued">{part.item.title}</span>{' '}
            <Button
              disabled={keep.isPending}
              onClick={() => keep.mutate(parts.filter((one) => one !== part))}
            >
              {t('kit.remove')}
            </Button>
          </li>
        ))}
      </ul>
      <div className="filters">
        <TextField
          label={t('kit.sku')}
          value={sku}
          error={unknown ? t('kit.unknown') : undefined}
          onChange={setSku}
        />
        <NumberField label={t('kit.units')} value={units} onChange={setUnits} />
        <div>
          <Button
            busy={keep.isPending}
            disabled={!sku.trim() || !(Number(units) >= 1)}
            onClick={() => void add()}
          >
            {t('kit.add')}
          </Button>
        </div>
      </div>
    </>
  );
}
