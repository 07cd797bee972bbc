// What a line costs Amazon, and what was agreed where the two differ.
import { useTranslation } from 'react-i18next';
import type { PurchaseOrderLine } from '../../api/types';
import { To } from '../../ui/elements';
import { useFormat } from '../../ui/format';

export function Cost({ line }: { line: PurchaseOrderLine }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  const agreed = line.agreed_cost;
  if (!agreed) return <>{money(line.cost)}</>;
  const differs = Number(agreed.cost.amount) !== Number(line.cost?.amount);
  return (
    <span>
      {money(line.cost)}
      <div className={differs ? 'negative' : 'subdued'}>
        <To to={`/purchase-orders/costs?search=${encodeURIComponent(line.asin ?? '')}`}>
          {t('orders.agreedCost', { cost: money(agreed.cost) })}
        </To>
      </div>
    </span>
  );
}
