// Whose a discrepancy is, and what is decided of it.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, send } from '../../api/client';
import type { DiscrepancyDetail } from '../../api/discrepancies';
import { toast } from '../../shell/appBridge';
import { Banner, Button, Card, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

const POSSIBLE: Record<string, string[]> = {
  open: ['in_progress', 'left', 'written_off'],
  in_progress: ['open', 'left', 'written_off'],
  left: ['in_progress', 'open', 'written_off'],
  written_off: ['open'],
};

export function Decide({ found, changed }: { found: DiscrepancyDetail; changed: () => unknown }) {
  const { t } = useTranslation();
  const [owner, setOwner] = useState(found.owner ?? '');
  const [note, setNote] = useState(found.note ?? '');
  const [reason, setReason] = useState('');
  const path = `/discrepancies/${found.id}`;
  const keep = useMutation({
    mutationFn: () => send('PUT', path, { owner: owner || null, note: note || null }),
    onSuccess: () => toast(t('common.saved')),
    onSettled: changed,
  });
  const decide = useMutation({
    mutationFn: (status: string) =>
      send('POST', `${path}/status`, {
        status,
        reason: reason || null,
        amount: found.kind === 'count' ? null : (found.value?.amount ?? null),
      }),
    onSuccess: () => toast(t('common.saved')),
    onSettled: changed,
  });
  const stale = decide.error instanceof Problem && decide.error.body.code === 'discrepancy_changed';
  const owed = found.kind !== 'count' && Number(found.value?.amount ?? 0) > 0;
  const ways = (POSSIBLE[found.status] ?? []).filter((one) => one !== 'written_off' || owed);
  return (
    <Card heading={t('queue.decide')}>
      {stale && <Banner tone="warning" heading={t('discrepancies.changed')} />}
      {decide.error && !stale && <Failure error={decide.error} />}
      {keep.error && <Failure error={keep.error} />}
      <div className="filters">
        <TextField label={t('queue.owner')} value={owner} onChange={setOwner} />
        <TextField label={t('discrepancies.note')} value={note} onChange={setNote} />
        <div>
          <Button busy={keep.isPending} onClick={() => keep.mutate()}>
            {t('common.save')}
          </Button>
        </div>
      </div>
      {ways.length > 0 && (
        <>
          <TextField
            label={t('queue.reason')}
            details={t('queue.reasonHint')}
            value={reason}
            onChange={setReason}
          />
          <div className="footer">
            {ways.map((status) => (
              <span key={status}>
                <Button
                  primary={status === 'in_progress'}
                  busy={decide.isPending && decide.variables === status}
                  disabled={decide.isPending || (status === 'written_off' && !reason.trim())}
                  onClick={() => decide.mutate(status)}
                >
                  {t(`queue.actions.${status}`)}
                </Button>{' '}
              </span>
            ))}
          </div>
        </>
      )}
      <p className="subdued">{t('queue.decideHint')}</p>
    </Card>
  );
}
