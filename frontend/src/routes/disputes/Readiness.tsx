// Which papers a dispute has, which it lacks, and who has those.
import { useTranslation } from 'react-i18next';
import type { Candidate } from '../../api/disputes';
import { Badge, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Table } from '../../ui/patterns';
import { Source } from './Source';

export function ReadinessCard({ standing }: { standing: Candidate }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { readiness } = standing;
  return (
    <Card flush heading={t('disputes.readinessScore', { score: number(readiness.score) })}>
      {readiness.papers.length === 0 ? (
        <Empty>{t('disputes.noPapers')}</Empty>
      ) : (
        <Table
          label={t('disputes.readiness')}
          rows={readiness.papers}
          rowKey={(one) => one.type}
          columns={[
            {
              key: 'type',
              label: t('evidence.type'),
              show: (one) => (
                <>
                  {t(`evidence.types.${one.type}`)}{' '}
                  {one.needed && <Badge>{t('disputes.needed')}</Badge>}
                </>
              ),
            },
            {
              key: 'present',
              label: t('disputes.here'),
              show: (one) => (
                <Badge tone={one.present ? 'success' : one.needed ? 'critical' : 'neutral'}>
                  {t(one.present ? 'disputes.present' : 'disputes.missing')}
                </Badge>
              ),
            },
            {
              key: 'holder',
              label: t('disputes.askWhom'),
              show: (one) => (one.present ? '–' : t(`disputes.holders.${one.holder}`)),
            },
          ]}
        />
      )}
      <p className="subdued padded">
        {readiness.freight && t(`disputes.freight.${readiness.freight}`)}{' '}
        {readiness.source && <Source name={readiness.source} />}{' '}
        {!readiness.verified && `(${t('disputes.unverified')})`}
      </p>
    </Card>
  );
}
