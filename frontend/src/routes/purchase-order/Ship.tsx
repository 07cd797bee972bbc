// From an order to the packing table in one click; a draft that exists is gone on with.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Shipment } from '../../api/shipping';
import type { Page, PurchaseOrder, PurchaseOrderSummary } from '../../api/types';
import { Button, Card, Checkbox } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

export function Ship({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [together, setTogether] = useState<string[]>([]);
  const others = useResource<Page<PurchaseOrderSummary>>('/purchase-orders', {
    state: 'Acknowledged',
    search: order.ship_to,
  });
  const fitting = (others.data?.data ?? []).filter((one) => fits(one, order));
  const start = useMutation({
    mutationFn: () =>
      send<Shipment>('POST', '/shipments', {
        numbers: [order.number, ...together],
        region: order.region,
      }),
    onSuccess: (shipment) => navigate(`/shipments/${shipment.identifier}`),
    onSettled: () => queries.invalidateQueries(),
  });
  const held = order.lines.some((line) => line.item && line.held > 0);
  return (
    <Card heading={t('orders.shipTitle')}>
      {start.error && <Failure error={start.error} />}
      {!held && <p className="subdued">{t('orders.nothingToShip')}</p>}
      {held &&
        fitting.map((one) => (
          <Checkbox
            key={one.number}
            label={t('shipping.together', { number: one.number, units: one.units.held })}
            checked={together.includes(one.number)}
            onChange={(on) =>
              setTogether(
                on ? [...together, one.number] : together.filter((had) => had !== one.number),
              )
            }
          />
        ))}
      {held && (
        <Button primary busy={start.isPending} onClick={() => start.mutate()}>
          {t('shipping.start')}
        </Button>
      )}
    </Card>
  );
}

/** Whether two orders may share a truck: one vendor code, one centre, one who pays the freight. */
function fits(one: PurchaseOrderSummary, order: PurchaseOrder): boolean {
  return (
    one.number !== order.number &&
    one.region === order.region &&
    one.ship_to === order.ship_to &&
    one.vendor_code === order.vendor_code &&
    (one.ship_window === null) === (order.ship_window === null) &&
    one.units.held > 0
  );
}
