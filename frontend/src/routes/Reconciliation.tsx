// From ordered to paid: whether everything agrees, where it has all gone, and line by line.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages, useResource } from '../api/queries';
import { DISAGREEMENTS, type MatchedLine, type Waterfall } from '../api/reconciliation';
import { useFilters } from '../shell/filters';
import { Badge, Banner, Card, Page, SearchField, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Loaded, Table } from '../ui/patterns';
import { NotBilled } from './reconciliation/NotBilled';
import { Steps } from './reconciliation/Steps';

const FILTERS = [
  'disagreement',
  'step',
  'currency',
  'search',
  'vendor_code',
  'from_day',
  'to_day',
] as const;

export default function Reconciliation() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(FILTERS);
  const { vendor_code, from_day, to_day } = filters;
  const waterfall = useResource<Waterfall>(
    '/reconciliation/waterfall',
    { vendor_code, from_day, to_day },
    true,
  );
  return (
    <Page
      heading={t('reconciliation.title')}
      action={<To to="/reconciliation/invoices">{t('reconciliation.invoicesTitle')}</To>}
    >
      <Loaded query={waterfall}>
        {(found) => (
          <>
            <Light found={found} />
            <NotBilled rows={found.not_invoiced} />
            <Steps
              waterfall={found}
              filters={{ vendor_code, from_day, to_day }}
              onStep={(step, currency) => change({ step, currency, disagreement: null })}
            />
          </>
        )}
      </Loaded>
      <Lines />
    </Page>
  );
}

function Light({ found }: { found: Waterfall }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { agrees, broken, waits, disagreements, data } = found;
  if (data.length === 0) return null;
  if (agrees) {
    return (
      <Banner tone="success" heading={t('reconciliation.agrees')}>
        {waits && t('reconciliation.waits')}
      </Banner>
    );
  }
  if (broken.length > 0) {
    return (
      <Banner tone="critical" heading={t('reconciliation.broken')}>
        {t('reconciliation.brokenWhat', { checks: broken.join(', ') })}
      </Banner>
    );
  }
  // What waits too long for its invoice has a banner of its own.
  if (disagreements.length === 0) return null;
  return (
    <Banner tone="warning" heading={t('reconciliation.disagrees')}>
      <ul>
        {disagreements.map((one) => (
          <li key={one.disagreement}>
            <To to={`/reconciliation?disagreement=${one.disagreement}`}>
              {t(`reconciliation.names.${one.disagreement}`)}
            </To>
            {': '}
            {t('reconciliation.lines', { count: one.lines, shown: number(one.lines) })}
          </li>
        ))}
      </ul>
      {waits && t('reconciliation.waits')}
    </Banner>
  );
}

function Lines() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(FILTERS);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<MatchedLine>('/reconciliation', filters, true);
  return (
    <Card flush heading={t('reconciliation.byLine')}>
      <p className="subdued padded">{t('reconciliation.what')}</p>
      <div className="filters">
        <SearchField
          label={t('reconciliation.order')}
          value={typed}
          onChange={(search) => {
            setTyped(search);
            change({ search });
          }}
        />
        <Select
          label={t('reconciliation.disagreement')}
          value={filters.disagreement}
          onChange={(disagreement) => change({ disagreement })}
          options={[
            { value: '', label: t('common.all') },
            { value: 'any', label: t('reconciliation.any') },
            ...DISAGREEMENTS.map((one) => ({
              value: one,
              label: t(`reconciliation.names.${one}`),
            })),
          ]}
        />
        <TextField
          label={t('reconciliation.vendorCode')}
          value={filters.vendor_code}
          onChange={(vendor_code) => change({ vendor_code })}
        />
        <Day name="from_day" value={filters.from_day} change={change} />
        <Day name="to_day" value={filters.to_day} change={change} />
      </div>
      {filters.step && (
        <p className="padded">
          {t('reconciliation.opened', { step: t(`reconciliation.steps.${filters.step}`) })}{' '}
          <To to="/reconciliation">{t('reconciliation.showAll')}</To>
        </p>
      )}
      <Listed query={query} empty={t('reconciliation.empty')}>
        {(rows) => <LineTable rows={rows} />}
      </Listed>
    </Card>
  );
}

