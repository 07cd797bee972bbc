// What Amazon has taken off: each claim folded into one row, and what each kind comes to.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addressOf, DEDUCTION_KINDS, type Deduction, type DeductionTotal } from '../api/deductions';
import { usePages, useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, SearchField, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Export, Listed, Narrow, Table } from '../ui/patterns';
import { ClockLine } from './disputes/ClockFigures';
import { orderPath } from './orderPath';

const TONES = { open: 'warning', recovered: 'success', repaid_more: 'info' } as const;

export default function Deductions() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'kind', 'state', 'cause', 'invoice', 'order']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<Deduction>('/deductions', filters, true);
  return (
    <Page
      heading={t('deductions.title')}
      action={
        <>
          <To to="/disputes">{t('disputes.title')}</To> ·{' '}
          <To to="/deductions/audits">{t('audits.title')}</To> ·{' '}
          <To to="/deductions/claims">{t('claims.title')}</To> ·{' '}
          <To to="/evidence">{t('evidence.title')}</To>
        </>
      }
    >
      <Totals />
      <Card flush>
        <p className="subdued padded">{t('deductions.what')}</p>
        <div className="filters">
          <SearchField
            label={t('common.search')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Narrow
            label={t('deductions.kind')}
            value={filters.kind}
            values={DEDUCTION_KINDS}
            word={(one) => t(`deductions.kinds.${one}`)}
            onChange={(kind) => change({ kind })}
          />
          <Select
            label={t('orders.state')}
            value={filters.state}
            onChange={(state) => change({ state })}
            options={[
              { value: '', label: t('common.all') },
              { value: 'open', label: t('deductions.states.open') },
              { value: 'settled', label: t('deductions.settled') },
            ]}
          />
          <TextField
            label={t('deductions.cause')}
            value={filters.cause}
            onChange={(cause) => change({ cause })}
          />
        </div>
        <Listed query={query} empty={t('deductions.empty')}>
          {(rows) => <DeductionTable rows={rows} />}
        </Listed>
      </Card>
    </Page>
  );
}

export function DeductionTable({ rows }: { rows: Deduction[] }) {
  const { t } = useTranslation();
  const { money, date, number } = useFormat();
  return (
    <Table
      label={t('deductions.title')}
      rows={rows}
      rowKey={addressOf}
      columns={[
        {
          key: 'reference',
          label: t('deductions.reference'),
          show: (row) => <To to={addressOf(row)}>{row.reference || '–'}</To>,
        },
        {
          key: 'kind',
          label: t('deductions.kind'),
          show: (row) => (
            <>
              {t(`deductions.kinds.${row.kind}`)} <DeductionState deduction={row} />
            </>
          ),
        },
        {
          key: 'cause',
          label: t('deductions.cause'),
          show: (row) => (row.cause ? <Cause code={row.cause} /> : '–'),
        },
        {
          key: 'about',
          label: t('deductions.about'),
          show: (row) => <About deduction={row} />,
        },
        {
          key: 'units',
          label: t('orders.units'),
          number: true,
          show: (row) => (row.units === null ? '–' : number(row.units)),
        },
        {
          key: 'taken',
          label: t('deductions.taken'),
          number: true,
          show: (row) => money(row.taken),
        },
        {
          key: 'recovered',
          label: t('deductions.recovered'),
          number: true,
          show: (row) => money(row.recovered),
        },
        {
          key: 'open',
          label: t('deductions.open'),
          number: true,
          show: (row) => money(row.open),
        },
        { key: 'first', label: t('deductions.since'), show: (row) => date(row.first_at) },
        {
          key: 'clock',
          label: t('disputes.clock'),
          show: (row) => (row.state === 'open' ? <ClockLine clock={row.clock} /> : '–'),
        },
      ]}
    />
  );
}

export function DeductionState({ deduction }: { deduction: Deduction }) {
  const { t } = useTranslation();
  return (
    <>
      <Badge tone={TONES[deduction.state]}>{t(`deductions.states.${deduction.state}`)}</Badge>{' '}
      {deduction.is_timing && <Badge tone="info">{t('deductions.timing')}</Badge>}
    </>
  );
}

/** Amazon's own code for why, in words; one that we do not know stays as Amazon writes it. */
export function Cause({ code }: { code: string }) {
  const { t } = useTranslation();
  return <span>{t(`deductions.causes.${code}`, { defaultValue: code })}</span>;
}

export function About({ deduction }: { deduction: Deduction }) {
  const { t } = useTranslation();
  const { invoice_id, invoice_number, purchase_order } = deduction;
  if (invoice_number === null && purchase_order === null) return <>–</>;
  return (
    <span>
      {invoice_id !== null && <To to={`/invoices/${invoice_id}`}>{invoice_number}</To>}
      {purchase_order !== null && (
        <div>
          {t('deductions.order')}{' '}
          <To to={orderPath(purchase_order, deduction.region)}>{purchase_order}</To>
        </div>
      )}
    </span>
  );
}

function Totals() {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  const query = useResource<Rows<Deduction> & { totals: DeductionTotal[] }>('/deductions', {
    limit: 1,
  });
  const rows = query.data?.totals ?? [];
  if (rows.length === 0) return null;
  return (
    <Card flush heading={t('deductions.byKind')}>
      <Table
        label={t('deductions.byKind')}
        rows={rows}
        rowKey={(row) => row.kind + row.taken.currency}
        columns={[
          {
            key: 'kind',
            label: t('deductions.kind'),
            show: (row) => (
              <>
                <To to={`/deductions?kind=${row.kind}`}>{t(`deductions.kinds.${row.kind}`)}</To>{' '}
                {row.is_timing && <Badge tone="info">{t('deductions.timing')}</Badge>}
              </>
            ),
          },
          {
            key: 'count',
            label: t('deductions.count'),
            number: true,
            show: (row) => number(row.deductions),
          },
          {
            key: 'stillOpen',
            label: t('deductions.stillOpen'),
            number: true,
            show: (row) => number(row.still_open),
          },
          {
            key: 'taken',
            label: t('deductions.taken'),
            number: true,
            show: (row) => money(row.taken),
          },
          {
            key: 'recovered',
            label: t('deductions.recovered'),
            number: true,
            show: (row) => money(row.recovered),
          },
          {
            key: 'open',
            label: t('deductions.open'),
            number: true,
            show: (row) => money(row.open),
          },
        ]}
      />
      <div className="footer">
        <Export asked={{ path: '/deductions/kinds', query: {} }} />
      </div>
    </Card>
  );
}
