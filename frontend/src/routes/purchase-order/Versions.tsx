// What Amazon changed, version by version: line by line, each field from what to what.
import { useTranslation } from 'react-i18next';
import type { PurchaseOrder } from '../../api/types';
import { Badge, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';

type Change = PurchaseOrder['versions'][number]['changes'][number];
const TIMES = ['ship_start', 'ship_end', 'delivery_start', 'delivery_end'];

/** Amazon shows the order as acknowledged once it has our answer: that is no change of Amazon's. */
const isOurAnswer = (change: Change) =>
  change.field === 'state' && change.before === 'New' && change.after === 'Acknowledged';

export function Versions({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const isAnswered = order.acknowledgements.length > 0;
  const changed = order.versions
    .map((one) => ({
      ...one,
      changes: one.changes.filter((change) => !(isAnswered && isOurAnswer(change))),
    }))
    .filter((one) => one.changes.length > 0);
  return (
    <Card heading={t('orders.versions')}>
      {changed.length === 0 && <span className="subdued">{t('orders.noChanges')}</span>}
      <ul className="plain">
        {changed.map((one) => (
          <li key={one.version}>
            {t('orders.version', { version: one.version, when: time(one.seen_at) })}
            {[...new Set(one.changes.map((change) => change.line ?? ''))].map((line) => (
              <OfLine
                key={line}
                order={order}
                line={line}
                changes={one.changes.filter((change) => (change.line ?? '') === line)}
              />
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function OfLine(props: { order: PurchaseOrder; line: string; changes: Change[] }) {
  const { t } = useTranslation();
  const { cost, time } = useFormat();
  const row = props.order.lines.find((one) => one.line === props.line);
  const units = props.changes.find((change) => change.field === 'ordered_units');
  const shown = (change: Change, value: string | null) => {
    if (value === null) return '–';
    if (TIMES.includes(change.field)) return time(value);
    if (change.field === 'cost' && row?.cost)
      return cost({ amount: value, currency: row.cost.currency });
    if (change.field === 'state') return t(`orders.states.${value}`, { defaultValue: value });
    if (value === 'true' || value === 'false') return t(`orders.${value}`);
    return value;
  };
  return (
    <div>
      {props.line && (
        <div>
          {t('orders.line')} {props.line} · {row?.item?.sku ?? row?.asin ?? row?.vendor_sku}{' '}
          {units?.after === '0' && <Badge tone="warning">{t('orders.lineCancelled')}</Badge>}
          {units?.before === '0' && <Badge tone="info">{t('orders.lineBack')}</Badge>}
        </div>
      )}
      {props.changes.map((change) => (
        <div className="subdued" key={change.field}>
          {t('orders.change', {
            field: t(`orders.fields.${change.field}`),
            before: shown(change, change.before),
            after: shown(change, change.after),
          })}
        </div>
      ))}
    </div>
  );
}
