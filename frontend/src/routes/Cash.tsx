// What Amazon owes: by age, by the week it should come, and from invoiced to paid.
import { useTranslation } from 'react-i18next';
import type { Bridge, CashFigures, OpenInvoice, Standing } from '../api/cash';
import { BUCKETS } from '../api/cash';
import { usePages, useResource } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Badge, Banner, Button, Card, Page, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Export, Figures, Listed, Loaded, Narrow, Table } from '../ui/patterns';
import { Alarm, Rates } from './cash/Settings';

const FILTERS = ['in', 'bucket', 'currency', 'from_day', 'to_day'] as const;
type Change = (values: Partial<Record<(typeof FILTERS)[number], string | null>>) => void;

export default function Cash() {
  const { t } = useTranslation();
  const { money } = useFormat();
  const [filters, change] = useFilters(FILTERS);
  const asked = /^[A-Z]{3}$/.test(filters.in) ? filters.in : null;
  const query = useResource<CashFigures>('/cash', { currency: asked }, true);
  return (
    <Page heading={t('cash.title')} action={<To to="/invoices/billing">{t('cash.terms')}</To>}>
      <Loaded query={query}>
        {(found) => (
          <>
            {found.data.length === 0 && (
              <Card>
                <Empty>{t('cash.empty')}</Empty>
              </Card>
            )}
            {found.in_all && (
              <Banner tone="info" heading={t('cash.inAll', { amount: money(found.in_all) })} />
            )}
            {found.without_rate.length > 0 && (
              <Banner tone="warning" heading={t('cash.withoutRate')}>
                {found.without_rate.join(', ')}
              </Banner>
            )}
            {found.data.map((one) => (
              <OneCurrency key={one.currency} found={one} change={change} />
            ))}
            {found.data.length > 0 && (
              <Card>
                <TextField
                  label={t('cash.showIn')}
                  value={filters.in}
                  onChange={(value) => change({ in: value.toUpperCase().slice(0, 3) })}
                />
              </Card>
            )}
          </>
        )}
      </Loaded>
      <Invoices />
      <Bridges />
      <Rates />
      {query.data && <Alarm days={query.data.unsettled_after_days} />}
    </Page>
  );
}

function OneCurrency({ found, change }: { found: Standing; change: Change }) {
  const { t } = useTranslation();
  const { money, number, date } = useFormat();
  const { currency, rate } = found;
  return (
    <Card heading={currency}>
      <Figures
        figures={[
          { label: t('cash.open'), value: money(found.open) },
          { label: t('cash.overdue'), value: money(found.overdue) },
          ...(found.converted && rate
            ? [
                {
                  label: t('cash.atRate', {
                    rate: rate.rate,
                    day: date(rate.day),
                    source: rate.source,
                  }),
                  value: money(found.converted),
                },
              ]
            : []),
        ]}
      />
      <Table
        label={t('cash.ageing')}
        rows={found.ageing.filter((one) => one.invoices > 0)}
        rowKey={(one) => one.bucket}
        columns={[
          {
            key: 'bucket',
            label: t('cash.ageing'),
            show: (one) => t(`cash.buckets.${one.bucket}`),
          },
          {
            key: 'open',
            label: t('cash.open'),
            number: true,
            show: (one) => money(one.open),
          },
          {
            key: 'invoices',
            label: t('cash.invoices'),
            number: true,
            show: (one) => (
              <Button
                onClick={() =>
                  change({ bucket: one.bucket, currency, from_day: null, to_day: null })
                }
              >
                {number(one.invoices)}
              </Button>
            ),
          },
        ]}
      />
      <div className="footer">
        <Export asked={{ path: '/cash/ageing', query: { currency } }} />
      </div>
      <Table
        label={t('cash.weeks')}
        rows={found.weeks}
        rowKey={(one) => one.begins_on}
        columns={[
          { key: 'week', label: t('cash.week'), show: (one) => date(one.begins_on) },
          { key: 'open', label: t('cash.open'), number: true, show: (one) => money(one.open) },
          {
            key: 'held',
            label: t('cash.heldBack'),
            number: true,
            show: (one) => money(one.held_back),
          },
          {
            key: 'expected',
            label: t('cash.expected'),
            number: true,
            show: (one) => money(one.expected),
          },
          {
            key: 'invoices',
            label: t('cash.invoices'),
            number: true,
            show: (one) => (
              <Button
                onClick={() => change({ bucket: null, currency, ...weekOf(found, one.begins_on) })}
              >
                {number(one.invoices)}
              </Button>
            ),
          },
        ]}
      />
      <div className="footer">
        <Export asked={{ path: '/cash/weeks', query: { currency } }} />
      </div>
    </Card>
  );
}

