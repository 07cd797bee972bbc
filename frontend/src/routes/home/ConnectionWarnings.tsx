// What will stop a connection to Amazon unless a person acts, told weeks ahead.
import { useTranslation } from 'react-i18next';
import type { ConnectionWarning } from '../../api/types';
import { Banner, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';

export function ConnectionWarnings({ warnings }: { warnings: ConnectionWarning[] }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  return warnings.map((one) => (
    <Banner
      key={one.kind + one.connection_id + one.capability}
      tone={one.is_critical ? 'critical' : 'warning'}
      heading={t(`connection.warnings.${one.kind}`, {
        by: one.by && time(one.by),
        part: one.capability && t(`connection.names.${one.capability}`),
        name: one.connection_name,
      })}
      action={
        one.connection_id ? (
          <To to={`/settings/connections/${one.connection_id}`}>{t('connection.open')}</To>
        ) : undefined
      }
    />
  ));
}
