// Invoices to Amazon: how far each has come, how old it is, and what it waits for.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { send } from '../api/client';
import { usePages } from '../api/queries';
import type { Invoice, InvoiceSummary } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Button, Card, Page, SearchField, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Table } from '../ui/patterns';
import { NotOurs } from './invoice/NotOurs';
import { orderPath } from './orderPath';

const STATES = [
  'draft',
  'waiting',
  'sent',
  'accepted',
  'missing',
  'unclear',
  'failed',
  'landed',
  'cancelled',
];

export default function Invoices() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'state']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<InvoiceSummary>('/invoices', filters, true);
  return (
    <Page
      heading={t('invoices.title')}
      action={
        <>
          <To to="/invoices/payments">{t('payments.title')}</To> ·{' '}
          <To to="/invoices/billing">{t('invoices.billing.title')}</To>
        </>
      }
    >
      <Card flush>
        <div className="filters">
          <SearchField
            label={t('common.search')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Select
            label={t('invoices.state')}
            value={filters.state}
            onChange={(state) => change({ state })}
            options={[
              { value: '', label: t('common.all') },
              ...STATES.map((one) => ({ value: one, label: t(`invoices.states.${one}`) })),
            ]}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('invoices.empty')}</Empty>;
            return <InvoiceTable rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
      <Together />
      <NotOurs />
    </Page>
  );
}

export function InvoiceTable({ rows }: { rows: InvoiceSummary[] }) {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  return (
    <Table
      label={t('invoices.title')}
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          key: 'number',
          label: t('invoices.number'),
          show: (row) => (
            <To to={`/invoices/${row.id}`}>{row.number ?? t('invoices.unnumbered')}</To>
          ),
        },
        {
          key: 'state',
          label: t('invoices.state'),
          show: (row) => <InvoiceState invoice={row} />,
        },
        {
          key: 'next',
          label: t('invoices.next'),
          show: (row) => (row.next_action ? t(`invoices.nexts.${row.next_action}`) : '–'),
        },
        { key: 'age', label: t('invoices.age'), show: (row) => <Age invoice={row} /> },
        {
          key: 'orders',
          label: t('invoices.orders'),
          show: (row) =>
            row.orders.map((one) => (
              <div key={one}>
                <To to={orderPath(one, row.region)}>{one}</To>
              </div>
            )),
        },
        {
          key: 'units',
          label: t('orders.units'),
          number: true,
          show: (row) => number(row.units),
        },
        { key: 'total', label: t('invoices.total'), number: true, show: (row) => money(row.total) },
        {
          key: 'amazon',
          label: t('invoices.atAmazon'),
          number: true,
          show: (row) => (
            <span className={row.differs ? 'negative' : ''}>{money(row.amazon_total)}</span>
          ),
        },
      ]}
    />
  );
}

const TONES: Record<string, 'critical' | 'warning' | 'success' | 'info'> = {
  failed: 'critical',
  missing: 'critical',
  unclear: 'critical',
  draft: 'warning',
  landed: 'success',
};

/** How far an invoice has come, and what Amazon has made of it. */
export function InvoiceState({ invoice }: { invoice: InvoiceSummary }) {
  const { t } = useTranslation();
  return (
    <span>
      {invoice.waits_for_a_person ? (
        <Badge tone="warning">{t('handOver.badge')}</Badge>
      ) : (
        <Badge tone={TONES[invoice.state] ?? 'info'}>{t(`invoices.states.${invoice.state}`)}</Badge>
      )}{' '}
      {invoice.type === 'CreditNote' && <Badge>{t('invoices.creditNote')}</Badge>}{' '}
      {invoice.amazon_status && <Badge>{t(`invoices.amazon.${invoice.amazon_status}`)}</Badge>}{' '}
      {invoice.differs && <Badge tone="critical">{t('invoices.differs')}</Badge>}
    </span>
  );
}

function Age({ invoice }: { invoice: InvoiceSummary }) {
  const { t } = useTranslation();
  const since = invoice.sent_at ?? invoice.made_at;
  const days = Math.floor((Date.now() - Date.parse(since)) / 86_400_000);
  return <span>{t('invoices.days', { count: days })}</span>;
}

function Together() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [source, setSource] = useState('receipts');
  const [region, setRegion] = useState('na');
  const draft = useDraft();
  const numbers = typed.split(/[\s,;]+/).filter(Boolean);
  return (
    <Card heading={t('invoices.together')}>
      {draft.error && <Failure error={draft.error} />}
      <div className="filters top">
        <TextField
          label={t('invoices.orders')}
          details={t('invoices.togetherHint')}
          value={typed}
          onChange={setTyped}
        />
        <Select
          label={t('settings.region')}
          value={region}
          onChange={setRegion}
          options={['na', 'eu', 'fe'].map((one) => ({
            value: one,
            label: t(`settings.regions.${one}`),
          }))}
        />
        <Select
          label={t('invoices.from')}
          value={source}
          onChange={setSource}
          options={['receipts', 'shipments', 'hand'].map((one) => ({
            value: one,
            label: t(`invoices.sources.${one}`),
          }))}
        />
        <div>
          <Button
            busy={draft.isPending}
            disabled={numbers.length === 0}
            onClick={() => draft.mutate({ region, numbers, source })}
          >
            {t('invoices.draft')}
          </Button>
        </div>
      </div>
    </Card>
  );
}

/** Drafts an invoice and opens it. */
export function useDraft() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: { region: string; numbers: string[]; source: string }) =>
      send<Invoice>('POST', '/invoices', body),
    onSuccess: (made) => navigate(`/invoices/${made.id}`),
    onSettled: () => queries.invalidateQueries(),
  });
}
