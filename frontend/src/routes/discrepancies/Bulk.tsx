// The same for many discrepancies at once: given to somebody, taken on, left or written off.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { BulkAnswer, Discrepancy } from '../../api/discrepancies';
import { useSaid } from '../../i18n/useSaid';
import { toast } from '../../shell/appBridge';
import { Banner, Button, Select, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure } from '../../ui/patterns';

const ACTIONS = ['give', 'in_progress', 'left', 'written_off', 'open'] as const;

export function Bulk(props: { chosen: Discrepancy[]; owners: string[]; done: () => void }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { money } = useFormat();
  const queries = useQueryClient();
  const [action, setAction] = useState<(typeof ACTIONS)[number]>('give');
  const [text, setText] = useState('');
  const act = useMutation({
    mutationFn: () =>
      send<BulkAnswer>('POST', '/discrepancies/bulk', {
        discrepancies: props.chosen.map((one) => ({
          id: one.id,
          amount: one.kind === 'count' ? null : (one.value?.amount ?? null),
        })),
        action,
        owner: action === 'give' ? text || null : null,
        reason: action === 'give' ? null : text || null,
      }),
    onSuccess: (answer) => {
      toast(t('queue.done', { count: answer.done.length }));
      if (answer.refused.length === 0) props.done();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const sums = new Map<string, number>();
  for (const one of props.chosen)
    if (one.value && one.kind !== 'count')
      sums.set(one.value.currency, (sums.get(one.value.currency) ?? 0) + Number(one.value.amount));
  return (
    <div className="padded">
      <p>
        {t('queue.chosen', { count: props.chosen.length })}{' '}
        {[...sums].map(([currency, amount]) => (
          <span key={currency} className="subdued">
            {money({ amount: String(amount), currency })}{' '}
          </span>
        ))}
      </p>
      {act.error && <Failure error={act.error} />}
      {act.data && act.data.refused.length > 0 && (
        <Banner tone="warning" heading={t('queue.refused', { count: act.data.refused.length })}>
          {act.data.refused.map((one) => (
            <div key={one.id}>
              {props.chosen.find((row) => row.id === one.id)?.reference ?? one.id}:{' '}
              {said(one.detail)}
            </div>
          ))}
        </Banner>
      )}
      <div className="filters">
        <Select
          label={t('queue.action')}
          value={action}
          onChange={(value) => setAction(value as typeof action)}
          options={ACTIONS.map((one) => ({ value: one, label: t(`queue.actions.${one}`) }))}
        />
        <TextField
          label={action === 'give' ? t('queue.owner') : t('queue.reason')}
          value={text}
          onChange={setText}
          {...(action === 'give' && props.owners.length > 0
            ? { details: props.owners.slice(0, 5).join(', ') }
            : {})}
        />
        <div>
          <Button
            primary
            busy={act.isPending}
            disabled={action === 'written_off' && !text.trim()}
            onClick={() => act.mutate()}
          >
            {t('queue.apply')}
          </Button>{' '}
          <Button onClick={props.done}>{t('common.cancel')}</Button>
        </div>
      </div>
    </div>
  );
}
