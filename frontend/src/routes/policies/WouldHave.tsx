// What a policy would have done: the shop's own history twice, side by side.
import { useTranslation } from 'react-i18next';
import type { Preview, Replayed } from '../../api/types';
import { Banner, Card, Spinner, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Figures, Named, Table } from '../../ui/patterns';

export function WouldHave(props: {
  preview: { data: Preview | undefined; error: Error | null; isPending: boolean };
}) {
  const { t } = useTranslation();
  const { data, error, isPending } = props.preview;
  return (
    <Card heading={t('policies.wouldHave')}>
      {error && <Failure error={error} />}
      {isPending && <Spinner label={t('common.loading')} />}
      {!data && !error && !isPending && <Empty>{t('policies.notYet')}</Empty>}
      {data && (data.events > 0 ? <Found data={data} /> : <Empty>{t('policies.noHistory')}</Empty>)}
    </Card>
  );
}

function Found({ data }: { data: Preview }) {
  const { t } = useTranslation();
  const { number, day } = useFormat();
  const { current, proposed } = data;
  const text = (value: string | number) => (typeof value === 'number' ? number(value) : value);
  const both = (now: string | number, before: string | number) =>
    now === before ? text(now) : t('policies.insteadOf', { now: text(now), before: text(before) });
  const days = (one: Replayed) => number(Math.round(one.hours_in_collision / 2.4) / 10);
  return (
    <>
      <p className="subdued">
        {t('policies.sameHistory', { from: day(data.begins), to: day(data.ends) })}{' '}
        {t('policies.seen', {
          orders: number(data.orders),
          requests: number(data.requests),
        })}
      </p>
      <Before data={data} />
      <Figures
        figures={[
          { label: t('policies.oversells'), value: both(proposed.oversells, current.oversells) },
          {
            label: t('policies.oversold'),
            value: both(proposed.oversold_units, current.oversold_units),
          },
          { label: t('policies.refused'), value: both(proposed.refused, current.refused) },
          { label: t('policies.fill'), value: both(fill(proposed), fill(current)) },
          { label: t('policies.inCollision'), value: both(days(proposed), days(current)) },
        ]}
      />
      {data.differing === 0 && <p>{t('policies.nothingDiffers')}</p>}
      {data.items.length > 0 && (
        <Table
          label={t('policies.wouldHave')}
          rows={data.items}
          rowKey={(row) => row.item.id}
          columns={[
            {
              key: 'item',
              label: t('policies.item'),
              show: (row) => (
                <Named item={row.item}>
                  <To to={`/stock/${row.item.id}`}>{row.item.sku}</To>
                </Named>
              ),
            },
            {
              key: 'oversells',
              label: t('policies.oversells'),
              number: true,
              show: (row) => (
                <span>
                  {both(row.proposed.oversells, row.current.oversells)}
                  <Dates one={row.current} />
                </span>
              ),
            },
            {
              key: 'refused',
              label: t('policies.refused'),
              number: true,
              show: (row) => both(row.proposed.refused, row.current.refused),
            },
          ]}
        />
      )}
      <p className="subdued">{t('policies.assumes')}</p>
    </>
  );
}

/** What of the time before the books is in it, what is not, and what to do about that. */
function Before({ data }: { data: Preview }) {
  const { t } = useTranslation();
  const { number, day } = useFormat();
  const { past, history_since: opened } = data;
  const isWithin = past.state === 'whole' && past.orders + past.requests > 0;
  const lacks = [];
  if (past.state === 'whole' && past.is_limited && isWithin) lacks.push(t('policies.past.limited'));
  if (isWithin && !past.sees_deliveries) lacks.push(t('policies.past.noDeliveries'));
  if (isWithin && past.unknown_lines > 0)
    lacks.push(t('policies.past.unknownLines', { count: past.unknown_lines }));
  if (past.state === 'reading') lacks.push(t('policies.past.reading'));
  if (past.state === 'failed') lacks.push(t('policies.past.failed'));
  if (past.state === 'none' && opened === data.begins)
    lacks.push(t('policies.shortHistory', { day: day(opened) }));
  return (
    <>
      {isWithin && (
        <p className="subdued">
          {t('policies.past.seen', {
            day: day(opened),
            orders: number(past.orders),
            requests: number(past.requests),
          })}
        </p>
      )}
      {lacks.length > 0 && (
        <Banner tone="info" heading={t('policies.past.lacks')}>
          <ul>
            {lacks.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Banner>
      )}
    </>
  );
}

function Dates({ one }: { one: Replayed }) {
  const { t } = useTranslation();
  const { day } = useFormat();
  const dates = [...new Set(one.dates.map((date) => day(date)))];
  if (dates.length === 0) return null;
  const first = dates.slice(0, 3).join(', ');
  return (
    <div className="subdued">
      {t('policies.dates', { dates: dates.length > 3 ? `${first} …` : first })}
    </div>
  );
}

function fill(one: Replayed): string {
  return one.asked === 0 ? '–' : `${Math.round((100 * one.granted) / one.asked)} %`;
}