/** The due days of a week; what is overdue stands in the first, so that one has no first day. */
function weekOf(found: Standing, begins_on: string) {
  const last = new Date(`${begins_on}T00:00:00Z`);
  last.setUTCDate(last.getUTCDate() + 6);
  const isFirst = found.weeks[0]?.begins_on === begins_on;
  return { from_day: isFirst ? null : begins_on, to_day: last.toISOString().slice(0, 10) };
}

function Invoices() {
  const { t } = useTranslation();
  const { money, day, date, number } = useFormat();
  const [{ bucket, currency, from_day, to_day }, change] = useFilters(FILTERS);
  const query = usePages<OpenInvoice>('/cash/invoices', { bucket, currency, from_day, to_day });
  return (
    <Card flush heading={t('cash.openInvoices')}>
      <div className="filters">
        <Narrow
          label={t('cash.ageing')}
          value={bucket}
          values={BUCKETS}
          word={(one) => t(`cash.buckets.${one}`)}
          onChange={(value) => change({ bucket: value })}
        />
        <TextField
          label={t('cash.currency')}
          value={currency}
          onChange={(value) => change({ currency: value.toUpperCase().slice(0, 3) })}
        />
      </div>
      {to_day && (
        <p className="padded">
          {from_day
            ? t('cash.dueWithin', { from: date(from_day), to: date(to_day) })
            : t('cash.dueUntil', { to: date(to_day) })}{' '}
          <Button onClick={() => change({ from_day: null, to_day: null })}>
            {t('cash.showAll')}
          </Button>
        </p>
      )}
      <Listed query={query} empty={t('cash.empty')}>
        {(rows) => (
          <Table
            label={t('cash.openInvoices')}
            rows={rows}
            rowKey={(row) => row.invoice_id}
            columns={[
              {
                key: 'number',
                label: t('cash.invoice'),
                show: (row) => <To to={`/invoices/${row.invoice_id}`}>{row.number}</To>,
              },
              {
                key: 'code',
                label: t('orders.fields.vendor_code'),
                show: (row) => row.vendor_code,
              },
              {
                key: 'due',
                label: t('cash.due'),
                show: (row) => (
                  <>
                    {day(row.due_at)}{' '}
                    {(row.days_late ?? 0) > 0 && (
                      <Badge tone="critical">
                        {t('cash.late', {
                          count: row.days_late ?? 0,
                          shown: number(row.days_late ?? 0),
                        })}
                      </Badge>
                    )}
                  </>
                ),
              },
              {
                key: 'total',
                label: t('cash.total'),
                number: true,
                show: (row) => money(row.total),
              },
              {
                key: 'held',
                label: t('cash.heldBack'),
                number: true,
                show: (row) => money(row.held_back),
              },
              {
                key: 'open',
                label: t('cash.open'),
                number: true,
                show: (row) => money(row.open),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}

function Bridges() {
  const { t } = useTranslation();
  const query = useResource<{ data: Bridge[] }>('/cash/bridge', {}, true);
  return (
    <Loaded query={query}>
      {(found) => (
        <>
          {found.data.map((one) => (
            <OneBridge key={one.currency} found={one} />
          ))}
          {found.data.length > 0 && (
            <p className="subdued padded">
              <To to="/reconciliation/invoices">{t('cash.byInvoice')}</To>
            </p>
          )}
        </>
      )}
    </Loaded>
  );
}

function OneBridge({ found }: { found: Bridge }) {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  const heading = t('cash.bridge', { currency: found.currency });
  const rows = [
    { step: 'invoiced', amount: found.invoiced, invoices: found.invoices },
    ...found.steps.filter((one) => one.invoices > 0),
    { step: 'paid', amount: found.paid, invoices: found.invoices },
  ];
  return (
    <Card flush heading={heading}>
      <Table
        label={heading}
        rows={rows}
        rowKey={(one) => one.step}
        columns={[
          { key: 'step', label: t('cash.step'), show: (one) => t(`cash.steps.${one.step}`) },
          {
            key: 'amount',
            label: t('cash.amount'),
            number: true,
            show: (one) => money(one.amount),
          },
          {
            key: 'invoices',
            label: t('cash.invoices'),
            number: true,
            show: (one) => (
              <To to={`/reconciliation/invoices?${behind(one.step, found.currency)}`}>
                {number(one.invoices)}
              </To>
            ),
          },
        ]}
      />
      <div className="footer">
        <Export asked={{ path: '/cash/bridge', query: { currency: found.currency } }} />
      </div>
    </Card>
  );
}

/** The invoices behind a step; both ends are all of them. */
function behind(step: string, currency: string) {
  const isEnd = step === 'invoiced' || step === 'paid';
  return new URLSearchParams(isEnd ? { currency } : { currency, step }).toString();
}
