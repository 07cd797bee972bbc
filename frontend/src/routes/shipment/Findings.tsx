// What stands against sending a shipment: red blocks, yellow is asked for by Amazon.
import { useTranslation } from 'react-i18next';
import type { Finding } from '../../api/shipping';
import { useField } from '../../i18n/useField';
import { useSaid } from '../../i18n/useSaid';
import { Badge, Card } from '../../ui/elements';

export function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useTranslation();
  const said = useSaid();
  const field = useField();
  if (findings.length === 0) return null;
  return (
    <Card heading={t('shipping.check')}>
      <ul className="plain">
        {byRule(findings).map(([one, ...alike]) => (
          <li key={one.rule} title={one.source}>
            <Badge tone={one.severity === 'block' ? 'critical' : 'warning'}>
              {t(`shipping.severity.${one.severity}`)}
            </Badge>{' '}
            <strong>{t(`shipping.rules.${one.rule}`)}</strong>{' '}
            <span className="subdued wrap">
              {t('shipping.found', {
                field: field(one.field),
                value: said(one.value),
                expected: said(one.expected),
              })}
            </span>{' '}
            {alike.length > 0 && t('shipping.alike', { count: alike.length })}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A truck of cartons breaks a rule once for each; the first speaks for all of them. */
function byRule(findings: Finding[]): [Finding, ...Finding[]][] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const one of findings) {
    const group = groups.get(one.rule);
    if (group) group.push(one);
    else groups.set(one.rule, [one]);
  }
  return [...groups.values()];
}
