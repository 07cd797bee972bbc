// The papers of the packing table: labels, packing list, the carrier's own labels.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download } from '../../api/client';
import type { Shipment } from '../../api/shipping';
import { Button, Card } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

export function Print({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const print = useMutation({
    mutationFn: ({ path, method }: { path: string; method?: 'POST' }) =>
      download(
        `/shipments/${shipment.identifier}/${path}?region=${shipment.region}`,
        method ?? 'GET',
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  const labels = Array.from({ length: shipment.carrier_label_count }, (_, at) => at + 1);
  return (
    <Card heading={t('shipping.print')}>
      {print.error && <Failure error={print.error} />}
      <div className="buttons">
        <Button
          busy={print.isPending}
          disabled={shipment.cartons.length === 0}
          onClick={() => print.mutate({ path: 'labels', method: 'POST' })}
        >
          {t('shipping.labels')}
        </Button>
        <Button busy={print.isPending} onClick={() => print.mutate({ path: 'packing-list' })}>
          {t('shipping.packingList')}
        </Button>
        {labels.map((label) => (
          <Button
            key={label}
            busy={print.isPending}
            onClick={() => print.mutate({ path: `carrier-labels/${label}` })}
          >
            {t('shipping.carrierLabel', { label })}
          </Button>
        ))}
      </div>
    </Card>
  );
}
