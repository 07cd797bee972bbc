// One deduction: every step with its payment, Amazon's causes, and what else the invoice lost.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import type { Claim } from '../api/claims';
import type { DeductionDetail, DeductionStep, Variance } from '../api/deductions';
import { usePages, useResource } from '../api/queries';
import { Banner, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Figures, Loaded, Table } from '../ui/patterns';
import { ClaimTable } from './Claims';
import { About, Cause, DeductionState, DeductionTable } from './Deductions';
import { BringEvidence } from './evidence/BringEvidence';
import { EvidenceTable } from './evidence/EvidenceTable';

export default function Deduction() {
  const { t } = useTranslation();
  const { region, kind, currency, '*': rest } = useParams();
  const reference = (rest ?? '').split('/').map(encodeURIComponent).join('/');
  const query = useResource<DeductionDetail>(
    `/deductions/${region}/${kind}/${currency}/${reference}`,
  );
  return (
    <Loaded query={query}>
      {(one) => (
        <Page
          heading={`${t(`deductions.kinds.${one.kind}`)} ${one.reference}`}
          back={{ to: '/deductions', label: t('deductions.title') }}
          action={<DeductionState deduction={one} />}
        >
          <Sums deduction={one} />
          <Steps deduction={one} />
          {one.variances.length > 0 && <Variances rows={one.variances} />}
          <ByExport deduction={one} />
          <Card flush heading={t('evidence.ofDeduction')}>
            {one.evidence.length === 0 ? (
              <Empty>{t('evidence.none')}</Empty>
            ) : (
              <EvidenceTable rows={one.evidence} />
            )}
          </Card>
          <BringEvidence
            about={{
              region: one.region,
              ...(one.invoice_number ? { invoice: one.invoice_number } : {}),
              ...(one.purchase_order ? { order: one.purchase_order } : {}),
            }}
          />
          {one.others.length > 0 && (
            <Card flush heading={t('deductions.others')}>
              <DeductionTable rows={one.others} />
            </Card>
          )}
        </Page>
      )}
    </Loaded>
  );
}

function ByExport({ deduction }: { deduction: DeductionDetail }) {
  const { t } = useTranslation();
  const query = usePages<Claim>('/claims', {
    region: deduction.region,
    reference: deduction.reference,
  });
  const rows = query.data?.pages.flatMap((page) => page.data) ?? [];
  if (rows.length === 0) return null;
  return (
    <Card flush heading={t('claims.ofDeduction')}>
      <ClaimTable rows={rows} />
    </Card>
  );
}

function Sums({ deduction }: { deduction: DeductionDetail }) {
  const { t } = useTranslation();
  const { money, number, time } = useFormat();
  return (
    <Card>
      {deduction.is_timing && (
        <Banner tone="info" heading={t('deductions.timing')}>
          {t(`deductions.timings.${deduction.kind}`)}
        </Banner>
      )}
      {deduction.kind === 'unknown' && (
        <Banner tone="warning" heading={t('deductions.kinds.unknown')}>
          {t('deductions.unknownHint')}
        </Banner>
      )}
      {deduction.state === 'repaid_more' && (
        <Banner tone="info" heading={t('deductions.states.repaid_more')}>
          {t('deductions.repaidMoreHint')}
        </Banner>
      )}
      <Figures
        figures={[
          { label: t('deductions.taken'), value: money(deduction.taken) },
          { label: t('deductions.recovered'), value: money(deduction.recovered) },
          { label: t('deductions.open'), value: money(deduction.open) },
          {
            label: t(
              deduction.told_by === 'books' ? 'deductions.causeByBooks' : 'deductions.cause',
            ),
            value: deduction.cause ? <Cause code={deduction.cause} /> : '–',
          },
          {
            label: t('orders.units'),
            value: deduction.units === null ? '–' : number(deduction.units),
          },
          { label: t('deductions.about'), value: <About deduction={deduction} /> },
          { label: t('deductions.since'), value: time(deduction.first_at) },
          { label: t('deductions.last'), value: time(deduction.last_at) },
        ]}
      />
    </Card>
  );
}

function Steps({ deduction }: { deduction: DeductionDetail }) {
  const { t } = useTranslation();
  const { money, date } = useFormat();
  return (
    <Card flush heading={t('deductions.steps')}>
      <Table<DeductionStep>
        label={t('deductions.steps')}
        rows={deduction.steps}
        rowKey={(step) => `${step.payment_id} ${step.position}`}
        columns={[
          { key: 'at', label: t('payments.paidOn'), show: (step) => date(step.at) },
          {
            key: 'reference',
            label: t('payments.reference'),
            show: (step) => (
              <span>
                {step.reference}
                {step.description && <div className="subdued">{step.description}</div>}
              </span>
            ),
          },
          {
            key: 'payment',
            label: t('payments.payment'),
            show: (step) => (
              <To
                to={`/invoices/payments/${deduction.region}/${encodeURIComponent(step.payment_id)}`}
              >
                {step.payment ?? step.payment_id}
              </To>
            ),
          },
          {
            key: 'paper',
            label: t('deductions.paper'),
            show: (step) =>
              step.message_id === null ? (
                '–'
              ) : (
                <To to={`/activity/${step.message_id}`}>{t('payments.asAmazonSaid')}</To>
              ),
          },
          {
            key: 'told',
            label: t('deductions.toldBy'),
            show: (step) => (step.told_by ? t(`deductions.told.${step.told_by}`) : '–'),
          },
          {
            key: 'amount',
            label: t('payments.amount'),
            number: true,
            show: (step) => money(step.amount),
          },
        ]}
      />
    </Card>
  );
}

function Variances({ rows }: { rows: Variance[] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  return (
    <Card flush heading={t('deductions.variances')}>
      <Table
        label={t('deductions.variances')}
        rows={rows}
        rowKey={(row) => `${row.purchase_order} ${row.line} ${row.type}`}
        columns={[
          {
            key: 'order',
            label: t('deductions.order'),
            show: (row) => (
              <To to={`/purchase-orders/${row.purchase_order}`}>
                {row.purchase_order} · {row.line}
              </To>
            ),
          },
          { key: 'asin', label: 'ASIN', show: (row) => row.asin ?? '–' },
          {
            key: 'type',
            label: t('deductions.kind'),
            show: (row) => t(`deductions.types.${row.type}`, { defaultValue: row.type }),
          },
          {
            key: 'causes',
            label: t('deductions.cause'),
            show: (row) =>
              row.causes.map((code) => (
                <div key={code}>
                  <Cause code={code} />
                </div>
              )),
          },
          {
            key: 'units',
            label: t('deductions.billed'),
            number: true,
            show: (row) => number(row.units),
          },
          {
            key: 'matched',
            label: t('deductions.matched'),
            number: true,
            show: (row) => (row.matched_units === null ? '–' : number(row.matched_units)),
          },
        ]}
      />
    </Card>
  );
}