/** A day of the period; only a whole one is asked for. */
function Day(props: {
  name: 'from_day' | 'to_day';
  value: string;
  change: (values: Partial<Record<'from_day' | 'to_day', string | null>>) => void;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(props.value);
  return (
    <TextField
      label={t(`reconciliation.${props.name}`)}
      details="2026-11-28"
      value={typed}
      onChange={(day) => {
        setTyped(day);
        if (!day || /^\d{4}-\d{2}-\d{2}$/.test(day)) props.change({ [props.name]: day || null });
      }}
    />
  );
}

function LineTable({ rows }: { rows: MatchedLine[] }) {
  const { t } = useTranslation();
  const { number, money, day } = useFormat();
  const units = (name: 'ordered' | 'acknowledged' | 'shipped' | 'received' | 'invoiced') => ({
    key: name,
    label: t(`reconciliation.steps.${name}`),
    number: true,
    show: (row: MatchedLine) => number(row[name].units ?? 0),
  });
  const amounts = (name: 'paid' | 'deducted' | 'recovered' | 'outstanding') => ({
    key: name,
    label: t(`reconciliation.steps.${name}`),
    number: true,
    show: (row: MatchedLine) => money(row[name].amount),
  });
  return (
    <Table
      label={t('reconciliation.byLine')}
      rows={rows}
      rowKey={(row) => `${row.region}${row.number}/${row.line}`}
      columns={[
        {
          key: 'line',
          label: t('reconciliation.order'),
          show: (row) => (
            <>
              <To
                to={`/reconciliation/${row.region}/${encodeURIComponent(row.number)}/${encodeURIComponent(row.line)}`}
              >
                {row.number} / {row.line}
              </To>
              <div className="subdued">
                {row.item?.sku ?? row.asin ?? row.vendor_sku} · {day(row.ordered_at)}
              </div>
            </>
          ),
        },
        {
          key: 'disagreement',
          label: t('reconciliation.disagreement'),
          show: (row) => <Disagreement line={row} />,
        },
        units('ordered'),
        units('acknowledged'),
        units('shipped'),
        units('received'),
        units('invoiced'),
        {
          key: 'amount',
          label: t('reconciliation.invoicedAmount'),
          number: true,
          show: (row) => money(row.invoiced.amount),
        },
        amounts('paid'),
        amounts('deducted'),
        amounts('recovered'),
        amounts('outstanding'),
      ]}
    />
  );
}

export function Disagreement({ line }: { line: MatchedLine }) {
  const { t } = useTranslation();
  const { day } = useFormat();
  if (line.disagreement === null) {
    const isBilled = (line.invoiced.units ?? 0) >= (line.received.units ?? 0);
    return (
      <>
        <Badge tone={isBilled ? 'success' : 'info'}>
          {t(isBilled ? 'reconciliation.agree' : 'reconciliation.steps.not_invoiced')}
        </Badge>
        {line.looks_again_at && (
          <div className="subdued">
            {t('reconciliation.looksAgain', { when: day(line.looks_again_at) })}
          </div>
        )}
      </>
    );
  }
  return (
    <>
      {line.places.map((name) => (
        <div key={name}>
          <Badge tone={name === line.disagreement ? 'critical' : 'warning'}>
            {t(`reconciliation.names.${name}`)}
          </Badge>
          {name === line.disagreement && line.cause && (
            <div className="subdued">
              {t(`deductions.causes.${line.cause}`, { defaultValue: line.cause })}
            </div>
          )}
        </div>
      ))}
    </>
  );
}
