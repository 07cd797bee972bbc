// One purchase order: its lines with what is held, the answer to Amazon, the shipment, the changes.
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { Problem } from '../api/client';
import { useResource } from '../api/queries';
import type { PurchaseOrder as Order } from '../api/types';
import { Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Figures, Loaded, Named, Table } from '../ui/patterns';
import { TimeLeft } from '../ui/TimeLeft';
import { CostUnknown } from './CostUnknown';
import { HandOver } from './HandOver';
import { orderPath } from './orderPath';
import { Markers, StateBadge } from './PurchaseOrders';
import { Acknowledge } from './purchase-order/Acknowledge';
import { AnswerAgain } from './purchase-order/AnswerAgain';
import { Bill } from './purchase-order/Bill';
import { Checklist } from './purchase-order/Checklist';
import { Cost } from './purchase-order/Cost';
import { Places } from './purchase-order/Places';
import { Ship } from './purchase-order/Ship';
import { Versions } from './purchase-order/Versions';
import { Retrying } from './Retrying';

const HEADINGS: Record<string, string> = { ordered_units: 'ordered', backordered: 'backorder' };
const REGIONS = ['na', 'eu', 'fe'];

export default function PurchaseOrder() {
  const { t } = useTranslation();
  const { number: id } = useParams();
  const [search] = useSearchParams();
  const region = search.get('region') ?? '';
  const query = useResource<Order>(`/purchase-orders/${id}`, region ? { region } : {}, true);
  if (query.error instanceof Problem && query.error.body.code === 'region_needed')
    return <Regions number={id ?? ''} />;
  return (
    <Loaded query={query}>
      {(order) => (
        <Page
          heading={`${order.number} · ${order.ship_to}`}
          back={{ to: '/purchase-orders', label: t('orders.title') }}
          action={
            <span>
              <Markers order={order} /> <StateBadge order={order} />
            </span>
          }
        >
          <Sums order={order} />
          {isUnanswered(order) && <Acknowledge key={order.version} order={order} />}
          <Checklist order={order} />
          <Places number={order.number} region={order.region} />
          <Handing order={order} />
          {!isUnanswered(order) && <Lines order={order} />}
          {order.may_answer && !isUnanswered(order) && (
            <AnswerAgain key={order.version} order={order} />
          )}
          {(order.state === 'Acknowledged' || order.acknowledgement?.waits_for_a_person) && (
            <Ship order={order} />
          )}
          <Shipments order={order} />
          {order.state !== 'New' && <Bill order={order} />}
          <Versions order={order} />
        </Page>
      )}
    </Loaded>
  );
}

/** Nobody has said anything of it that Amazon did not refuse. */
function isUnanswered(order: Order) {
  const answer = order.acknowledgement;
  const isOpen = order.state === 'New' && order.units.ordered > 0;
  return isOpen && (answer === null || answer.state === 'failed');
}

