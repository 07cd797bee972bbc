// Papers in a table: what each is, what it is about, and the paper itself.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download, send } from '../../api/client';
import type { Evidence } from '../../api/evidence';
import { Badge, Button, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Table } from '../../ui/patterns';
import { orderPath } from '../orderPath';

export function EvidenceTable({ rows }: { rows: Evidence[] }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const queries = useQueryClient();
  const opened = useMutation({
    mutationFn: (id: number) => download(`/evidence/${id}/content`),
  });
  const removed = useMutation({
    mutationFn: (id: number) => send('DELETE', `/evidence/${id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  const error = opened.error ?? removed.error;
  return (
    <>
      {error && <Failure error={error} />}
      <Table
        label={t('evidence.title')}
        rows={rows}
        rowKey={(row) => row.evidence_id}
        columns={[
          {
            key: 'name',
            label: t('evidence.name'),
            show: (row) => (
              <span>
                {row.name}
                {row.text && <div className="subdued">{row.text}</div>}
                <div className="subdued" title={row.sha256}>
                  {t('evidence.size', { size: number(Math.ceil(row.size / 1024)) })} ·{' '}
                  {row.sha256.slice(0, 12)}
                </div>
              </span>
            ),
          },
          {
            key: 'type',
            label: t('evidence.type'),
            show: (row) => (
              <>
                {t(`evidence.types.${row.type}`)}{' '}
                {row.is_own && <Badge tone="info">{t('evidence.own')}</Badge>}
              </>
            ),
          },
          { key: 'about', label: t('evidence.about'), show: (row) => <AboutPaper paper={row} /> },
          { key: 'added', label: t('evidence.added'), show: (row) => time(row.added_at) },
          {
            key: 'actions',
            label: '',
            show: (row) => (
              <>
                <Button
                  busy={opened.isPending && opened.variables === row.evidence_id}
                  onClick={() => opened.mutate(row.evidence_id)}
                >
                  {t('evidence.open')}
                </Button>{' '}
                {!row.is_own && (
                  <Button
                    busy={removed.isPending && removed.variables === row.evidence_id}
                    onClick={() => removed.mutate(row.evidence_id)}
                  >
                    {t('evidence.remove')}
                  </Button>
                )}
              </>
            ),
          },
        ]}
      />
    </>
  );
}

function AboutPaper({ paper }: { paper: Evidence }) {
  const { t } = useTranslation();
  return (
    <>
      {paper.purchase_order && (
        <div>
          {t('evidence.order')}{' '}
          <To to={orderPath(paper.purchase_order, paper.region)}>{paper.purchase_order}</To>
        </div>
      )}
      {paper.shipment && (
        <div>
          {t('evidence.shipment')} <To to={`/shipments/${paper.shipment}`}>{paper.shipment}</To>
        </div>
      )}
      {paper.invoice_number && (
        <div>
          {t('evidence.invoice')} {paper.invoice_number}
        </div>
      )}
      {paper.carrier_reference && (
        <div>
          {t('evidence.carrier_reference')} {paper.carrier_reference}
        </div>
      )}
    </>
  );
}
