// What stands against sending a shipment: red blocks, yellow is asked for by Amazon.
import { useTranslation } from 'react-i18next';
import type { Finding } from '../../api/shipping';
import { Badge, Card } from '../../ui/elements';

export function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useTranslation();
  if (findings.length === 0) return null;
  return (
    <Card heading={t('shipping.check')}>
      <ul className="plain">
        {findings.map((one) => (
          <li key={one.rule + one.field} title={one.source}>
            <Badge tone={one.severity === 'block' ? 'critical' : 'warning'}>
              {t(`shipping.severity.${one.severity}`)}
            </Badge>{' '}
            <strong>{t(`shipping.rules.${one.rule}`)}</strong>{' '}
            <span className="subdued wrap">
              {t('shipping.found', {
                field: one.field,
                value: one.value,
                expected: one.expected,
              })}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
