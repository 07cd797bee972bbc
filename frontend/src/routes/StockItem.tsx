// One item: where its units stand, now or at an earlier moment, and every movement behind a number.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { usePages, useResource } from '../api/queries';
import type { ItemDetail, Movement, MovementSide, State } from '../api/types';
import { useFilters } from '../shell/filters';
import { useWho } from '../shell/session';
import { Badge, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';
import { Ahead } from './collisions/Ahead';
import { PaperLink } from './PaperLink';
import { Kit } from './stock-item/Kit';

const STATES: State[] = [
  'available',
  'committed',
  'reserved',
  'safety_stock',
  'damaged',
  'quality_control',
  'amazon_transit',
  'amazon',
  'customer',
];

export default function StockItem() {
  const { t } = useTranslation();
  const { time, toInput, fromInput } = useFormat();
  const { id } = useParams();
  const [filters, change] = useFilters(['as_of', 'state', 'location_id']);
  const moment = filters.as_of;
  const query = useResource<ItemDetail>(`/items/${id}`, { as_of: moment }, !moment);
  return (
    <Loaded query={query}>
      {(item) => (
        <Page
          heading={`${item.sku} ${item.title}`}
          back={{ to: '/stock', label: t('item.back') }}
          action={
            <div>
              <label className="plain subdued" htmlFor="as-of">
                {t('item.asOf')} · {t('item.asOfHint')}
              </label>
              <input
                id="as-of"
                type="datetime-local"
                defaultValue={moment ? toInput(moment) : ''}
                onChange={(event) =>
                  change({
                    as_of: event.target.value ? fromInput(event.target.value) : null,
                  })
                }
              />
            </div>
          }
        >
          {moment && <Badge tone="info">{t('item.asOfShown', { when: time(moment) })}</Badge>}
          <Balances item={item} />
          {!moment && <Ahead itemId={item.id} />}
          <Movements item={item} clear={() => change({ state: null, location_id: null })} />
          <div className="columns">
            <Card heading={t('item.aliases')}>
              <ul className="plain">
                {item.aliases.map((alias) => (
                  <li key={alias.kind + alias.value}>
                    <span className="subdued">{t(`aliases.${alias.kind}`)}</span>{' '}
                    {alias.kind === 'asin' ? (
                      <To to={`/reports/${alias.value}`}>{alias.value}</To>
                    ) : (
                      alias.value
                    )}
                  </li>
                ))}
              </ul>
            </Card>
            <Card heading={t('item.counts')}>
              <ul className="plain">
                {item.counts.filter(isTelling).map((count) => (
                  <li key={`${count.location.id}${count.state}`}>
                    {count.location.name}: {t(`states.${count.state}`)} {count.quantity}{' '}
                    <span className="subdued">{time(count.observed_at)}</span>
                  </li>
                ))}
              </ul>
            </Card>
            <Kit id={item.id} />
          </div>
        </Page>
      )}
    </Loaded>
  );
}

/** A zero says something only where units are sold from. */
function isTelling(count: ItemDetail['counts'][number]) {
  return count.quantity !== 0 || count.state === 'available';
}

function Balances({ item }: { item: ItemDetail }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const places = [...new Map(item.balances.map((one) => [one.location.id, one.location])).values()];
  const shown = STATES.filter(
    (state) => item.totals[state] !== 0 || ['available', 'committed', 'reserved'].includes(state),
  );
  const quantity = (place: number, state: State) =>
    item.balances.find((one) => one.location.id === place && one.state === state)?.quantity ?? 0;
  const cell = (value: number, state: State, place: number | null, name: string) => (
    <To
      to={`?state=${state}${place ? `&location_id=${place}` : ''}${item.as_of ? `&as_of=${encodeURIComponent(item.as_of)}` : ''}`}
      label={`${name} ${t(`states.${state}`)} ${number(value)}`}
    >
      <span className={value < 0 ? 'negative' : ''}>{number(value)}</span>
    </To>
  );
  const rows = [...places.map((place) => ({ ...place })), { id: 0, name: t('item.total') }];
  return (
    <Card heading={t('item.balances')} flush>
      <Table
        label={t('item.balances')}
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          { key: 'place', label: t('item.location'), show: (row) => row.name },
          ...shown.map((state) => ({
            key: state,
            label: t(`states.${state}`),
            number: true,
            show: (row: { id: number; name: string }) =>
              row.id
                ? cell(quantity(row.id, state), state, row.id, row.name)
                : cell(item.totals[state], state, null, row.name),
          })),
        ]}
      />
    </Card>
  );
}

function Movements(props: { item: ItemDetail; clear: () => void }) {
  const { t } = useTranslation();
  const who = useWho();
  const { number, time } = useFormat();
  const [{ state, location_id: place, as_of: moment }] = useFilters([
    'state',
    'location_id',
    'as_of',
  ]);
  const query = usePages<Movement>(
    `/items/${props.item.id}/movements`,
    { state, location_id: place, as_of: moment },
    !moment,
  );
  const placeName = props.item.balances.find((one) => String(one.location.id) === place)?.location
    .name;
  const side = (one: MovementSide) =>
    `${t(`states.${one.state}`)} · ${one.location.name} (${t('item.balanceAfter', { balance: number(one.balance_after) })})`;
  return (
    <Card heading={t('item.movements')} flush>
      {state && (
        <div className="padded">
          <Badge tone="info">
            {t('item.filtered', {
              state: t(`states.${state}`),
              place: placeName ?? t('common.all'),
            })}
          </Badge>{' '}
          <Button onClick={props.clear}>{t('item.clearFilter')}</Button>
        </div>
      )}
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0) return <Empty>{t('item.noMovements')}</Empty>;
          return (
            <Table
              label={t('item.movements')}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                { key: 'when', label: t('item.when'), show: (row) => time(row.recorded_at) },
                {
                  key: 'quantity',
                  label: t('item.quantity'),
                  number: true,
                  show: (row) => number(row.quantity),
                },
                {
                  key: 'sides',
                  label: t('item.fromTo'),
                  show: (row) => (
                    <span>
                      {side(row.from)} → {side(row.to)}
                    </span>
                  ),
                },
                {
                  key: 'why',
                  label: t('item.why'),
                  show: (row) => (
                    <span title={row.echo ? t('item.echo') : ''}>
                      {t(`reasons.${row.reason}`)} <span className="subdued">{who(row.actor)}</span>
                    </span>
                  ),
                },
                {
                  key: 'paper',
                  label: t('item.paper'),
                  show: (row) => (
                    <span>
                      <PaperLink paper={row.document} />{' '}
                      {row.message_id && (
                        <To to={`/activity/${row.message_id}`}>
                          {t('item.message', { id: row.message_id })}
                        </To>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={query} />
    </Card>
  );
}
