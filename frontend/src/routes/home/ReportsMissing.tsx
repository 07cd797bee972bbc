// Amazon's reports that did not come: which, why, and whether a person has to do something.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { MissingReport, Standing } from '../../api/reports';
import type { Page } from '../../api/types';
import { Banner, To } from '../../ui/elements';

// What is gone can neither be had nor waited for, so it is told where the reports stand.
type Next = Exclude<MissingReport['next_action'], 'gone'>;
const BY_A_PERSON: Next[] = ['grant_role', 'ask_again'];

export function ReportsMissing() {
  const { t } = useTranslation();
  const { data } = useResource<Page<Standing>>('/reports');
  const rows = (data?.data ?? []).flatMap((of) =>
    ([...BY_A_PERSON, 'wait'] as Next[]).map((next) => ({
      of,
      next,
      count: of.missing.filter((one) => one.next_action === next).length,
    })),
  );
  const missing = rows.filter((row) => row.count > 0);
  if (missing.length === 0) return null;
  const waits = missing.some((row) => BY_A_PERSON.includes(row.next));
  return (
    <Banner
      tone={waits ? 'critical' : 'warning'}
      heading={t('home.reportsMissing', {
        count: missing.reduce((sum, row) => sum + row.count, 0),
      })}
      action={<To to="/reports">{t('home.openReports')}</To>}
    >
      <ul className="plain">
        {missing.map(({ of, next, count }) => (
          <li key={of.kind + of.marketplace + of.connection.id + next}>
            {t(`reportKinds.${of.kind}`, { defaultValue: of.kind })} · {of.connection.name} ·{' '}
            {of.marketplace} ({count}): {t(`home.reportNexts.${next}`)}
          </li>
        ))}
      </ul>
    </Banner>
  );
}