/** Two regions have an order of this number, and the link does not say which is meant. */
function Regions({ number }: { number: string }) {
  const { t } = useTranslation();
  return (
    <Page heading={number} back={{ to: '/purchase-orders', label: t('orders.title') }}>
      <Card>
        <p>{t('problems.region_needed')}</p>
        <ul className="plain">
          {REGIONS.map((region) => (
            <li key={region}>
              <To to={orderPath(number, region)}>{t(`settings.regions.${region}`)}</To>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}

function Handing({ order }: { order: Order }) {
  const paper = order.acknowledgements.at(-1);
  if (!paper) return null;
  const path = `/purchase-orders/${order.number}/hand-over?region=${order.region}`;
  return (
    <>
      {['waiting', 'sent'].includes(paper.state) && <Retrying message={paper.message_id} />}
      <HandOver
        kind="acknowledgement"
        path={path}
        region={order.region}
        reference={String(paper.id)}
        paper={paper}
      />
    </>
  );
}

function Sums({ order }: { order: Order }) {
  const { t } = useTranslation();
  const { money, number, time } = useFormat();
  const window = order.ship_window ?? order.delivery_window;
  const keys = [
    'ordered',
    'held',
    'short',
    'accepted',
    ...(order.units.backordered > 0 ? (['backordered'] as const) : []),
    'shipped',
    'received',
  ] as const;
  return (
    <Card>
      <Figures
        figures={keys.map((key) => ({
          label: t(`orders.${key}`),
          value: number(order.units[key]),
        }))}
      />
      <p>
        {t('orders.ofOrder', {
          code: order.vendor_code,
          when: time(order.ordered_at),
        })}
        {window &&
          ` · ${t(order.ship_window ? 'orders.leavesWithin' : 'orders.arrivesWithin', {
            start: time(window.start),
            end: time(window.end),
          })}`}
        {order.cost && ` · ${t('orders.costs', { cost: money(order.cost) })}`}
      </p>
      {order.cost_unknown && order.cost_unknown !== 'not_stated' && (
        <p>
          <CostUnknown reason={order.cost_unknown} code={order.vendor_code} />
        </p>
      )}
      {isUnanswered(order) && (
        <p>
          {t('orders.answerBy')}: <TimeLeft by={order.acknowledge_by} />
        </p>
      )}
    </Card>
  );
}

function Lines({ order }: { order: Order }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const isBackordered = order.lines.some((line) => line.backordered > 0);
  const keys = [
    'ordered_units',
    'held',
    'accepted',
    ...(isBackordered ? (['backordered'] as const) : []),
    'rejected',
    'shipped',
    'received',
  ] as const;
  return (
    <Card flush>
      <Table
        label={t('orders.line')}
        rows={order.lines}
        rowKey={(row) => row.line}
        columns={[
          {
            key: 'item',
            label: t('orders.item'),
            show: (row) =>
              row.item ? (
                <Named item={row.item}>
                  <To to={`/stock/${row.item.id}`}>{row.item.sku}</To>
                </Named>
              ) : (
                <span className="negative">
                  {row.asin} {row.vendor_sku}:{' '}
                  <To to="/unmapped-products">{t('orders.unmapped')}</To>
                </span>
              ),
          },
          ...keys.map((key) => ({
            key,
            label: t(`orders.${HEADINGS[key] ?? key}`),
            number: true,
            show: (row: Order['lines'][number]) =>
              key === 'held' && row.item ? (
                <To to={`/stock/${row.item.id}?state=reserved`}>{number(row.held)}</To>
              ) : key === 'ordered_units' && row.ordered.unit === 'Cases' ? (
                <span>
                  {number(row.ordered_units)}
                  <div className="subdued">
                    {t('orders.cases', { count: row.ordered.amount, size: row.ordered.unit_size })}
                  </div>
                </span>
              ) : key === 'shipped' && row.shipped_as_received ? (
                `${number(row.shipped)}*`
              ) : (
                number(row[key])
              ),
          })),
          {
            key: 'cost',
            label: t('orders.cost'),
            number: true,
            show: (row) => <Cost line={row} code={order.vendor_code} />,
          },
        ]}
      />
      {order.lines.some((row) => row.shipped_as_received) && (
        <p className="subdued padded">
          *{' '}
          {t(order.shipments.length > 0 ? 'orders.shippedBeforeBooks' : 'orders.shippedAsReceived')}
        </p>
      )}
    </Card>
  );
}

function Shipments({ order }: { order: Order }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  if (order.shipments.length === 0) return null;
  return (
    <Card heading={t('orders.shipments')} flush>
      <Table
        label={t('orders.shipments')}
        rows={order.shipments}
        rowKey={(row) => row.identifier}
        columns={[
          {
            key: 'id',
            label: t('orders.number'),
            show: (row) => <To to={`/shipments/${row.identifier}`}>{row.identifier}</To>,
          },
          { key: 'when', label: t('orders.shipped'), show: (row) => time(row.shipped_at) },
          { key: 'from', label: t('orders.shipFrom'), show: (row) => row.location.name },
          {
            key: 'units',
            label: t('orders.units'),
            number: true,
            show: (row) => number(row.units),
          },
          {
            key: 'state',
            label: t('orders.state'),
            show: (row) => t(`shipping.states.${row.state}`),
          },
        ]}
      />
    </Card>
  );
}
