// What was sold each week, and what is forecast: one picture, whose figures stand in the tables below.
import { useTranslation } from 'react-i18next';
import type { ReportedPlace } from '../../api/reports';
import { useFormat } from '../../ui/format';

const WIDTH = 720;
const HEIGHT = 160;
const BASE = HEIGHT - 20;
const PAST = 12;

export function Chart({ place }: { place: ReportedPlace }) {
  const { t } = useTranslation();
  const { date, number } = useFormat();
  const past = place.weeks.slice(0, PAST).reverse();
  const ahead = place.forecasts.filter(
    (one) => !past.some((week) => week.starts_on >= one.starts_on),
  );
  const weeks = past.length + ahead.length;
  const most = Math.max(
    1,
    ...past.map((week) => week.shipped_units ?? 0),
    ...ahead.map((one) => Number(one.p90)),
  );
  if (weeks === 0) return <span className="subdued">{t('reports.noWeeks')}</span>;
  const step = WIDTH / weeks;
  const y = (units: number) => BASE - (units / most) * (BASE - 16);
  const x = (index: number) => (index + 0.5) * step;
  const line = (name: 'p70' | 'p80' | 'p90') =>
    ahead.map((one, index) => `${x(past.length + index)},${y(Number(one[name]))}`);
  return (
    <figure className="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('reports.chart')}>
        {past.map((week, index) => (
          <rect
            key={week.starts_on}
            className="sold"
            x={x(index) - step * 0.35}
            width={step * 0.7}
            y={y(week.shipped_units ?? 0)}
            height={BASE - y(week.shipped_units ?? 0)}
          >
            <title>{`${date(week.starts_on)}: ${number(week.shipped_units ?? 0)}`}</title>
          </rect>
        ))}
        <polygon className="band" points={[...line('p70'), ...line('p90').reverse()].join(' ')} />
        <polyline className="middle" points={line('p80').join(' ')} />
        <line x1="0" x2={WIDTH} y1={BASE} y2={BASE} />
        <text x="0" y="11">
          {number(Math.round(most))}
        </text>
        <text x="0" y={HEIGHT - 4}>
          {date((past[0] ?? ahead[0])?.starts_on ?? null)}
        </text>
        <text x={WIDTH} y={HEIGHT - 4} textAnchor="end">
          {date((ahead[ahead.length - 1] ?? past[past.length - 1])?.starts_on ?? null)}
        </text>
      </svg>
      <figcaption className="subdued">{t('reports.legend')}</figcaption>
    </figure>
  );
}
