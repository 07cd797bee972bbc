// What Amazon has received and nobody has invoiced: nothing pays it until somebody does.
import { useTranslation } from 'react-i18next';
import type { NotInvoiced } from '../../api/reconciliation';
import { Banner, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';

export function NotBilled({ rows }: { rows: NotInvoiced[] }) {
  const { t } = useTranslation();
  const { number, money, date } = useFormat();
  const late = rows.filter((one) => one.late_lines > 0);
  if (late.length === 0) return null;
  return (
    <Banner tone="warning" heading={t('reconciliation.notBilled.heading')}>
      <ul>
        {late.map((one) => (
          <li key={one.currency ?? ''}>
            {t('reconciliation.notBilled.late', {
              count: one.late_lines,
              units: number(one.late_units),
              amount: money(one.late_amount),
              since: date(one.since),
            })}{' '}
            <To to={`/reconciliation?step=not_invoiced&currency=${one.currency ?? ''}`}>
              {t('reconciliation.show')}
            </To>
          </li>
        ))}
      </ul>
      {t('reconciliation.notBilled.what')}{' '}
      <To to="/purchase-orders/files">{t('reconciliation.notBilled.bring')}</To>
    </Banner>
  );
}
