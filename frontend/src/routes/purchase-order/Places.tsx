// Where every unit of the order stands: each in exactly one place.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { OrderPlaces } from '../../api/types';
import { Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Loaded } from '../../ui/patterns';

const PLACES = [
  'open',
  'held',
  'shipped',
  'received',
  'short',
  'rejected',
  'cancelled',
  'over',
] as const;

export function Places(props: { number: string; region: string }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const query = useResource<OrderPlaces>(
    `/purchase-orders/${props.number}/places`,
    { region: props.region },
    true,
  );
  return (
    <Card heading={t('receipts.places')}>
      <Loaded query={query}>
        {({ units }) => (
          <p>
            {PLACES.filter((one) => units[one] > 0)
              .map((one) => t(`receipts.place.${one}`, { units: number(units[one]) }))
              .join(' · ') || t('common.none')}
          </p>
        )}
      </Loaded>
    </Card>
  );
}
