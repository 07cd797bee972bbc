// One file: its columns, its faults cell by cell, what each order would become; taken or undone.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { download, send } from '../api/client';
import type { FilePreview } from '../api/files';
import { useResource } from '../api/queries';
import { toast } from '../shell/appBridge';
import { Banner, Button, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Figures, Loaded } from '../ui/patterns';
import { State } from './Files';
import { Columns } from './files/Columns';
import { Faults } from './files/Faults';
import { Papers } from './files/Papers';

const BECAME = [
  'new',
  'changed',
  'accepted',
  'with_errors',
  'rejected',
  'same',
  'as_amazon',
  'differs',
  'unknown',
  'witness',
  'disagrees',
] as const;
const PLACES: Record<string, string> = {
  purchase_orders: '/purchase-orders',
  purchase_order_status: '/purchase-orders',
  shipments: '/shipments',
};
const CHANGING = [
  'new',
  'changed',
  'witness',
  'disagrees',
  'accepted',
  'with_errors',
  'rejected',
] as const;
const UNDER_WAY = ['applying', 'undoing'];

export default function FileImport() {
  const { t } = useTranslation();
  const { id } = useParams();
  const path = `/file-imports/${id}`;
  const settled = useResource<FilePreview>(path);
  const isUnderWay = UNDER_WAY.includes(settled.data?.file.state ?? '');
  const live = useResource<FilePreview>(path, {}, isUnderWay);
  return (
    <Page heading={live.data?.file.name ?? t('files.title')}>
      <Loaded query={live}>{(found) => <Found found={found} path={path} />}</Loaded>
    </Page>
  );
}

function Found({ found, path }: { found: FilePreview; path: string }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const { file } = found;
  return (
    <>
      <Card heading={t(`files.kinds.${file.kind}`)}>
        <p>
          <State file={file} /> <To to="/purchase-orders/files">{t('files.all')}</To>
        </p>
        {UNDER_WAY.includes(file.state) && (
          <p>
            <progress
              value={file.done}
              max={Math.max(1, file.total)}
              aria-label={t('files.progress')}
            />{' '}
            {t('files.doneOf', { done: number(file.done), total: number(file.total) })}
          </p>
        )}
        {found.same_as !== null && (
          <Banner tone="warning" heading={t('files.sameAs')}>
            <To to={`/purchase-orders/files/${found.same_as}`}>{t('files.openOther')}</To>
          </Banner>
        )}
        <Figures
          figures={[
            { label: t('files.papers'), value: number(file.total) },
            ...BECAME.filter((one) => file.outcome[one]).map((one) => ({
              label: t(`files.became.${one}`),
              value: number(file.outcome[one] ?? 0),
            })),
            { label: t('files.brought'), value: time(file.made_at) },
            ...(file.applied_at && file.state !== 'applying'
              ? [{ label: t('files.takenAt'), value: time(file.applied_at) }]
              : []),
            ...(file.undone_at
              ? [{ label: t('files.undoneAt'), value: time(file.undone_at) }]
              : []),
          ]}
        />
        {file.outcome.kept?.map((one) => (
          <p key={one.number}>
            {PLACES[file.kind] ? (
              <To to={`${PLACES[file.kind]}/${one.number}`}>{one.number}</To>
            ) : (
              one.number
            )}
            : {t(`files.kept.${one.because}`)}
          </p>
        ))}
        <Deeds found={found} path={path} />
      </Card>
      {file.state === 'preview' && (
        <>
          <Faults found={found} />
          {!found.is_x12 && <Columns found={found} path={path} />}
          <Papers found={found} />
        </>
      )}
    </>
  );
}

function Deeds({ found, path }: { found: FilePreview; path: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { file } = found;
  const deed = useMutation({
    mutationFn: (verb: 'apply' | 'undo' | 'discard') => send('POST', `${path}/${verb}`),
    onSuccess: (_answer, verb) => {
      toast(t(`files.done.${verb}`));
      return queries.invalidateQueries();
    },
  });
  const changes = CHANGING.reduce((sum, one) => sum + (file.outcome[one] ?? 0), 0);
  return (
    <>
      {deed.error && <Failure error={deed.error} />}
      {file.state === 'preview' && (
        <>
          {changes > 0 && (
            <Button primary busy={deed.isPending} onClick={() => deed.mutate('apply')}>
              {t('files.take', { count: changes })}
            </Button>
          )}{' '}
          <Button disabled={deed.isPending} onClick={() => deed.mutate('discard')}>
            {t('files.discard')}
          </Button>{' '}
          {file.faults === 0 && changes === 0 && (
            <span className="subdued">{t('files.nothing')}</span>
          )}
        </>
      )}
      {file.state === 'applied' && found.can_undo && (
        <>
          <Button busy={deed.isPending} onClick={() => deed.mutate('undo')}>
            {t('files.undo')}
          </Button>{' '}
        </>
      )}
      <Button onClick={() => download(`${path}/content`)}>{t('files.original')}</Button>{' '}
      {found.is_x12 && file.kind === 'purchase_orders' && (
        <Button onClick={() => download(`${path}/functional-acknowledgement`, 'POST')}>
          {t('files.functional')}
        </Button>
      )}
    </>
  );
}
