// What is worth asking back, and what came of what was asked.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { send } from '../api/client';
import { addressOf, DEDUCTION_KINDS } from '../api/deductions';
import {
  type Attempt,
  type Candidate,
  DISPUTE_STATES,
  type Dispute,
  type DisputeDetail,
} from '../api/disputes';
import { usePages, useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { useFilters } from '../shell/filters';
import { Badge, Button, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Listed, Narrow, Table } from '../ui/patterns';
import { Cause } from './Deductions';
import { ClockLine } from './disputes/ClockFigures';

const TONES = {
  draft: 'warning',
  filed: 'info',
  repaid: 'success',
  repaid_in_part: 'success',
  denied: 'critical',
  withdrawn: 'neutral',
} as const;

export default function Disputes() {
  const { t } = useTranslation();
  return (
    <Page
      heading={t('disputes.title')}
      action={
        <>
          <To to="/deductions">{t('deductions.title')}</To> ·{' '}
          <To to="/evidence">{t('evidence.title')}</To>
        </>
      }
    >
      <Candidates />
      <Made />
    </Page>
  );
}

function Candidates() {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  const [filters, change] = useFilters(['currency', 'kind']);
  const query = usePages<Candidate>('/disputes/candidates', filters, true);
  const first = useResource<Rows<Candidate> & { currency: string; currencies: string[] }>(
    '/disputes/candidates',
    { ...filters, limit: 1 },
  );
  const currencies = first.data?.currencies ?? [];
  const draft = useDraft();
  return (
    <Card flush heading={t('disputes.worth')}>
      <p className="subdued padded">{t('disputes.what')}</p>
      {draft.error && <Failure error={draft.error} />}
      <div className="filters">
        {currencies.length > 1 && (
          <Select
            label={t('disputes.currency')}
            value={filters.currency || (first.data?.currency ?? '')}
            onChange={(currency) => change({ currency })}
            options={currencies.map((one) => ({ value: one, label: one }))}
          />
        )}
        <Narrow
          label={t('deductions.kind')}
          value={filters.kind}
          values={DEDUCTION_KINDS}
          word={(one) => t(`deductions.kinds.${one}`)}
          onChange={(kind) => change({ kind })}
        />
      </div>
      <Listed query={query} empty={t('disputes.nothingOpen')}>
        {(rows) => (
          <Table
            label={t('disputes.worth')}
            rows={rows}
            rowKey={(row) => addressOf(row.deduction)}
            columns={[
              {
                key: 'deduction',
                label: t('deductions.reference'),
                show: (row) => (
                  <span>
                    <To to={addressOf(row.deduction)}>{row.deduction.reference}</To>
                    <div className="subdued">
                      {t(`deductions.kinds.${row.deduction.kind}`)}
                      {row.deduction.cause && (
                        <>
                          {' · '}
                          <Cause code={row.deduction.cause} />
                        </>
                      )}
                    </div>
                  </span>
                ),
              },
              {
                key: 'open',
                label: t('deductions.open'),
                number: true,
                show: (row) => money(row.deduction.open),
              },
              {
                key: 'inQuestion',
                label: t('disputes.inQuestion'),
                number: true,
                show: (row) => money(row.in_question),
              },
              {
                key: 'expected',
                label: t('disputes.expected'),
                number: true,
                show: (row) => money(row.expected.amount),
              },
              {
                key: 'ready',
                label: t('disputes.readiness'),
                number: true,
                show: (row) => `${number(row.readiness.score)} %`,
              },
              {
                key: 'clock',
                label: t('disputes.clock'),
                show: (row) => <ClockLine clock={row.clock} />,
              },
              {
                key: 'next',
                label: t('disputes.next'),
                show: (row) => (
                  <Next row={row} busy={draft.isPending} draft={() => draft.mutate(row)} />
                ),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}

function Next(props: { row: Candidate; busy: boolean; draft: () => void }) {
  const { t } = useTranslation();
  const { row } = props;
  const newest = row.attempts.at(-1);
  const isUnderWay = newest && (newest.state === 'draft' || newest.state === 'filed');
  const mayDraft =
    !isUnderWay &&
    row.next_action !== 'agreed' &&
    row.attempts_left > 0 &&
    row.clock?.state !== 'closed';
  return (
    <span>
      <Badge tone={row.next_action === 'closed' ? 'critical' : 'info'}>
        {t(`disputes.nexts.${row.next_action}`)}
      </Badge>
      {row.next_action === 'chase' && (
        <div className="subdued">
          {row.readiness.papers
            .filter((one) => one.needed && !one.present)
            .map(
              (one) =>
                `${t(`evidence.types.${one.type}`)} (${t(`disputes.holders.${one.holder}`)})`,
            )
            .join(', ')}
        </div>
      )}
      {newest && (
        <div>
          <To to={`/disputes/${newest.dispute_id}`}>
            {newest.case_number ?? t('disputes.states.draft')}
          </To>
        </div>
      )}
      {mayDraft && (
        <div>
          <Button busy={props.busy} onClick={props.draft}>
            {t('disputes.draft')}
          </Button>
        </div>
      )}
    </span>
  );
}

/** Begins a dispute over all that is open, and shows it. */
function useDraft() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ deduction }: Candidate) =>
      send<DisputeDetail>('POST', '/disputes', {
        region: deduction.region,
        kind: deduction.kind,
        reference: deduction.reference,
        currency: deduction.taken.currency,
      }),
    onSuccess: (made) => navigate(`/disputes/${made.dispute_id}`),
    onSettled: () => queries.invalidateQueries(),
  });
}

function Made() {
  const { t } = useTranslation();
  const { money, date } = useFormat();
  const [filters, change] = useFilters(['state']);
  const query = usePages<Dispute>('/disputes', filters, true);
  return (
    <Card flush heading={t('disputes.made')}>
      <div className="filters">
        <Narrow
          label={t('orders.state')}
          value={filters.state}
          values={DISPUTE_STATES}
          word={(one) => t(`disputes.states.${one}`)}
          onChange={(state) => change({ state })}
        />
      </div>
      <Listed query={query} empty={t('disputes.none')}>
        {(rows) => (
          <Table
            label={t('disputes.made')}
            rows={rows}
            rowKey={(row) => row.dispute_id}
            columns={[
              {
                key: 'case',
                label: t('disputes.caseNumber'),
                show: (row) => (
                  <To to={`/disputes/${row.dispute_id}`}>
                    {row.case_number ?? t('disputes.states.draft')}
                  </To>
                ),
              },
              {
                key: 'deduction',
                label: t('deductions.reference'),
                show: (row) => `${t(`deductions.kinds.${row.kind}`)} ${row.reference}`,
              },
              {
                key: 'state',
                label: t('orders.state'),
                show: (row) => <DisputeState dispute={row} />,
              },
              { key: 'filed', label: t('disputes.filedOn'), show: (row) => date(row.filed_at) },
              {
                key: 'answer',
                label: t('disputes.answerBy'),
                show: (row) => date(row.answer_by),
              },
              {
                key: 'amount',
                label: t('disputes.askedBack'),
                number: true,
                show: (row) => money(row.amount),
              },
              {
                key: 'recovered',
                label: t('deductions.recovered'),
                number: true,
                show: (row) => money(row.recovered),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}

export function DisputeState({ dispute }: { dispute: Attempt }) {
  const { t } = useTranslation();
  return (
    <>
      <Badge tone={TONES[dispute.state]}>{t(`disputes.states.${dispute.state}`)}</Badge>{' '}
      {dispute.attempt > 1 && <Badge>{t('disputes.attempt', { number: dispute.attempt })}</Badge>}
    </>
  );
}
