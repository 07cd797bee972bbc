// What the rules would have answered in the last 90 days, beside what was answered then.
import { useTranslation } from 'react-i18next';
import type { Trial, TriedOrder } from '../../api/answering';
import { Badge, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Figures, Table } from '../../ui/patterns';
import { orderPath } from '../orderPath';

export function Tried({ trial }: { trial: Trial }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  if (trial.orders.length === 0)
    return (
      <Card heading={t('rules.tried')}>
        <Empty>{t('rules.nothingToTry')}</Empty>
      </Card>
    );
  return (
    <Card heading={t('rules.tried')} flush>
      <div className="padded">
        <Figures
          figures={[
            ...(['in_full', 'as_held', 'ask'] as const).map((one) => ({
              label: t(`rules.answers.${one}`),
              value: number(trial.answers[one] ?? 0),
            })),
            { label: t('rules.differing'), value: number(trial.differing) },
          ]}
        />
        <p className="subdued">{t('rules.triedHint')}</p>
      </div>
      <Table<TriedOrder>
        label={t('rules.tried')}
        rows={trial.orders}
        rowKey={(row) => row.region + row.number}
        columns={[
          {
            key: 'number',
            label: t('orders.number'),
            show: (row) => <To to={orderPath(row.number, row.region)}>{row.number}</To>,
          },
          { key: 'at', label: t('rules.ordered'), show: (row) => time(row.ordered_at) },
          {
            key: 'answer',
            label: t('rules.answer'),
            show: (row) => (
              <>
                <Badge tone={row.answer === 'ask' ? 'neutral' : 'success'}>
                  {t(`rules.answers.${row.answer}`)}
                </Badge>{' '}
                <span className="subdued">{row.rule ?? t(`rules.because.${row.because}`)}</span>
              </>
            ),
          },
          {
            key: 'units',
            label: t('orders.ordered'),
            number: true,
            show: (row) => number(row.ordered),
          },
          {
            key: 'rule',
            label: t('rules.byRule'),
            number: true,
            show: (row) =>
              row.answer === 'ask' ? '–' : `${number(row.accept)} / ${number(row.reject)}`,
          },
          {
            key: 'then',
            label: t('rules.then'),
            number: true,
            show: (row) =>
              row.accepted_then + row.backordered_then + row.rejected_then === 0 ? (
                <span className="subdued">{t('rules.notAnswered')}</span>
              ) : (
                <span className={row.differs ? 'negative' : ''}>
                  {number(row.accepted_then)} / {number(row.rejected_then)}
                  {row.backordered_then > 0 && (
                    <div className="subdued">
                      {t('rules.backorderedThen', { units: number(row.backordered_then) })}
                    </div>
                  )}
                </span>
              ),
          },
        ]}
      />
    </Card>
  );
}
