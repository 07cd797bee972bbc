// The windows of open orders, week by week, each order on the day by which it must have left or come.
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { OrderWindow } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded } from '../ui/patterns';
import { orderPath } from './orderPath';

const TONES = {
  late: 'critical',
  unanswered: 'critical',
  unmapped: 'critical',
  short: 'warning',
  soon: 'info',
  none: 'success',
} as const;

export default function Windows() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['ship_to', 'vendor_code']);
  const query = useResource<{ data: OrderWindow[] }>('/purchase-orders/windows', {}, true);
  return (
    <Page heading={t('windows.title')} back={{ to: '/purchase-orders', label: t('orders.title') }}>
      <Loaded query={query}>
        {({ data }) => {
          if (data.length === 0)
            return (
              <Card>
                <Empty>{t('windows.empty')}</Empty>
              </Card>
            );
          const shown = data.filter(
            (one) =>
              (!filters.ship_to || one.ship_to === filters.ship_to) &&
              (!filters.vendor_code || one.vendor_code === filters.vendor_code),
          );
          return (
            <>
              <Card>
                <div className="filters">
                  {(['ship_to', 'vendor_code'] as const).map((key) => (
                    <Select
                      key={key}
                      label={t(`windows.${key}`)}
                      value={filters[key]}
                      onChange={(value) => change({ [key]: value })}
                      options={[
                        { value: '', label: t('common.all') },
                        ...[...new Set(data.map((one) => one[key]))].sort().map((value) => ({
                          value,
                          label: value,
                        })),
                      ]}
                    />
                  ))}
                </div>
              </Card>
              <Weeks orders={shown} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Weeks({ orders }: { orders: OrderWindow[] }) {
  const { t } = useTranslation();
  const { date, dayOf } = useFormat();
  const weeks = new Map<string, Map<string, OrderWindow[]>>();
  for (const order of orders) {
    const day = dayOf(order.end);
    const week = mondayOf(day);
    const days = weeks.get(week) ?? new Map<string, OrderWindow[]>();
    days.set(day, [...(days.get(day) ?? []), order]);
    weeks.set(week, days);
  }
  return [...weeks].map(([week, days]) => (
    <Card key={week} heading={t('windows.week', { day: date(week) })}>
      <ol className="week">
        {daysFrom(week).map((day) => (
          <li key={day} className={days.has(day) ? '' : 'quiet'}>
            <div className="subdued">{date(day)}</div>
            {(days.get(day) ?? []).map((order) => (
              <One key={order.region + order.number} order={order} />
            ))}
          </li>
        ))}
      </ol>
    </Card>
  ));
}

function One({ order }: { order: OrderWindow }) {
  const { t } = useTranslation();
  const { number, day } = useFormat();
  return (
    <div className="window">
      <To to={orderPath(order.number, order.region)}>{order.number}</To>{' '}
      <Badge tone={TONES[order.risk]}>{t(`windows.risks.${order.risk}`)}</Badge>
      <div>{t(`windows.${order.kind}`, { units: number(order.left), centre: order.ship_to })}</div>
      <div className="subdued">
        {day(order.start)} – {day(order.end)}
        {order.short > 0 && ` · ${t('windows.short', { units: number(order.short) })}`}
      </div>
      {order.risk !== 'none' && (
        <div>
          {t(`windows.do.${order.risk}`)}{' '}
          {order.risk === 'unmapped' && <To to="/unmapped-products">{t('nav.unmapped')}</To>}
          {order.risk === 'short' && <To to="/collisions">{t('nav.collisions')}</To>}
        </div>
      )}
    </div>
  );
}

const at = (day: string) => new Date(`${day}T00:00:00Z`);
const plus = (day: string, days: number) => {
  const moved = at(day);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
};
const mondayOf = (day: string) => plus(day, -((at(day).getUTCDay() + 6) % 7));
const daysFrom = (monday: string) => [0, 1, 2, 3, 4, 5, 6].map((days) => plus(monday, days));
