// What the list and the detail of a discrepancy both show.
import { useTranslation } from 'react-i18next';
import type { Discrepancy, Status, Words } from '../../api/discrepancies';
import { Badge, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { orderPath } from '../orderPath';

const DAY = 86_400_000;
const TONES: Partial<Record<Status, 'warning' | 'info' | 'success' | 'critical'>> = {
  open: 'warning',
  in_progress: 'info',
  closed: 'success',
  adopted: 'success',
  written_off: 'critical',
};

/** Picks the words of the person's language. */
export function useWords() {
  const { i18n } = useTranslation();
  return (words: Words) => words[i18n.language] ?? words.en ?? Object.values(words)[0] ?? '';
}

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[status] ?? 'neutral'}>{t(`queue.statuses.${status}`)}</Badge>;
}

/** What it is about, as links into the papers. */
export function About({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const { subject, item, location, state } = found;
  if (item && location && state)
    return (
      <span>
        <To to={`/stock/${item.id}?state=${state}&location_id=${location.id}`}>{item.sku}</To>{' '}
        <span className="subdued">
          {t(`states.${state}`)}, {location.name}
        </span>
      </span>
    );
  const links = [
    subject.number && {
      to: orderPath(subject.number, subject.region),
      label: subject.line ? `${subject.number} / ${subject.line}` : subject.number,
    },
    subject.invoice && {
      to: subject.invoice_id
        ? `/invoices/${subject.invoice_id}`
        : `/invoices?search=${encodeURIComponent(subject.invoice)}`,
      label: subject.invoice,
    },
    // Where the payment itself is gone, what a person had said of it is all there is to open.
    subject.match && {
      to: '/reconciliation/invoices?match_state=confirmed',
      label: t('reconciliation.matches.title'),
    },
    (subject.payment_id ?? subject.payment) &&
      found.cause !== 'payment_gone' &&
      subject.region && {
        to: `/invoices/payments/${subject.region}/${encodeURIComponent(
          String(subject.payment_id ?? subject.payment),
        )}`,
        label: String(subject.payment_number ?? subject.payment ?? subject.payment_id),
      },
    subject.shipment && {
      to: `/shipments/${encodeURIComponent(subject.shipment)}`,
      label: subject.shipment,
    },
    subject.deduction &&
      subject.reference &&
      !subject.invoice && {
        to: `/deductions/${subject.region}/${subject.deduction}/${subject.currency}/${subject.reference}`,
        label: subject.reference,
      },
    subject.item && { to: `/stock/${subject.item}`, label: t('queue.item') },
  ].filter((one) => typeof one === 'object');
  if (links.length === 0) return <span>{found.reference}</span>;
  return (
    <span>
      {links.map((one) => (
        <span key={one.to}>
          <To to={one.to}>{one.label}</To>{' '}
        </span>
      ))}
    </span>
  );
}

export function Age({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const since = Date.parse(found.opened_at ?? found.first_seen_at);
  const until = found.ended_at ? Date.parse(found.ended_at) : Date.now();
  return (
    <span>{t('invoices.days', { count: Math.max(0, Math.floor((until - since) / DAY)) })}</span>
  );
}

export function Deadline({ found }: { found: Discrepancy }) {
  const { t } = useTranslation();
  const { date, time } = useFormat();
  if (!found.deadline) return <span>–</span>;
  const left = Date.parse(found.deadline) - Date.now();
  const over = found.status === 'closed' || found.status === 'written_off';
  return (
    <span title={time(found.deadline)}>
      {date(found.deadline)}{' '}
      {!over && left < 0 && <Badge tone="critical">{t('queue.passed')}</Badge>}
      {!over && left >= 0 && left < 7 * DAY && (
        <Badge tone="warning">{t('queue.left', { count: Math.ceil(left / DAY) })}</Badge>
      )}
    </span>
  );
}
