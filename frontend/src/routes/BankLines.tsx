// Bank lines from Amazon: which payment each is the money of, and what is still to be said.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type BankLine, LINE_STATES, type TiedPayment } from '../api/bank';
import { send } from '../api/client';
import type { Remittance } from '../api/payments';
import { usePages, useResource } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Choose } from '../ui/Choose';
import { Badge, Button, Card, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Listed, Table } from '../ui/patterns';
import { SaveForm } from '../ui/SaveForm';

const TONES = {
  open: 'warning',
  reference: 'success',
  confirmed: 'success',
  set_aside: 'neutral',
} as const;

export default function BankLines() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['state']);
  const state = filters.state || 'all';
  const query = usePages<BankLine>('/bank-lines', { state }, true);
  return (
    <Page
      heading={t('bank.title')}
      back={{ to: '/invoices/payments', label: t('payments.title') }}
      action={<To to="/purchase-orders/files?kind=bank_lines">{t('bank.bring')}</To>}
    >
      <Card flush>
        <p className="subdued padded">{t('bank.what')}</p>
        <div className="filters padded">
          <Select
            label={t('orders.state')}
            value={state}
            onChange={(value) => change({ state: value === 'all' ? null : value })}
            options={LINE_STATES.map((one) => ({ value: one, label: t(`bank.filters.${one}`) }))}
          />
        </div>
        <Listed query={query} empty={t('bank.empty')}>
          {(rows) => <Lines rows={rows} />}
        </Listed>
      </Card>
      <Rule />
    </Page>
  );
}

export function Lines({ rows }: { rows: BankLine[] }) {
  const { t } = useTranslation();
  const { money, date } = useFormat();
  return (
    <Table
      label={t('bank.title')}
      rows={rows}
      rowKey={(row) => row.bank_line_id}
      columns={[
        { key: 'day', label: t('bank.bookedOn'), show: (row) => date(row.booked_on) },
        {
          key: 'amount',
          label: t('payments.amount'),
          number: true,
          show: (row) => money(row.amount),
        },
        {
          key: 'reference',
          label: t('bank.reference'),
          show: (row) => (
            <>
              {row.end_to_end ?? row.bank_reference ?? (row.named_numbers.join(' ') || '–')}
              <div>
                <To to={`/purchase-orders/files/${row.import_id}`}>{t('bank.statement')}</To>
              </div>
            </>
          ),
        },
        {
          key: 'state',
          label: t('orders.state'),
          show: (row) => <Badge tone={TONES[row.state]}>{t(`bank.states.${row.state}`)}</Badge>,
        },
        { key: 'payment', label: t('payments.payment'), show: (row) => <Tie line={row} /> },
      ]}
    />
  );
}

function Tie({ line }: { line: BankLine }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const deed = useMutation({
    mutationFn: ({ verb, body }: { verb: string; body?: object }) =>
      send('POST', `/bank-lines/${line.bank_line_id}/${verb}`, body),
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <>
      {deed.error && <Failure error={deed.error} />}
      {line.payment && <PaymentLink payment={line.payment} />}
      {line.suggestions.map((one) => (
        <div key={one.region + one.payment_id}>
          <PaymentLink payment={one} /> <Why payment={one} />{' '}
          <Button
            busy={deed.isPending}
            onClick={() =>
              deed.mutate({
                verb: 'confirm',
                body: { region: one.region, payment_id: one.payment_id },
              })
            }
          >
            {t('bank.confirm')}
          </Button>
        </div>
      ))}
      {line.state === 'open' && (
        <>
          {line.suggestions.length === 0 && <div className="subdued">{t('bank.nothingFits')}</div>}
          <Choose<Remittance>
            open={t('bank.other')}
            label={t('bank.findPayment')}
            path="/remittances"
            query={{ currency: line.amount.currency }}
            rowKey={(one) => one.region + one.payment_id}
            show={(one) => <Found payment={one} />}
            choose={t('bank.confirm')}
            busy={deed.isPending}
            onChoose={(one) =>
              deed.mutate({
                verb: 'confirm',
                body: { region: one.region, payment_id: one.payment_id },
              })
            }
          />{' '}
          <Button disabled={deed.isPending} onClick={() => deed.mutate({ verb: 'set-aside' })}>
            {t('bank.setAside')}
          </Button>
        </>
      )}
      {(line.state === 'confirmed' || line.state === 'set_aside') && (
        <div>
          <Button disabled={deed.isPending} onClick={() => deed.mutate({ verb: 'let-go' })}>
            {t('bank.letGo')}
          </Button>
        </div>
      )}
    </>
  );
}

function Found({ payment }: { payment: Remittance }) {
  const { t } = useTranslation();
  const { money, day } = useFormat();
  return (
    <>
      <PaymentLink payment={payment} />{' '}
      <span className="subdued">
        {t('bank.ofDay', { amount: money(payment.amount), day: day(payment.paid_at) })}
      </span>
    </>
  );
}

function PaymentLink({
  payment,
}: {
  payment: Pick<TiedPayment, 'region' | 'payment_id' | 'number'>;
}) {
  const path = `/invoices/payments/${payment.region}/${encodeURIComponent(payment.payment_id)}`;
  return <To to={path}>{payment.number ?? payment.payment_id}</To>;
}

function Why({ payment }: { payment: TiedPayment }) {
  const { t } = useTranslation();
  const { money, day } = useFormat();
  return (
    <span className="subdued">
      {t(`bank.why.${payment.why}`, {
        amount: money(payment.amount),
        day: day(payment.paid_at),
      })}
    </span>
  );
}

function Rule() {
  const query = useResource<{ not_in_bank_after_days: number | null }>('/bank-lines', {
    limit: 1,
  });
  if (!query.data) return null;
  const days = query.data.not_in_bank_after_days;
  return <Days key={days} days={days} />;
}

function Days({ days }: { days: number | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(days === null ? '' : String(days));
  const save = useMutation({
    mutationFn: () =>
      send('PUT', '/bank-lines/rules', {
        not_in_bank_after_days: typed ? Number(typed) : null,
      }),
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('bank.rule')}>
      <p className="subdued">{t('bank.ruleWhat')}</p>
      <SaveForm
        busy={save.isPending}
        onSave={() => save.mutate()}
        onDiscard={() => setTyped(days === null ? '' : String(days))}
      >
        <TextField
          label={t('bank.ruleDays')}
          value={typed}
          onChange={(value) => setTyped(value.replace(/\D/g, '').slice(0, 3))}
        />
      </SaveForm>
      {save.error && <Failure error={save.error} />}
    </Card>
  );
}
