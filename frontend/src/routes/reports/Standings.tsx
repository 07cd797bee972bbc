// Each kind of report of each vendor group: the last good period, the next, and its files.
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download } from '../../api/client';
import type { Standing } from '../../api/reports';
import { Badge, Button, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Table } from '../../ui/patterns';
import { usePeriod } from './period';
import { useRequest } from './request';

export function Standings({ rows }: { rows: Standing[] }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const period = usePeriod();
  const request = useRequest();
  const file = useMutation({
    mutationFn: ({ kind, format }: { kind: string; format: string }) =>
      download(`/reports/files/${kind}?format=${format}`),
  });
  const failed = request.error ?? file.error;
  return (
    <Card heading={t('reports.standing')} flush>
      {failed && <Failure error={failed} />}
      <Table
        label={t('reports.standing')}
        rows={rows}
        rowKey={(row) => `${row.connection.id}${row.marketplace}${row.kind}`}
        columns={[
          {
            key: 'kind',
            label: t('reports.report'),
            show: (row) => (
              <div>
                <div>{t(`reportKinds.${row.kind}`, { defaultValue: row.kind })}</div>
                <div className="subdued">
                  {row.connection.name} · {row.marketplace}
                </div>
              </div>
            ),
          },
          {
            key: 'good',
            label: t('reports.lastGood'),
            show: (row) =>
              row.last_good ? (
                <div>
                  <div>{period(row.period, row.last_good)}</div>
                  <div className="subdued">
                    {row.last_good.state === 'empty'
                      ? t('reports.noData')
                      : t('reports.rows', {
                          count: row.last_good.rows_kept,
                          shown: number(row.last_good.rows_kept),
                        })}
                  </div>
                </div>
              ) : (
                t('common.never')
              ),
          },
          {
            key: 'state',
            label: t('reports.state'),
            show: (row) => <Stands row={row} />,
          },
          { key: 'next', label: t('reports.next'), show: (row) => time(row.next_at) },
          {
            key: 'do',
            label: '',
            show: (row) => (
              <div className="buttons line">
                <Button
                  busy={request.isPending && request.variables.of === row}
                  onClick={() => request.mutate({ of: row })}
                >
                  {t('reports.request')}
                </Button>
                {row.last_good &&
                  ['csv', 'xlsx'].map((format) => (
                    <Button
                      key={format}
                      busy={
                        file.isPending &&
                        file.variables.kind === row.kind &&
                        file.variables.format === format
                      }
                      onClick={() => file.mutate({ kind: row.kind, format })}
                    >
                      {format.toUpperCase()}
                    </Button>
                  ))}
              </div>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Stands({ row }: { row: Standing }) {
  const { t } = useTranslation();
  return (
    <span>
      {row.missing.length > 0 ? (
        <Badge tone="critical">{t('reports.gaps', { count: row.missing.length })}</Badge>
      ) : (
        row.last_good && <Badge tone="success">{t('reports.complete')}</Badge>
      )}{' '}
      {row.under_way > 0 && (
        <Badge tone="info">{t('reports.underWay', { count: row.under_way })}</Badge>
      )}
    </span>
  );
}
