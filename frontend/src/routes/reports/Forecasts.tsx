// Each week's forecast as it is now, and how it has moved since it was first published.
import { useTranslation } from 'react-i18next';
import type { Forecast } from '../../api/reports';
import { useFormat } from '../../ui/format';
import { Empty, Table } from '../../ui/patterns';
import { useReported } from './period';

export function Forecasts({ rows }: { rows: Forecast[] }) {
  const { t } = useTranslation();
  const { date } = useFormat();
  const { rounded, week } = useReported();
  if (rows.length === 0) return <Empty>{t('reports.noForecast')}</Empty>;
  return (
    <Table
      label={t('reports.forecast')}
      rows={rows}
      rowKey={(row) => row.starts_on}
      columns={[
        { key: 'week', label: t('reports.week'), show: week },
        {
          key: 'mean',
          label: t('reports.mean'),
          number: true,
          show: (row) => rounded(row.mean),
        },
        ...(['p70', 'p80', 'p90'] as const).map((name) => ({
          key: name,
          label: name.toUpperCase(),
          number: true,
          show: (row: Forecast) => rounded(row[name]),
        })),
        { key: 'published', label: t('reports.published'), show: (row) => date(row.published_on) },
        {
          key: 'first',
          label: t('reports.first'),
          show: (row) =>
            t('reports.firstSaid', {
              units: rounded(row.first_p80),
              day: date(row.first_published_on),
            }),
        },
        {
          key: 'change',
          label: t('reports.change'),
          number: true,
          show: (row) => <Change row={row} />,
        },
      ]}
    />
  );
}

function Change({ row }: { row: Forecast }) {
  const { t } = useTranslation();
  const { date, number } = useFormat();
  const { rounded } = useReported();
  if (row.versions.length < 2) return <span className="subdued">{t('reports.onlyOne')}</span>;
  const by = Math.round(Number(row.p80)) - Math.round(Number(row.first_p80));
  const past = row.versions
    .map((one) => `${date(one.published_on)}: ${rounded(one.p80)}`)
    .join('\n');
  return (
    <span title={past} className={by < 0 ? 'negative' : ''}>
      {by > 0 ? '+' : ''}
      {number(by)}
    </span>
  );
}
