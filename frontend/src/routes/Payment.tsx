// One payment of Amazon's: what it is made of, kind by kind and line by line.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { BankLine } from '../api/bank';
import { send } from '../api/client';
import type { RemittanceDetail } from '../api/payments';
import { usePages, useResource } from '../api/queries';
import { Badge, Banner, Button, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Figures, Loaded, Table } from '../ui/patterns';
import { Lines as BankRows } from './BankLines';
import { PaymentStatus } from './Payments';
import { Lines } from './payment/Lines';

export default function Payment() {
  const { t } = useTranslation();
  const { region, id } = useParams();
  const query = useResource<RemittanceDetail>(
    `/remittances/${region}/${encodeURIComponent(id ?? '')}`,
  );
  return (
    <Loaded query={query}>
      {(payment) => (
        <Page
          heading={`${t('payments.payment')} ${payment.number ?? payment.payment_id}`}
          back={{ to: '/invoices/payments', label: t('payments.title') }}
          action={<PaymentStatus status={payment.status} />}
        >
          <Sums payment={payment} />
          <Payee key={payment.payees.join()} payment={payment} />
          <InBank payment={payment} />
          <Witnesses payment={payment} />
          <Kinds payment={payment} />
          <Lines payment={payment} />
        </Page>
      )}
    </Loaded>
  );
}

function Sums({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const { number, money, day, time } = useFormat();
  return (
    <Card>
      {!payment.adds_up && (
        <Banner tone="critical" heading={t('payments.doesNotAddUp')}>
          {payment.difference && t('payments.lacks', { amount: money(payment.difference) })}{' '}
          {payment.stated_lines !== null &&
            payment.stated_lines !== payment.lines &&
            t('payments.linesLack', {
              stated: number(payment.stated_lines),
              read: number(payment.lines),
            })}
        </Banner>
      )}
      <Figures
        figures={[
          { label: t('payments.amount'), value: money(payment.amount) },
          ...(payment.invoice_amount
            ? [{ label: t('payments.inInvoiceCurrency'), value: money(payment.invoice_amount) }]
            : []),
          ...(payment.exchange_rate
            ? [{ label: t('payments.exchangeRate'), value: payment.exchange_rate }]
            : []),
          { label: t('payments.paidOn'), value: day(payment.paid_at) },
          { label: t('payments.method'), value: payment.method ?? '–' },
          { label: t('payments.vendorCodes'), value: payment.vendor_codes.join(', ') || '–' },
          { label: t('payments.source'), value: t(`payments.sources.${payment.source}`) },
          { label: t('payments.readAt'), value: time(payment.read_at) },
        ]}
      />
      {payment.message_id !== null && (
        <p>
          <To to={`/activity/${payment.message_id}`}>{t('payments.asAmazonSaid')}</To>
        </p>
      )}
      {payment.import_id !== null && (
        <p>
          <To to={`/purchase-orders/files/${payment.import_id}`}>{t('payments.asFileSaid')}</To>
        </p>
      )}
    </Card>
  );
}

/** Whose it is, and by what that is known; a person's word stands above everything else. */
function Payee({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [payee, setPayee] = useState(payment.payees.length === 1 ? payment.payees[0] : '');
  const say = useMutation({
    mutationFn: () =>
      send(
        'PUT',
        `/remittances/${payment.region}/${encodeURIComponent(payment.payment_id)}/payee`,
        {
          payee,
        },
      ),
    onSettled: () => client.invalidateQueries(),
  });
  if (payment.known_payees.length === 0) return null;
  return (
    <Card heading={t('payments.payee')}>
      {payment.payee_how === null ? (
        <Banner tone="warning" heading={t('payments.payeeUnknown')}>
          {t('payments.payeeUnknownWhat')}
        </Banner>
      ) : (
        <p>
          {payment.payees.join(', ')}{' '}
          <span className="subdued">{t(`payments.payeeHow.${payment.payee_how}`)}</span>
        </p>
      )}
      {say.error && <Failure error={say.error} />}
      {payment.known_payees.length > 1 && (
        <div className="filters top">
          <Select
            label={t('payments.payee')}
            value={payee ?? ''}
            onChange={setPayee}
            options={[
              { value: '', label: '–' },
              ...payment.known_payees.map((one) => ({ value: one, label: one })),
            ]}
          />
          <Button busy={say.isPending} disabled={!payee} onClick={() => say.mutate()}>
            {t('payments.sayPayee')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function InBank({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const query = usePages<BankLine>('/bank-lines', {
    region: payment.region,
    payment_id: payment.payment_id,
  });
  return (
    <Card flush heading={t('bank.inBank')}>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length > 0) return <BankRows rows={rows} />;
          return (
            <Empty>
              {t('bank.notInBank')}{' '}
              <To to="/invoices/payments/bank?state=open">{t('bank.look')}</To>
            </Empty>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Witnesses({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  if (payment.witnesses.length === 0) return null;
  return (
    <Card flush heading={t('payments.witnesses')}>
      <p className="subdued padded">{t('payments.witnessesWhat')}</p>
      <Table
        label={t('payments.witnesses')}
        rows={payment.witnesses}
        rowKey={(one) => one.import_id}
        columns={[
          {
            key: 'source',
            label: t('payments.source'),
            show: (one) => t(`payments.sources.${one.source}`),
          },
          {
            key: 'file',
            label: t('payments.file'),
            show: (one) => <To to={`/purchase-orders/files/${one.import_id}`}>{one.file}</To>,
          },
          { key: 'at', label: t('payments.saidAt'), show: (one) => time(one.stated_at) },
          {
            key: 'comparison',
            label: t('payments.comparison'),
            show: (one) =>
              one.differences.length === 0 ? (
                <Badge tone="success">{t('payments.agrees')}</Badge>
              ) : (
                one.differences.map((few) => (
                  <div key={few.line + few.field}>
                    {t('payments.difference', {
                      line: few.line && `${few.line}, `,
                      field: t(`files.fields.${few.field}`),
                      counted: few.counted ?? '–',
                      witness: few.witness ?? '–',
                    })}
                  </div>
                ))
              ),
          },
        ]}
      />
    </Card>
  );
}

function Kinds({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  return (
    <Card flush heading={t('payments.byKind')}>
      <Table
        label={t('payments.byKind')}
        rows={payment.by_kind}
        rowKey={(one) => one.kind + one.paid.currency}
        columns={[
          {
            key: 'kind',
            label: t('payments.kind'),
            show: (one) => t(`payments.kinds.${one.kind}`),
          },
          {
            key: 'lines',
            label: t('payments.lines'),
            number: true,
            show: (one) => number(one.lines),
          },
          {
            key: 'paid',
            label: t('payments.paid'),
            number: true,
            show: (one) => money(one.paid),
          },
        ]}
      />
    </Card>
  );
}
