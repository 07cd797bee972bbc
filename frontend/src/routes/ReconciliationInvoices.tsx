// Our invoices and where the money of each is: every cent in one column.
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { MatchedInvoice } from '../api/reconciliation';
import { useFilters } from '../shell/filters';
import { Badge, Button, Card, Page, SearchField, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Table } from '../ui/patterns';
import { Matches } from './reconciliation/Matches';

const TONES = {
  void: 'neutral',
  unpaid: 'info',
  partly_paid: 'warning',
  settled: 'success',
  overpaid: 'critical',
} as const;
const STATES = Object.keys(TONES) as (keyof typeof TONES)[];
const AMOUNTS = [
  'total',
  'paid',
  'quick_pay',
  'withheld',
  'shortage',
  'price',
  'chargeback',
  'other_deducted',
  'recovered',
  'provision',
  'open',
  'unexplained',
] as const;

/** Shown also where nothing stands in them; of the others, those with money. */
const ALWAYS: readonly string[] = ['total', 'paid', 'open', 'unexplained'];

export default function ReconciliationInvoices() {
  const { t } = useTranslation();
  const [filters, change] = useFilters([
    'search',
    'state',
    'unexplained',
    'unplaced',
    'step',
    'currency',
  ]);
  const query = usePages<MatchedInvoice>('/reconciliation/invoices', filters, true);
  return (
    <Page
      heading={t('reconciliation.invoicesTitle')}
      back={{ to: '/reconciliation', label: t('reconciliation.title') }}
    >
      <Card flush>
        <p className="subdued padded">{t('reconciliation.invoicesWhat')}</p>
        <div className="filters">
          <SearchField
            label={t('payments.findInvoice')}
            value={filters.search}
            onChange={(search) => change({ search })}
          />
          <Select
            label={t('orders.state')}
            value={
              filters.unexplained ? 'unexplained' : filters.unplaced ? 'unplaced' : filters.state
            }
            onChange={(chosen) =>
              change({ state: null, unexplained: null, unplaced: null, ...chosenAs(chosen) })
            }
            options={[
              { value: '', label: t('common.all') },
              ...STATES.map((one) => ({
                value: one,
                label: t(`reconciliation.states.${one}`),
              })),
              { value: 'unexplained', label: t('reconciliation.names.unexplained') },
              { value: 'unplaced', label: t('reconciliation.names.unplaced') },
            ]}
          />
        </div>
        {filters.step && (
          <p className="padded">
            {t('cash.onlyStep', { step: t(`cash.steps.${filters.step}`) })}{' '}
            <Button onClick={() => change({ step: null, currency: null })}>
              {t('cash.showAll')}
            </Button>
          </p>
        )}
        <Listed query={query} empty={t('reconciliation.noInvoices')}>
          {(rows) => <Rows rows={rows} />}
        </Listed>
      </Card>
      <Matches />
    </Page>
  );
}

function chosenAs(chosen: string) {
  if (chosen === 'unexplained') return { unexplained: 'true' };
  return chosen === 'unplaced' ? { unplaced: 'true' } : { state: chosen };
}

function Rows({ rows }: { rows: MatchedInvoice[] }) {
  const { t } = useTranslation();
  const { money, day } = useFormat();
  return (
    <Table
      label={t('reconciliation.invoicesTitle')}
      rows={rows}
      rowKey={(row) => row.invoice_id}
      columns={[
        {
          key: 'number',
          label: t('reconciliation.kinds.invoice'),
          show: (row) => (
            <>
              <To to={`/invoices/${row.invoice_id}`}>{row.number}</To>
              <div className="subdued">
                {day(row.dated_at)} – {day(row.due_at)}
              </div>
            </>
          ),
        },
        {
          key: 'state',
          label: t('orders.state'),
          show: (row) => (
            <>
              <Badge tone={TONES[row.state as keyof typeof TONES]}>
                {t(`reconciliation.states.${row.state}`)}
              </Badge>
              {row.other_currency && (
                <div className="subdued">{t('reconciliation.otherCurrency')}</div>
              )}
              {row.unplaced_deducted.amount !== row.unplaced_recovered.amount && (
                <div className="subdued">
                  {t('reconciliation.onNoLine', { amount: money(row.unplaced_deducted) })}
                </div>
              )}
            </>
          ),
        },
        ...AMOUNTS.filter(
          (name) => ALWAYS.includes(name) || rows.some((row) => Number(row[name].amount)),
        ).map((name) => ({
          key: name,
          label: t(`reconciliation.buckets.${name}`),
          number: true,
          show: (row: MatchedInvoice) => (Number(row[name].amount) === 0 ? '–' : money(row[name])),
        })),
      ]}
    />
  );
}
