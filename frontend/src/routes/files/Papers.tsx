// Each order of a file, and what taking the file would do with it.
import { useTranslation } from 'react-i18next';
import type { FilePreview } from '../../api/files';
import { Badge, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Table } from '../../ui/patterns';
import { orderPath } from '../orderPath';

const TONES = {
  new: 'success',
  changed: 'info',
  same: 'neutral',
  as_amazon: 'neutral',
  differs: 'warning',
  unknown: 'warning',
  witness: 'success',
  disagrees: 'critical',
  accepted: 'success',
  with_errors: 'warning',
  rejected: 'critical',
} as const;

const OF_ORDERS = ['purchase_orders', 'purchase_order_status'];

export function Papers({ found }: { found: FilePreview }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  if (found.papers.length === 0) return null;
  const rest = found.file.total - found.papers.length;
  return (
    <Card flush heading={t('files.papersTitle')}>
      <Table
        label={t('files.papersTitle')}
        rows={found.papers}
        rowKey={(paper) => paper.number}
        columns={[
          {
            key: 'number',
            label: t('files.paper'),
            show: (paper) =>
              paper.became === 'new' || !OF_ORDERS.includes(found.file.kind) ? (
                paper.number
              ) : (
                <To to={orderPath(paper.number)}>{paper.number}</To>
              ),
          },
          {
            key: 'became',
            label: t('files.becomes'),
            show: (paper) => (
              <Badge tone={TONES[paper.became]}>{t(`files.became.${paper.became}`)}</Badge>
            ),
          },
          {
            key: 'lines',
            label: t('files.lines'),
            number: true,
            show: (paper) => number(paper.lines),
          },
          found.papers.some((paper) => paper.amount)
            ? {
                key: 'amount',
                label: t('files.amount'),
                number: true,
                show: (paper) => money(paper.amount),
              }
            : {
                key: 'units',
                label: t('orders.units'),
                number: true,
                show: (paper) => number(paper.units),
              },
          {
            key: 'differences',
            label: t('files.differences'),
            show: (paper) =>
              paper.differences.length === 0
                ? '–'
                : paper.differences.map((one) => (
                    <div key={`${one.line} ${one.field}`}>
                      {t('files.difference', {
                        line: one.line || paper.number,
                        field: t(`files.fields.${one.field}`),
                        before: one.before ?? '–',
                        stated: one.stated ?? '–',
                      })}
                    </div>
                  )),
          },
        ]}
      />
      {rest > 0 && <p className="footer subdued">{t('files.morePapers', { count: rest })}</p>}
    </Card>
  );
}
