// Periods without a whole report: Amazon's own reason, and what to do about it.
import { useTranslation } from 'react-i18next';
import type { MissingReport, Standing } from '../../api/reports';
import { Badge, Button, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Table } from '../../ui/patterns';
import { usePeriod } from './period';
import { useRequest } from './request';

interface Gap extends MissingReport {
  of: Standing;
}

const SHOWN = 20;

/** Amazon has made it, but its document did not come whole: neither is it in a queue any more. */
function stateOf(gap: MissingReport) {
  if (gap.cause_code === 'document' && gap.state !== 'failed') return 'unread';
  return gap.state ?? 'none';
}

export function Missing({ rows }: { rows: Standing[] }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const period = usePeriod();
  const request = useRequest();
  const gaps: Gap[] = rows.flatMap((of) => of.missing.map((one) => ({ ...one, of })));
  if (gaps.length === 0) return null;
  return (
    <Card heading={t('reports.missing', { count: gaps.length })} flush>
      {request.error && <Failure error={request.error} />}
      <Table
        label={t('reports.missing', { count: gaps.length })}
        rows={gaps.slice(0, SHOWN)}
        rowKey={(row) => row.of.kind + row.of.marketplace + row.of.connection.id + row.starts_at}
        columns={[
          {
            key: 'kind',
            label: t('reports.report'),
            show: (row) => (
              <div>
                <div>{t(`reportKinds.${row.of.kind}`, { defaultValue: row.of.kind })}</div>
                <div className="subdued">
                  {row.of.connection.name} · {row.of.marketplace}
                </div>
              </div>
            ),
          },
          {
            key: 'period',
            label: t('reports.period'),
            show: (row) => period(row.of.period, row),
          },
          {
            key: 'state',
            label: t('reports.state'),
            show: (row) => (
              <Badge tone={row.next_action === 'wait' ? 'warning' : 'critical'}>
                {t(`reports.states.${stateOf(row)}`)}
              </Badge>
            ),
          },
          {
            key: 'cause',
            label: t('reports.cause'),
            show: (row) => <span className="wrap">{row.cause ?? t('reports.noCause')}</span>,
          },
          {
            key: 'next',
            label: t('reports.whatNext'),
            show: (row) =>
              row.next_action === 'ask_again' ? (
                <Button
                  busy={request.isPending && request.variables.starts_at === row.starts_at}
                  onClick={() => request.mutate({ of: row.of, starts_at: row.starts_at })}
                >
                  {t('reports.askAgain')}
                </Button>
              ) : (
                <span>
                  {t(`reports.nexts.${row.next_action}`)}{' '}
                  {row.next_action === 'wait' && row.due_at && (
                    <span className="subdued">{time(row.due_at)}</span>
                  )}
                </span>
              ),
          },
        ]}
      />
      {gaps.length > SHOWN && (
        <div className="footer subdued">{t('reports.andMore', { count: gaps.length - SHOWN })}</div>
      )}
    </Card>
  );
}
