// What a line costs Amazon, and what was agreed where the two differ.
import { useTranslation } from 'react-i18next';
import type { PurchaseOrderLine } from '../../api/types';
import { To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { CostUnknown } from '../CostUnknown';

export function Cost({ line, code }: { line: PurchaseOrderLine; code: string }) {
  const { t } = useTranslation();
  const { cost } = useFormat();
  const agreed = line.agreed_cost;
  const differs = agreed && Number(agreed.cost.amount) !== Number(line.cost?.amount);
  return (
    <span>
      {cost(line.cost)}
      {agreed && (
        <div className={differs ? 'negative' : 'subdued'}>
          <To to={`/purchase-orders/costs?search=${encodeURIComponent(line.asin ?? '')}`}>
            {t('orders.agreedCost', { cost: cost(agreed.cost) })}
          </To>
        </div>
      )}
      {line.cost_unknown && line.cost_unknown !== 'not_stated' && (
        <div className="wraps">
          <CostUnknown reason={line.cost_unknown} code={code} />
        </div>
      )}
    </span>
  );
}
