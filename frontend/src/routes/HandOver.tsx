// A paper that no API carries: what a person has to do with it, and their word that it is done.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import { toast } from '../shell/appBridge';
import { Banner, Button } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure } from '../ui/patterns';

export type Kind = 'acknowledgement' | 'shipment' | 'invoice';

interface Paper {
  waits_for_a_person: boolean;
  handed_over_how: 'hand' | 'file' | null;
  handed_over_by: string | null;
  sent_at: string | null;
}

export function HandOver({ kind, path, paper }: { kind: Kind; path: string; paper: Paper }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  const queries = useQueryClient();
  const say = useMutation({
    mutationFn: (how: 'hand' | 'file') => send('POST', path, { how }),
    onSuccess: () => toast(t('handOver.done')),
    onSettled: () => queries.invalidateQueries(),
  });
  if (paper.handed_over_how) {
    return (
      <p className="subdued">
        {t(`handOver.was.${paper.handed_over_how}`, {
          who: paper.handed_over_by ?? '',
          when: time(paper.sent_at),
        })}
      </p>
    );
  }
  if (!paper.waits_for_a_person) return null;
  return (
    <Banner tone="warning" heading={t('handOver.heading')}>
      {say.error && <Failure error={say.error} />}
      <p>{t(`handOver.next.${kind}`)}</p>
      <div className="buttons">
        <Button primary busy={say.isPending} onClick={() => say.mutate('hand')}>
          {t('handOver.hand')}
        </Button>{' '}
        <Button busy={say.isPending} onClick={() => say.mutate('file')}>
          {t('handOver.file')}
        </Button>
      </div>
    </Banner>
  );
}
