// A shipment of what is held: units leave the books for Amazon, and the notice goes out.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Page, Place, PurchaseOrder } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Button, Card, Checkbox, NumberField, Select } from '../../ui/elements';
import { Failure, Loaded, Named, Table } from '../../ui/patterns';

export function Ship({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const locations = useResource<Page<Place & { active: boolean }>>('/locations');
  const open = order.lines.filter((line) => line.item && line.held > 0);
  if (open.length === 0)
    return (
      <Card heading={t('orders.shipTitle')}>
        <span className="subdued">{t('orders.nothingToShip')}</span>
      </Card>
    );
  return (
    <Loaded query={locations}>
      {(places) => (
        <Form order={order} open={open} places={places.data.filter((place) => place.active)} />
      )}
    </Loaded>
  );
}

function Form(props: { order: PurchaseOrder; open: PurchaseOrder['lines']; places: Place[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [units, setUnits] = useState<Record<string, string>>({});
  const [place, setPlace] = useState(String(props.places[0]?.id ?? ''));
  const [cartons, setCartons] = useState('1');
  const [releaseRest, setReleaseRest] = useState(false);
  const value = (line: PurchaseOrder['lines'][number]) => units[line.line] ?? String(line.held);
  const ship = useMutation({
    mutationFn: () =>
      send('POST', `/purchase-orders/${props.order.number}/shipments`, {
        location_id: Number(place),
        carton_count: Number(cartons),
        release_rest: releaseRest,
        lines: props.open
          .map((line) => ({ line: line.line, units: Number(value(line)) }))
          .filter((line) => line.units > 0),
      }),
    onSuccess: () => toast(t('orders.shippedDone')),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('orders.shipTitle')} flush>
      {ship.error && <Failure error={ship.error} />}
      <div className="filters">
        <Select
          label={t('orders.shipFrom')}
          value={place}
          onChange={setPlace}
          options={props.places.map((one) => ({ value: String(one.id), label: one.name }))}
        />
        <NumberField label={t('orders.cartons')} value={cartons} onChange={setCartons} />
        <Checkbox label={t('orders.releaseRest')} checked={releaseRest} onChange={setReleaseRest} />
      </div>
      <Table
        label={t('orders.shipTitle')}
        rows={props.open}
        rowKey={(line) => line.line}
        columns={[
          {
            key: 'item',
            label: t('orders.item'),
            show: (line) => line.item && <Named item={line.item} />,
          },
          { key: 'held', label: t('orders.held'), number: true, show: (line) => line.held },
          {
            key: 'units',
            label: t('orders.units'),
            show: (line) => (
              <NumberField
                label={`${t('orders.units')} ${line.item?.sku ?? line.line}`}
                hideLabel
                value={value(line)}
                onChange={(typed) => setUnits((before) => ({ ...before, [line.line]: typed }))}
              />
            ),
          },
        ]}
      />
      <div className="footer">
        <Button primary busy={ship.isPending} onClick={() => ship.mutate()}>
          {t('orders.shipNow')}
        </Button>
      </div>
    </Card>
  );
}
