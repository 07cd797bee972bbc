// One dispute: its clock, its truck, its papers, its words, and what came of it.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { addressOf } from '../api/deductions';
import type { DisputeDetail } from '../api/disputes';
import { useResource } from '../api/queries';
import { useWho } from '../shell/session';
import { Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Figures, Loaded, Table } from '../ui/patterns';
import { DisputeState } from './Disputes';
import { ClockFigures } from './disputes/ClockFigures';
import { CaseText, Filing } from './disputes/Filing';
import { NettingCard } from './disputes/NettingCard';
import { PackCard } from './disputes/PackCard';
import { ReadinessCard } from './disputes/Readiness';
import { BringEvidence } from './evidence/BringEvidence';
import { EvidenceTable } from './evidence/EvidenceTable';

export default function Dispute() {
  const { t } = useTranslation();
  const { id } = useParams();
  const query = useResource<DisputeDetail>(`/disputes/${id}`);
  return (
    <Loaded query={query}>
      {(one) => (
        <Page
          heading={`${t('disputes.dispute')} ${one.case_number ?? one.reference}`}
          back={{ to: '/disputes', label: t('disputes.title') }}
          action={<DisputeState dispute={one} />}
        >
          <Sums dispute={one} />
          {one.standing.clock && (
            <Card heading={t('disputes.clock')}>
              <ClockFigures clock={one.standing.clock} attemptsLeft={one.standing.attempts_left} />
            </Card>
          )}
          {one.netting && <NettingCard netting={one.netting} />}
          <ReadinessCard standing={one.standing} />
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
              ...(one.standing.deduction.invoice_number
                ? { invoice: one.standing.deduction.invoice_number }
                : {}),
              ...(one.standing.deduction.purchase_order
                ? { order: one.standing.deduction.purchase_order }
                : {}),
            }}
          />
          <PackCard disputeId={one.dispute_id} />
          <CaseText texts={one.case_text} />
          <Filing key={one.state} dispute={one} />
          <History dispute={one} />
        </Page>
      )}
    </Loaded>
  );
}

function Sums({ dispute }: { dispute: DisputeDetail }) {
  const { t } = useTranslation();
  const { money, date, number } = useFormat();
  const { deduction, expected, next_action } = dispute.standing;
  return (
    <Card>
      <Figures
        figures={[
          {
            label: t('deductions.reference'),
            value: (
              <To to={addressOf(deduction)}>
                {t(`deductions.kinds.${deduction.kind}`)} {deduction.reference}
              </To>
            ),
          },
          { label: t('disputes.askedBack'), value: money(dispute.amount) },
          { label: t('deductions.recovered'), value: money(dispute.recovered) },
          { label: t('disputes.next'), value: t(`disputes.nexts.${next_action}`) },
          {
            label: t('disputes.expected'),
            value: (
              <span>
                {money(expected.amount)}
                <div className="subdued">
                  {t('disputes.expectedFrom', {
                    share: number(Math.round(Number(expected.share) * 100)),
                    ended: number(expected.ended),
                  })}{' '}
                  {!expected.verified && `(${t('disputes.unverified')})`}
                </div>
              </span>
            ),
          },
          { label: t('disputes.filedOn'), value: date(dispute.filed_at) },
          { label: t('disputes.answerBy'), value: date(dispute.answer_by) },
        ]}
      />
    </Card>
  );
}

function History({ dispute }: { dispute: DisputeDetail }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const who = useWho();
  return (
    <Card flush heading={t('disputes.history')}>
      <Table
        label={t('disputes.history')}
        rows={dispute.history}
        rowKey={(one) => one.at + one.event}
        columns={[
          { key: 'at', label: t('disputes.at'), show: (one) => time(one.at) },
          {
            key: 'event',
            label: t('disputes.event'),
            show: (one) => t(`disputes.events.${one.event}`),
          },
          {
            key: 'by',
            label: t('disputes.by'),
            show: (one) => t(`disputes.bys.${one.by}`, { defaultValue: who(one.by) }),
          },
          {
            key: 'more',
            label: '',
            show: (one) => one.case ?? one.recovered ?? '',
          },
        ]}
      />
    </Card>
  );
}
