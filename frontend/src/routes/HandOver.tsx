// A paper that no API carries: what a person has to do with it, and their word that it is done.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download, send } from '../api/client';
import type { X12File } from '../api/x12';
import { toast } from '../shell/appBridge';
import { useWho } from '../shell/session';
import { Banner, Button, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure } from '../ui/patterns';

export type Kind = 'acknowledgement' | 'shipment' | 'invoice';

interface Paper {
  waits_for_a_person: boolean;
  handed_over_how: 'hand' | 'file' | null;
  handed_over_by: string | null;
  sent_at: string | null;
}

const TYPES = { acknowledgement: '855', shipment: '856', invoice: '810' } as const;

export function HandOver(props: {
  kind: Kind;
  path: string;
  region: string;
  reference: string;
  paper: Paper;
}) {
  const { kind, path, paper, region, reference } = props;
  const { t } = useTranslation();
  const who = useWho();
  const { time } = useFormat();
  const queries = useQueryClient();
  const say = useMutation({
    mutationFn: (how: 'hand' | 'file') => send('POST', path, { how }),
    onSuccess: () => toast(t('handOver.done')),
    onSettled: () => queries.invalidateQueries(),
  });
  const type = TYPES[kind];
  const write = useMutation({
    mutationFn: async () => {
      const file = await send<X12File>('POST', '/x12/files', { type, region, reference });
      await download(`/x12/files/${file.file_id}/content`);
    },
  });
  if (paper.handed_over_how) {
    return (
      <p className="subdued">
        {t(`handOver.was.${paper.handed_over_how}`, {
          who: who(paper.handed_over_by),
          when: time(paper.sent_at),
        })}
      </p>
    );
  }
  if (!paper.waits_for_a_person) return null;
  return (
    <Banner tone="warning" heading={t('handOver.heading')}>
      {say.error && <Failure error={say.error} />}
      {write.error && <Failure error={write.error} />}
      <p>{t(`handOver.next.${kind}`)}</p>
      <div className="buttons">
        <Button primary busy={say.isPending} onClick={() => say.mutate('hand')}>
          {t('handOver.hand')}
        </Button>{' '}
        <Button busy={say.isPending} onClick={() => say.mutate('file')}>
          {t('handOver.file')}
        </Button>{' '}
        <Button busy={write.isPending} onClick={() => write.mutate()}>
          {t('handOver.write', { type })}
        </Button>{' '}
        <To to="/purchase-orders/x12">{t('x12.title')}</To>
      </div>
    </Banner>
  );
}
