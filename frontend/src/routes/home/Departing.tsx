// What is about to leave for Amazon, or should have, and has no notice.
import { useTranslation } from 'react-i18next';
import type { ShipmentSummary } from '../../api/shipping';
import { Banner, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';

export function Departing({ shipments }: { shipments: ShipmentSummary[] }) {
  const { t } = useTranslation();
  const { time, number } = useFormat();
  if (shipments.length === 0) return null;
  return (
    <Banner tone="critical" heading={t('shipping.departing', { count: shipments.length })}>
      <ul className="plain">
        {shipments.map((one) => (
          <li key={one.region + one.identifier}>
            <To to={`/shipments/${one.identifier}`}>{one.identifier}</To> · {one.ship_to} ·{' '}
            {number(one.units)} · {time(one.departs_at)}
          </li>
        ))}
      </ul>
    </Banner>
  );
}
