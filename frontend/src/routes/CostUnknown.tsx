// Why something has no money: it is not known what Amazon pays for an each; and where to say it.
import { useTranslation } from 'react-i18next';
import type { UnknownCost } from '../api/types';
import { To } from '../ui/elements';

export function CostUnknown({ reason, code }: { reason: UnknownCost; code: string }) {
  const { t } = useTranslation();
  return (
    <span className="subdued">
      {t(`eachCost.${reason}`)}
      {reason === 'cost_basis' && (
        <>
          {' '}
          <To to={`/invoices/billing?code=${encodeURIComponent(code)}`}>{t('eachCost.say')}</To>
        </>
      )}
    </span>
  );
}
